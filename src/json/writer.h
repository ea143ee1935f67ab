// JSON output, the way Go's encoding/json writes it: clients of a container runtime compare and grep such text.
//
// Pretty output is indented (with tabs, unless told otherwise) and has no newline at the end; compact output has no
// spaces at all. In both, '<',
// '>', '&', U+2028 and U+2029 are written as \u escapes, and bytes that are not UTF-8 as \ufffd.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace husk::json {

// Appends `text` as a JSON string, quotes included.
void append_quoted(std::string& out, std::string_view text);
[[nodiscard]] std::string quoted(std::string_view text);

enum class Style { compact, pretty };

// Builds one document. The caller keeps the order right: key() before each value inside an object.
class Writer {
 public:
  explicit Writer(Style style = Style::compact, std::string_view indent = "\t") : style_(style), indent_(indent) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);

  Writer& string(std::string_view text);
  Writer& number(int64_t n);
  Writer& number(uint64_t n);
  Writer& number(int32_t n) { return number(int64_t{n}); }
  Writer& number(uint32_t n) { return number(uint64_t{n}); }
  Writer& boolean(bool b);
  Writer& null();
  Writer& raw(std::string_view json);  // a value that already is compact JSON

  // key and value in one: w.member("pid", 42).member("id", id)
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& member(std::string_view name, const std::string& text) { return key(name).string(text); }
  Writer& member(std::string_view name, bool b) { return key(name).boolean(b); }
  Writer& member(std::string_view name, int32_t n) { return key(name).number(n); }
  Writer& member(std::string_view name, uint32_t n) { return key(name).number(n); }
  Writer& member(std::string_view name, int64_t n) { return key(name).number(n); }
  Writer& member(std::string_view name, uint64_t n) { return key(name).number(n); }

  // An array of strings.
  template <class Strings>
  Writer& strings(const Strings& list) {
    begin_array();
    for (const auto& s : list) string(s);
    return end_array();
  }

  [[nodiscard]] const std::string& text() const { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  Writer& open(char c);
  Writer& close(char c);
  void before_value();
  void new_line();

  Style style_;
  std::string_view indent_;
  std::string out_;
  int depth_ = 0;
  bool first_ = true;  // nothing written yet in the innermost object or array
  bool after_key_ = false;
};

}  // namespace husk::json
