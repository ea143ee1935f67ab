#include "rooms/cgroup/devices.h"

#include <algorithm>
#include <charconv>

#include "base/weakness.h"
namespace husk::cgroup {
namespace {

using Number = std::optional<int64_t>;

bool numbers_cover(const Number& wide, const Number& narrow) {
  return !wide || wide == narrow;
}

// Whether every device that `narrow` names is named by `wide`.
bool covers(const DeviceException& wide, const DeviceException& narrow) {
  return wide.type == narrow.type && numbers_cover(wide.major, narrow.major) && numbers_cover(wide.minor, narrow.minor);
}

bool overlaps(const DeviceException& a, const DeviceException& b) {
  const auto meet = [](const Number& x, const Number& y) { return !x || !y || x == y; };
  return a.type == b.type && meet(a.major, b.major) && meet(a.minor, b.minor);
}

// 'a' is in no document, but runc has always let it pass. To deny, it is taken for all; to allow, for nothing.
Result<uint8_t> parse_access(const std::string& text, bool allow) {
  if (text.empty()) return uint8_t{kAllAccess};
  unsigned access = 0;
  for (const char c : text) {
    if (c == 'a')
      access |= allow ? unsigned{0} : unsigned{kAllAccess};
    else if (c == 'r')
      access |= kRead;
    else if (c == 'w')
      access |= kWrite;
    else if (c == 'm')
      access |= kMknod;
    else
      return Error{cat("access \"", text, "\" is not made of r, w and m")};
  }
  return static_cast<uint8_t>(access);
}

void add(DeviceList* list, const DeviceException& e) {
  for (DeviceException& old : list->exceptions) {
    if (covers(old, e) && (old.access & e.access) == e.access) return;
    if (old.type == e.type && old.major == e.major && old.minor == e.minor) {
      old.access |= e.access;
      return;
    }
  }
  list->exceptions.push_back(e);
}

Status take_away(DeviceList* list, const DeviceException& e) {
  for (DeviceException& old : list->exceptions) {
    if (!overlaps(old, e) || (old.access & e.access) == 0) continue;
    if (!covers(e, old))
      return Error{cat("takes \"", to_string(e), "\" out of \"", to_string(old), "\""), 0,
                   "a device cgroup keeps a list without holes; name the devices one by one"};
    old.access = static_cast<uint8_t>(old.access & ~e.access);
  }
  std::erase_if(list->exceptions, [](const DeviceException& old) { return old.access == 0; });
  return {};
}

Status apply(DeviceList* list, bool allow, const DeviceException& e) {
  if (allow == list->allow_all) return take_away(list, e);
  add(list, e);
  return {};
}

Status apply(DeviceList* list, const spec::DeviceRule& rule) {
  HUSK_LET(const uint8_t access, parse_access(rule.access, rule.allow));
  if (access == 0) return {};
  const auto number = [](const Number& n) { return n && *n >= 0 ? n : Number(); };
  const Number major = number(rule.major);
  const Number minor = number(rule.minor);
  if (rule.type == "b" || rule.type == "c") return apply(list, rule.allow, {rule.type[0], major, minor, access});
  if (!rule.type.empty() && rule.type != "a") return Error{cat("type \"", rule.type, "\" is none of a, b and c")};
  if (!major && !minor && access == kAllAccess) {
    *list = DeviceList{rule.allow, {}};
    return {};
  }
  // Told "a", a v1 kernel allows or denies everything and reads no further; the rule says less than that.
  HUSK_TRY(apply(list, rule.allow, {'b', major, minor, access}));
  return apply(list, rule.allow, {'c', major, minor, access});
}

// What a program expects of any machine; the same list as runc 1.3's.
const DeviceException kDefaults[] = {
    {'c', {}, {}, kMknod},  // making device nodes is harmless: opening them is what counts
    {'b', {}, {}, kMknod},      {'c', 1, 3, kAllAccess},  // null
    {'c', 1, 8, kAllAccess},                              // random
    {'c', 1, 7, kAllAccess},                              // full
    {'c', 5, 0, kAllAccess},                              // tty
    {'c', 1, 5, kAllAccess},                              // zero
    {'c', 1, 9, kAllAccess},                              // urandom
    {'c', 136, {}, kAllAccess},                           // pts/*, which /dev/console is one of
    {'c', 5, 2, kAllAccess},                              // ptmx
    {'c', 10, 200, kAllAccess},                           // net/tun
};

}  // namespace

Result<DeviceList> fold_devices(const std::vector<spec::DeviceRule>& rules) {
  DeviceList list;
  list.allow_all = weakened(Weakness::devices_denied);
  for (size_t i = 0; i < rules.size(); ++i)
    if (Status status = apply(&list, rules[i]); !status.ok())
      return std::move(status).error().within(cat("/linux/resources/devices/", i));
  for (const DeviceException& e : kDefaults) {
    if (list.allow_all)
      HUSK_TRY(take_away(&list, e));
    else
      add(&list, e);
  }
  return list;
}

DeviceList parse_device_list(std::string_view text) {
  DeviceList out;
  const auto cut = [](std::string_view* rest, char separator) {
    const size_t end = std::min(rest->find(separator), rest->size());
    const std::string_view part = rest->substr(0, end);
    rest->remove_prefix(std::min(end + 1, rest->size()));
    return part;
  };
  const auto number = [](std::string_view digits) {
    int64_t n = 0;
    const bool found = std::from_chars(digits.data(), digits.data() + digits.size(), n).ec == std::errc();
    return found ? Number(n) : Number();
  };
  while (!text.empty()) {
    std::string_view line = cut(&text, '\n');  // "c 1:3 rwm", "a *:* rwm"
    const std::string_view type = cut(&line, ' ');
    if (type == "a") return {true, {}};
    if (type != "b" && type != "c") continue;
    DeviceException e;
    e.type = type.front();
    e.major = number(cut(&line, ':'));
    e.minor = number(cut(&line, ' '));
    const Result<uint8_t> access = parse_access(std::string(line), true);
    e.access = access.ok() && !line.empty() ? *access : uint8_t{0};
    out.exceptions.push_back(e);
  }
  return out;
}

std::string to_string(const DeviceException& e) {
  std::string out = cat(e.type, ' ');
  out += e.major ? std::to_string(*e.major) : "*";
  out += ':';
  out += e.minor ? std::to_string(*e.minor) : "*";
  out += ' ';
  if ((e.access & kRead) != 0) out += 'r';
  if ((e.access & kWrite) != 0) out += 'w';
  if ((e.access & kMknod) != 0) out += 'm';
  return out;
}

}  // namespace husk::cgroup
