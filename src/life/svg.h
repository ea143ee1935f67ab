// What the pictures have in common.
#pragma once

#include <string>
#include <string_view>

namespace husk::life {

// Fit for the text of an XML element and for an attribute in double quotes.
inline std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

}  // namespace husk::life
