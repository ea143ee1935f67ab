// Apart from the rest of the writer: the tables that print doubles are larger than it, and most programs print none.
#include <array>
#include <charconv>
#include <cmath>

#include "json/writer.h"

namespace husk::json {

Writer& Writer::real(double n) {
  if (!std::isfinite(n)) return null();
  // Go's rule: an exponent for what is very small or very large, otherwise plain digits.
  const double size = std::fabs(n);
  const bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
  std::array<char, 64> text{};
  const auto format = exponent ? std::chars_format::scientific : std::chars_format::fixed;
  const auto done = std::to_chars(text.data(), text.data() + text.size(), n, format);
  std::string out(text.data(), done.ptr);
  // Both print at least two digits of exponent; Go cuts "e-07" to "e-7".
  if (const size_t e = out.find("e-0"); e != std::string::npos) out.erase(e + 2, 1);
  return raw(out);
}

}  // namespace husk::json
