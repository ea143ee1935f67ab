#include "base/result.h"

#include <cstring>

namespace husk {

std::string errno_text(int errnum) {
  const char* text = strerrordesc_np(errnum);
  if (text == nullptr) return cat("errno ", errnum);
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string Error::text() const {
  std::string out = what;
  if (errnum != 0 && !said) {
    if (!out.empty()) out += ": ";
    out += errno_text(errnum);
  }
  if (!hint.empty()) out += cat(" (", hint, ")");
  return out;
}

Error Error::within(std::string_view context) && {
  what = what.empty() ? std::string(context) : cat(context, ": ", what);
  return std::move(*this);
}

}  // namespace husk
