#include "json/document.h"

#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace husk::json {

// What the parser calls for each value. Returning false ends the parse; `refusal` then says why.
class Builder {
 public:
  Builder(std::vector<Document::Node>& nodes, const Limits& limits) : nodes_(nodes), limits_(limits) {}

  bool Null() { return add(Kind::null, "null"); }
  bool Bool(bool b) { return add(Kind::boolean, b ? "true" : "false"); }
  bool RawNumber(const char* s, unsigned n, bool /*copy*/) { return add(Kind::number, {s, n}); }
  bool String(const char* s, unsigned n, bool /*copy*/) { return add(Kind::string, {s, n}); }
  bool StartObject() { return open(Kind::object); }
  bool StartArray() { return open(Kind::array); }
  bool EndObject(unsigned /*count*/) { return close(); }
  bool EndArray(unsigned /*count*/) { return close(); }
  bool Key(const char* s, unsigned n, bool /*copy*/) {
    key_ = {s, n};
    return true;
  }
  // Never called, because numbers are asked for as text, but the parser's templates want them.
  bool Int(int /*n*/) { return false; }
  bool Uint(unsigned /*n*/) { return false; }
  bool Int64(int64_t /*n*/) { return false; }
  bool Uint64(uint64_t /*n*/) { return false; }
  bool Double(double /*n*/) { return false; }

  std::string refusal;

 private:
  bool add(Kind kind, std::string_view text) {
    if (nodes_.size() >= limits_.values) {
      refusal = cat("more than ", limits_.values, " values");
      return false;
    }
    const auto next = static_cast<uint32_t>(nodes_.size() + 1);
    nodes_.push_back({key_, text, next, kind});
    key_ = {};
    return true;
  }

  bool open(Kind kind) {
    if (open_.size() >= static_cast<size_t>(limits_.depth)) {
      refusal = cat("more than ", limits_.depth, " levels of objects and arrays");
      return false;
    }
    open_.push_back(static_cast<uint32_t>(nodes_.size()));
    return add(kind, {});
  }

  bool close() {
    nodes_[open_.back()].next = static_cast<uint32_t>(nodes_.size());
    open_.pop_back();
    return true;
  }

  std::vector<Document::Node>& nodes_;
  const Limits& limits_;
  std::vector<uint32_t> open_;
  std::string_view key_;
};

namespace {

std::string_view syntax_text(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "nothing but white space";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "something follows the end of the document";
    case rapidjson::kParseErrorObjectMissName:
      return "expected a key in double quotes";
    case rapidjson::kParseErrorObjectMissColon:
      return "expected ':' after the key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "expected ',' or '}'";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "expected ',' or ']'";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
      return "\\u must be followed by four hexadecimal digits";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "a lone UTF-16 surrogate";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "an unknown escape or a control character in a string";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "a string without an end";
    case rapidjson::kParseErrorStringInvalidEncoding:
      return "a string that is not UTF-8";
    case rapidjson::kParseErrorNumberTooBig:
    case rapidjson::kParseErrorNumberMissFraction:
    case rapidjson::kParseErrorNumberMissExponent:
      return "a malformed number";
    default:
      return "expected a value";
  }
}

// Lines and columns are counted from 1, columns in bytes as compilers do.
Error syntax_error(std::string_view text, size_t offset, std::string_view what) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return Error{cat("line ", line, ", column ", before.size() - line_start + 1, ": ", what), 0, {}};
}

}  // namespace

Result<Document> Document::parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return fail(0, "the document has ", text.size(), " bytes, more than ", limits.bytes);
  // The parser takes a NUL for the end of the text.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) return syntax_error(text, nul, "a NUL byte");

  Document doc;
  // RapidJSON reads all of a character that its first byte announces, be the text at its end or not.
  constexpr size_t kEnd = 4;
  doc.buffer_ = std::make_unique_for_overwrite<char[]>(text.size() + kEnd);
  std::fill_n(std::copy(text.begin(), text.end(), doc.buffer_.get()), kEnd, '\0');
  doc.nodes_.reserve(text.size() / 16);

  Builder builder(doc.nodes_, limits);
  rapidjson::Reader reader;
  rapidjson::InsituStringStream stream(doc.buffer_.get());
  // Iterative: a recursive parser could be made to overflow the stack before the depth limit is seen.
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult parsed = reader.Parse<kFlags>(stream, builder);
  if (parsed.IsError()) {
    const std::string_view why =
        builder.refusal.empty() ? syntax_text(parsed.Code()) : std::string_view(builder.refusal);
    return syntax_error(text, parsed.Offset(), why);
  }
  if (std::optional<Error> twice = doc.find_duplicate_key()) return *std::move(twice);
  return doc;
}

Value Document::root() const {
  return {this, 0};
}

std::optional<Error> Document::find_duplicate_key() const {
  std::vector<std::string_view> keys;
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].kind != Kind::object) continue;
    keys.clear();
    for (uint32_t m = i + 1; m < nodes_[i].next; m = nodes_[m].next) keys.push_back(nodes_[m].key);
    // Sorting, because comparing each with each takes minutes for an object made to be slow.
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) continue;
    return Error{cat(place(Value(this, i).pointer()), ": duplicate key ", shown(*twice)), 0, {}};
  }
  return std::nullopt;
}

std::optional<Value> Value::member(std::string_view name) const {
  if (kind() != Kind::object) return std::nullopt;
  for (const Value v : children())
    if (v.key() == name) return v;
  return std::nullopt;
}

std::optional<Value> Value::member_any_case(std::string_view name) const {
  std::optional<Value> out;
  if (kind() != Kind::object) return out;
  for (const Value v : children())
    if (v.has_key_in_any_case(name)) out.emplace(v);
  return out;
}

bool Value::has_key_in_any_case(std::string_view name) const {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto same = [&lower](char a, char b) { return lower(a) == lower(b); };
  const std::string_view own = key();
  return std::equal(own.begin(), own.end(), name.begin(), name.end(), same);
}

std::string Value::pointer() const {
  std::string out;
  uint32_t at = 0;
  while (at != index_) {
    // One of the children of `at` is this node or holds it.
    const bool in_array = doc_->nodes_[at].kind == Kind::array;
    size_t position = 0;
    uint32_t child = at + 1;
    for (; doc_->nodes_[child].next <= index_; child = doc_->nodes_[child].next) ++position;
    append_token(out, in_array ? std::string_view(std::to_string(position)) : doc_->nodes_[child].key);
    at = child;
  }
  return out;
}

void append_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

std::string place(std::string_view pointer) {
  return pointer.empty() ? "the document" : printable(pointer);
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  return "nothing";
}

std::string shown(std::string_view text) {
  constexpr size_t kLongest = 80;
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  size_t end = std::min(text.size(), kLongest);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80)
    --end;  // whole letters
  for (const char c : text.substr(0, end)) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) {
      out += "\\x";
      out += kHex[u >> 4U];
      out += kHex[u & 15U];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return printable(out += end < text.size() ? "...\"" : "\"");
}

}  // namespace husk::json
