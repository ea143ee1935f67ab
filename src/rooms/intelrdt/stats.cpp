// What a class may use and has used, in the words of runc. Which members there are says what the processors can do.
#include <dirent.h>

#include <algorithm>

#include "json/writer.h"
#include "rooms/intelrdt/files.h"
#include "rooms/intelrdt/intelrdt.h"

namespace husk::intelrdt {
namespace {

using json::Writer;
using Names = std::vector<std::string>;

Names lines_of(const std::string& text) {
  Names out;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// The line of a resource, without the space that the kernel aligns it with.
std::string line_with(const Names& lines, std::string_view resource) {
  std::string out;
  for (const std::string& line : lines)
    if (line.find(resource) != std::string::npos)
      out = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  return out;
}

void unless_empty(Writer& w, std::string_view name, const std::string& text) {
  if (!text.empty()) w.member(name, text);
}

void add_info(Writer& w, const std::string& directory, const char* name, std::initializer_list<const char*> numbers) {
  w.key(name).begin_object();
  if (name == std::string_view("l3_cache_info")) unless_empty(w, "cbm_mask", text_of(directory + "/cbm_mask"));
  for (const char* number : numbers)
    if (const uint64_t n = number_of(cat(directory, '/', number)); n != 0) w.member(number, n);
  w.end_object();
}

Names domains_of(const std::string& directory) {
  Names out;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return out;
  while (const dirent* entry = ::readdir(stream))
    if (entry->d_name[0] != '.' && is_directory(cat(directory, '/', entry->d_name))) out.emplace_back(entry->d_name);
  (void)::closedir(stream);
  std::sort(out.begin(), out.end());
  return out;
}

// One object for each domain (a cache); a counter that the processors do not have is 0.
void add_counters(Writer& w, const char* name, const std::string& data, const Names& features,
                  std::initializer_list<const char*> counters) {
  const auto has = [&features](const char* counter) {
    return std::find(features.begin(), features.end(), counter) != features.end();
  };
  if (std::none_of(counters.begin(), counters.end(), has)) return;
  const Names domains = domains_of(data);
  w.key(name);
  if (domains.empty()) {
    w.null();
    return;
  }
  w.begin_array();
  for (const std::string& domain : domains) {
    w.begin_object();
    for (const char* counter : counters)
      w.member(counter, has(counter) ? number_of(cat(data, '/', domain, '/', counter)) : uint64_t{0});
    w.end_object();
  }
  w.end_array();
}

}  // namespace

std::string stats_json(const std::string& root, const Home& home) {
  Writer w;
  w.begin_object();
  const Names of_root = lines_of(text_of(root + "/schemata"));
  const std::string schemata = text_of(home.group + "/schemata");
  const Names lines = lines_of(schemata);
  if (const std::string info = root + "/info/L3"; is_directory(info)) {
    add_info(w, info, "l3_cache_info", {"min_cbm_bits", "num_closids"});
    unless_empty(w, "l3_cache_schema_root", line_with(of_root, "L3"));
    unless_empty(w, "l3_cache_schema", line_with(lines, "L3"));
  }
  if (const std::string info = root + "/info/MB"; is_directory(info)) {
    add_info(w, info, "mem_bw_info", {"bandwidth_gran", "delay_linear", "min_bandwidth", "num_closids"});
    unless_empty(w, "mem_bw_schema_root", line_with(of_root, "MB"));
    unless_empty(w, "mem_bw_schema", line_with(lines, "MB"));
  }
  if (!schemata.empty()) w.key("schemata").strings(lines);
  const Names features = lines_of(text_of(root + "/info/L3_MON/mon_features"));
  const std::string data = (home.monitor.empty() ? home.group : home.monitor) + "/mon_data";
  add_counters(w, "mbm_stats", data, features, {"mbm_total_bytes", "mbm_local_bytes"});
  add_counters(w, "cmt_stats", data, features, {"llc_occupancy"});
  return w.end_object().take();
}

}  // namespace husk::intelrdt
