// Text of others: see husk/text.h.
#include <algorithm>
#include <cstdint>

#include "husk/result.h"
#include "husk/text.h"

namespace husk {
namespace {

// The length of the character of UTF-8 at the front, or 0.
size_t character(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  uint32_t code = size == 1 ? first : first & (0xffU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool surrogate = (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) == 0xfffe;
  const bool too_long = (size == 3 && code < 0x800) || (size == 4 && (code < 0x10000 || code > 0x10ffff));
  // What turns the writing round would garble the lines.
  const bool turning =
      (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return control || surrogate || too_long || turning ? 0 : size;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t size = character(text);
    if (size == 0)
      out += '?';
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

std::string shortened(std::string_view text, size_t most) {
  size_t at = 0, count = 0, keep = 0;  // `keep`: where one character less than `most` ends
  while (at < text.size()) {
    if (count + 1 == most) keep = at;
    if (++count > most) return cat(text.substr(0, keep), "\xe2\x80\xa6");
    at += std::max<size_t>(character(text.substr(at)), 1);
  }
  return std::string(text);
}

}  // namespace husk
