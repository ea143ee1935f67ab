// Annotations org.systemd.property.NAME: a value in GVariant's text format becomes one of D-Bus. Pure.
//
// Of that format it takes what a unit's properties are made of: booleans, numbers, texts, and arrays of one kind of
// these. Annotations may come from somebody who is not trusted with much, so whatever is not understood is refused.
#include <algorithm>
#include <charconv>

#include "base/weakness.h"
#include "rooms/cgroup/systemd.h"

namespace husk::cgroup {
namespace {

constexpr std::string_view kPrefix = "org.systemd.property.";

struct Kind {
  std::string_view keyword;
  char type;
  uint64_t largest;   // of a number without sign or above zero
  uint64_t smallest;  // below zero, without its sign
};

constexpr Kind kKinds[] = {
    {"boolean", 'b', 0, 0},
    {"byte", 'y', UINT8_MAX, 0},
    {"int16", 'n', INT16_MAX, uint64_t{1} << 15},
    {"uint16", 'q', UINT16_MAX, 0},
    {"int32", 'i', INT32_MAX, uint64_t{1} << 31},
    {"uint32", 'u', UINT32_MAX, 0},
    {"int64", 'x', INT64_MAX, uint64_t{1} << 63},
    {"uint64", 't', UINT64_MAX, 0},
    {"double", 'd', 0, 0},
    {"string", 's', 0, 0},
};

const Kind* kind_of(char type) {
  for (const Kind& k : kKinds)
    if (k.type == type) return &k;
  return nullptr;
}

bool is_number(char type) {
  const Kind* k = kind_of(type);
  return type == 'd' || (k != nullptr && k->largest != 0);
}

void append_utf8(std::string& to, uint32_t c) {
  const auto low = [](uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
  if (c < 0x80) {
    to.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    to.append({static_cast<char>(0xc0 | c >> 6), low(c)});
  } else if (c < 0x10000) {
    to.append({static_cast<char>(0xe0 | c >> 12), low(c >> 6), low(c)});
  } else {
    to.append({static_cast<char>(0xf0 | c >> 18), low(c >> 12), low(c >> 6), low(c)});
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  // The value as type and decimal texts; false when it is not one that is understood.
  bool parse(Property& out) {
    std::string wanted;
    if (!type_prefix(wanted)) return false;
    if (!(peek() == '[' ? array(wanted, out) : scalar(wanted, out))) return false;
    skip_space();
    return rest_.empty();
  }

 private:
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "uint64 " or "@t " in front of a value; nothing there is fine.
  bool type_prefix(std::string& wanted) {
    skip_space();
    if (take('@')) {
      const size_t end = rest_.find_first_of(" \t\n\r");
      wanted = rest_.substr(0, end);
      rest_.remove_prefix(wanted.size());
      const char one = wanted.empty() ? '\0' : wanted.back();
      if (kind_of(one) == nullptr || wanted.size() > 2 || (wanted.size() == 2 && wanted.front() != 'a')) return false;
      skip_space();
      return true;
    }
    for (const Kind& k : kKinds) {
      if (!rest_.starts_with(k.keyword)) continue;
      const size_t size = k.keyword.size();
      if (rest_.size() <= size || std::string_view(" \t\n\r").find(rest_[size]) == std::string_view::npos) continue;
      wanted = k.type;
      rest_.remove_prefix(size);
      skip_space();
      return true;
    }
    return true;
  }

  bool array(const std::string& wanted, Property& out) {
    if (!wanted.empty() && wanted.front() != 'a') return false;
    std::string element = wanted.empty() ? std::string() : wanted.substr(1);
    (void)take('[');
    skip_space();
    while (!take(']')) {
      std::string own;
      if (!type_prefix(own) || own.size() > 1 || (!own.empty() && !element.empty() && own != element)) return false;
      if (!own.empty()) element = own;
      Property one;
      if (!scalar(element, one)) return false;
      element = one.type;
      out.values.push_back(std::move(one.values.front()));
      skip_space();
      if (!take(',') && peek() != ']') return false;
      skip_space();
    }
    out.type = cat("a", element);
    return !element.empty();
  }

  // `wanted` is one letter, or empty: then the value tells.
  bool scalar(const std::string& wanted, Property& out) {
    if (wanted.size() > 1) return false;
    const char type = wanted.empty() ? '\0' : wanted.front();
    std::string value;
    if (peek() == '\'' || peek() == '"') {
      if ((type != '\0' && type != 's') || !quoted(value)) return false;
      out.type.assign(1, 's');
    } else if (word("true") || word("false")) {
      if (type != '\0' && type != 'b') return false;
      value.assign(1, rest_.front() == 't' ? '1' : '0');
      rest_.remove_prefix(value == "1" ? 4 : 5);
      out.type.assign(1, 'b');
    } else if (!number(type, value, out.type)) {
      return false;
    }
    out.values.push_back(std::move(value));
    return true;
  }

  [[nodiscard]] bool word(std::string_view w) const {
    return rest_.starts_with(w) && (rest_.size() == w.size() || !is_word(rest_[w.size()]));
  }
  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  bool number(char type, std::string& value, std::string& out_type) {
    if (type != '\0' && !is_number(type)) return false;
    size_t size = 0;
    while (size < rest_.size() &&
           (is_word(rest_[size]) || rest_[size] == '.' || rest_[size] == '-' || rest_[size] == '+'))
      ++size;
    const std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    const bool hex = text.find('x') != std::string::npos || text.find('X') != std::string::npos;
    if (type == '\0') type = !hex && text.find_first_of(".eE") != std::string::npos ? 'd' : 'i';
    out_type = type;
    return type == 'd' ? floating(text, value) : integer(text, *kind_of(type), value);
  }

  // Checked and passed on as it is: what a C library makes of it depends on the locale of whoever uses ours.
  static bool floating(std::string_view text, std::string& value) {
    if (text.starts_with('+')) text.remove_prefix(1);
    value = text;
    if (text.starts_with('-')) text.remove_prefix(1);
    const size_t whole = take_digits(text);
    const size_t part = text.starts_with('.') ? (text.remove_prefix(1), take_digits(text)) : 0;
    if (whole + part == 0) return false;
    if (text.empty()) return true;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    const size_t power = take_digits(text);
    return power > 0 && power < 4 && text.empty();
  }

  static size_t take_digits(std::string_view& text) {
    size_t n = 0;
    while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
    text.remove_prefix(n);
    return n;
  }

  static bool integer(std::string_view text, const Kind& kind, std::string& value) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
      base = 16;
      text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == '0') {
      base = 8;
    }
    uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return false;
    if (n > (negative ? kind.smallest : kind.largest)) return false;
    value = cat(negative && n != 0 ? "-" : "", n);
    return true;
  }

  bool quoted(std::string& value) {
    const char quote = peek();
    rest_.remove_prefix(1);
    while (!take(quote)) {
      if (rest_.empty() || peek() == '\0') return false;
      if (take('\\')) {
        if (!escape(value)) return false;
      } else {
        value.push_back(peek());
        rest_.remove_prefix(1);
      }
    }
    return true;
  }

  bool escape(std::string& value) {
    const char c = peek();
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    if (c == 'u' || c == 'U') return code_point(c == 'u' ? 4 : 8, value);
    constexpr std::string_view kLetters = "abfnrtv";
    constexpr std::string_view kMeant = "\a\b\f\n\r\t\v";
    const size_t at = kLetters.find(c);
    if (c == '\n') return true;  // a line that goes on
    if (c == '\0') return false;
    value.push_back(at == std::string_view::npos ? c : kMeant[at]);
    return true;
  }

  bool code_point(size_t digits, std::string& value) {
    if (rest_.size() < digits) return false;
    uint32_t n = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, n, 16);
    if (error != std::errc() || end != rest_.data() + digits) return false;
    if (n == 0 || n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) return false;
    rest_.remove_prefix(digits);
    append_utf8(value, n);
    return true;
  }

