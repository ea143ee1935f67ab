#include "json/writer.h"

namespace husk::json {
namespace {

// Length in bytes of the UTF-8 sequence at the start of `s`, or 0 if there is no valid one. Overlong forms, surrogates
// and what is above U+10FFFF are not valid (Unicode, table 3-7).
size_t utf8_length(std::string_view s) {
  const auto byte = [s](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0U; };
  const auto tail = [&byte](size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if ((lead & 0xf0U) == 0xe0) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// The escape Go's encoder writes for an ASCII character, or nothing if it is written as it is.
void append_ascii(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  if (const size_t i = kShort.find(c); i != std::string_view::npos) {
    out += '\\';
    out += kLetters[i];
  } else if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&') {
    out += "\\u00";
    out += kHex[static_cast<unsigned char>(c) >> 4U];
    out += kHex[static_cast<unsigned char>(c) & 15U];
  } else {
    out += c;
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const size_t n = utf8_length(text);
    if (n == 1) {
      append_ascii(out, text[0]);
    } else if (n == 0) {
      out += "\\ufffd";
    } else if (text.starts_with("\u2028") || text.starts_with("\u2029")) {
      out += text[2] == '\xa8' ? "\\u2028" : "\\u2029";
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(n == 0 ? 1 : n);
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

void Writer::new_line() {
  out_ += '\n';
  for (int i = 0; i < depth_; ++i) out_ += indent_;
}

void Writer::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) return;
  if (!first_) out_ += ',';
  first_ = false;
  if (style_ == Style::pretty) new_line();
}

Writer& Writer::open(char c) {
  before_value();
  out_ += c;
  ++depth_;
  first_ = true;
  return *this;
}

Writer& Writer::close(char c) {
  --depth_;
  if (style_ == Style::pretty && !first_) new_line();  // an empty one stays "{}"
  first_ = false;
  out_ += c;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  before_value();
  append_quoted(out_, name);
  out_ += style_ == Style::pretty ? ": " : ":";
  after_key_ = true;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  before_value();
  append_quoted(out_, text);
  return *this;
}

Writer& Writer::number(int64_t n) {
  return raw(std::to_string(n));
}
Writer& Writer::number(uint64_t n) {
  return raw(std::to_string(n));
}
Writer& Writer::boolean(bool b) {
  return raw(b ? "true" : "false");
}
Writer& Writer::null() {
  return raw("null");
}

Writer& Writer::raw(std::string_view json) {
  before_value();
  out_ += json;
  return *this;
}

}  // namespace husk::json
