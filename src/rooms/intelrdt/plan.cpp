// What the configuration asks for, and whether a class that exists gives it. Pure.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "host/lines.h"
#include "rooms/intelrdt/intelrdt.h"

namespace husk::intelrdt {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n";
  const size_t first = std::min(text.find_first_not_of(kBlank), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// "L3" → cache 0 → "7f0".
using Schemata = std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>>;

std::string without_zeros(std::string_view value) {
  const size_t first = std::min(value.find_first_not_of('0'), value.size());
  std::string out(value.substr(first));
  for (char& c : out)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return out.empty() ? "0" : out;
}

Schemata parse(std::string_view text) {
  Schemata out;
  while (!text.empty()) {
    std::string_view line = host::take(text, '\n');
    const std::string_view resource = trim(host::take(line, ':'));
    while (!line.empty()) {
      std::string_view value = host::take(line, ';');
      const std::string_view cache = trim(host::take(value, '='));
      if (!cache.empty()) out[std::string(resource)][without_zeros(cache)] = without_zeros(trim(value));
    }
  }
  return out;
}

bool same(std::string_view resource, const std::string& asked, const std::string& present, uint64_t step) {
  if (asked == present) return true;
  if (resource != "MB" || step < 2) return false;
  uint64_t n = 0;
  const bool number = std::from_chars(asked.data(), asked.data() + asked.size(), n).ec == std::errc();
  return number && std::to_string((n + step - 1) / step * step) == present;
}

}  // namespace

Plan plan(const spec::IntelRdt& rdt, const std::string& id) {
  Plan out;
  const bool named = !rdt.clos_id.empty();
  out.group = named ? rdt.clos_id : id;
  if (out.group == "/") out.group.clear();
  const auto add = [&out](const std::string& line) {
    if (!line.empty()) out.schemata += line + '\n';
  };
  add(rdt.l3_cache_schema);
  add(rdt.mem_bw_schema);
  for (const std::string& line : rdt.schemata) add(line);
  out.named = named;
  if (rdt.enable_monitoring) out.monitor = id;
  return out;
}

std::string mountpoint_in(std::string_view mountinfo) {
  while (!mountinfo.empty()) {
    std::string_view line = host::take(mountinfo, '\n');
    const size_t separator = line.find(" - ");
    if (separator == std::string_view::npos || !line.substr(separator + 3).starts_with("resctrl ")) continue;
    // id, parent, device, root, mount point
    for (int i = 0; i < 4; ++i) host::take(line, ' ');
    return host::unescape_mountinfo(host::take(line, ' '));
  }
  return "";
}

bool schemata_match(std::string_view asked, std::string_view present, uint64_t step) {
  const Schemata there = parse(present);
  for (const auto& [resource, caches] : parse(asked)) {
    const auto has = there.find(resource);
    if (has == there.end()) return false;
    for (const auto& [cache, value] : caches) {
      const auto found = has->second.find(cache);
      if (found == has->second.end() || !same(resource, value, found->second, step)) return false;
    }
  }
  return true;
}

}  // namespace husk::intelrdt