  std::string_view rest_;
};

bool is_property_name(std::string_view name) {
  if (name.empty() || name.size() > 100 || name.front() < 'A' || name.front() > 'Z') return false;
  for (const char c : name)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return false;
  return true;
}

// Units are written in seconds and asked for in microseconds: "TimeoutStopSec" is the property TimeoutStopUSec.
bool is_seconds(std::string_view name) {
  return name.size() > 3 && name.ends_with("Sec") && name[name.size() - 4] >= 'a' && name[name.size() - 4] <= 'z';
}

// "1.5" is 1500000; what is smaller than a microsecond is dropped. Neither a sign nor an exponent.
bool to_microseconds(Property& p) {
  if (p.type.size() != 1 || !is_number(p.type.front())) return false;
  const std::string_view text = p.values.front();
  const size_t dot = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, dot));
  std::string fraction(text.substr(std::min(dot + 1, text.size())));
  if (fraction.find_first_not_of("0123456789") != std::string::npos) return false;
  fraction.resize(6, '0');
  digits += fraction;
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  p.type.assign(1, 't');
  p.values.front() = std::to_string(n);
  p.name.resize(p.name.size() - 3);
  p.name += "USec";
  return true;
}

}  // namespace

Result<std::vector<Property>> annotation_properties(const spec::StringMap& annotations) {
  std::vector<Property> out;
  for (const auto& [key, value] : annotations) {
    if (!key.starts_with(kPrefix)) continue;
    Property p;
    p.name = key.substr(kPrefix.size());
    if (!is_property_name(p.name)) return Error{cat("annotation ", key, ": \"", p.name, "\" is no name of a property")};
    for (const std::string_view ours : {"PIDs", "Slice", "Delegate"})
      if (p.name == ours && !weakened(Weakness::annotations_checked))
        return Error{cat("annotation ", key, ": ", ours, " is set by husk"), 0,
                     ours == "Slice" ? "the slice is the first part of linux.cgroupsPath" : ""};
    if (!Parser(value).parse(p))
      return Error{cat("annotation ", key, ": cannot make a value of: ", value), 0,
                   "it is written as in GVariant's text format: true, 5, uint64 5, 1.5, 'text', ['a', 'b']"};
    if (is_seconds(p.name) && !to_microseconds(p))
      return Error{cat("annotation ", key, ": ", value, " is not a number of seconds")};
    out.push_back(std::move(p));
  }
  return out;
}

}  // namespace husk::cgroup
