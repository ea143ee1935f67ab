// The small languages: mount options, id maps, lists of processors, names of systemd units, annotations, amounts on the
// command line, cgroup paths, and the texts of the kernel that are read.
//
// An input is a letter and text. Where there are two texts, a line of "--" stands between.
#include "rooms/cgroup/words.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include <algorithm>
#include <set>
#include <vector>

#include "cli/quantity.h"
#include "cli/signals.h"
#include "fuzz.h"
#include "json/document.h"
#include "memory_files.h"
#include "rooms/cgroup/locate.h"
#include "rooms/cgroup/owner.h"
#include "rooms/cgroup/stats.h"
#include "rooms/cgroup/systemd.h"
#include "rooms/cgroup/update.h"
#include "rooms/intelrdt/intelrdt.h"
#include "rooms/process/init.h"
#include "rooms/rootfs/options.h"
#include "spec/number_list.h"
#include "spec/validate.h"
#include "store/store.h"

namespace husk::fuzz {
namespace {

bool goes_up(std::string_view path) {
  while (!path.empty())
    if (host::take(path, '/') == "..") return true;
  return false;
}

// A word a line.
void mount_options(Input in) {
  std::vector<std::string> words;
  while (!in.empty()) words.emplace_back(in.part());
  const rootfs::Options o = rootfs::parse_options(words);
  // The access times are one number in several bits: to set one is to clear all.
  constexpr uint64_t kTimes = MOUNT_ATTR__ATIME;
  demand((o.attr_set & o.attr_clear & ~kTimes & ~uint64_t{MOUNT_ATTR_NODIRATIME}) == 0,
         "no flag is both set and cleared");
  demand((o.tree_set & o.tree_clear & ~kTimes) == 0, "no recursive flag is both set and cleared");
  demand((implied_clear(o) & (o.attr_set | o.attr_clear)) == 0, "what is implied was not said");
  for (const std::string& one : o.data) demand(!one.empty(), "an option of a file system is a word");
  const std::vector<std::string_view> known = rootfs::known_options();
  for (const std::string& word : words) {
    const uint64_t flags = rootfs::propagation_flags(word);
    demand(flags == 0 || std::find(known.begin(), known.end(), word) != known.end(), "propagation is known", word);
  }
}

// Three numbers of four bytes each.
void id_maps(Input& in) {
  spec::Spec spec;
  spec.lx.namespaces.push_back({spec::NsType::user, {}});
  std::vector<spec::IdMapping>& map = spec.lx.uid_mappings;
  while (!in.empty() && map.size() < 400)
    map.push_back({in.number<uint32_t>(), in.number<uint32_t>(), in.number<uint32_t>()});
  spec.lx.gid_mappings = {{0, 0, 1}};
  bool refused = false;
  for (const spec::Problem& p : spec::check_all(spec, spec::NeedProcess::no))
    refused |= p.pointer.starts_with("/linux/uidMappings");
  const auto meet = [](uint64_t a, uint64_t b, uint64_t a_size, uint64_t b_size) {
    return a < b + b_size && b < a + a_size;
  };
  bool bad = map.empty() || map.size() > 340;
  for (size_t i = 0; i < map.size() && !bad; ++i) {
    const spec::IdMapping& m = map[i];
    bad = m.size == 0 || uint64_t{m.container_id} + m.size > UINT32_MAX || uint64_t{m.host_id} + m.size > UINT32_MAX;
    for (size_t k = 0; k < i && !bad; ++k)
      bad = meet(m.container_id, map[k].container_id, m.size, map[k].size) ||
            meet(m.host_id, map[k].host_id, m.size, map[k].size);
  }
  if (!map.empty()) demand(refused == bad, "id maps are refused for what the kernel refuses");
  const std::string text = spec::map_text(map);
  demand(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) == map.size(),
         "an id map has a line for each");
}

void number_list(std::string_view text) {
  const auto ranges = spec::number_list(text);
  if (!ranges) return;
  std::vector<bool> all(spec::kMaxListed + 1);
  for (const spec::NumberRange& r : *ranges) {
    demand(r.first <= r.last && r.last <= spec::kMaxListed, "a range is in order and in bounds");
    std::fill(all.begin() + r.first, all.begin() + r.last + 1, true);
  }
  demand(spec::count_numbers(*ranges) == std::count(all.begin(), all.end(), true), "each number counts once", text);
}

void unit_names(std::string_view path, const std::string& id) {
  const auto plain = [](const std::string& name) {
    return name.size() < 256 && name.find_first_of("/ \n\t%") == std::string::npos &&
           name.find('\0') == std::string::npos;
  };
  const Result<std::string> directory = cgroup::slice_directory(path);
  if (good(directory)) demand(!goes_up(*directory) && directory->find("//") == std::string::npos, "a slice goes down");
  if (!store::check_id(id).ok()) return;
  for (const bool user : {false, true}) {
    const Result<cgroup::Unit> unit = cgroup::plan_unit(path, id, user);
    if (!good(unit)) continue;
    demand(plain(unit->name) && unit->name.ends_with(".scope") && unit->name.size() > 6, "a unit has a name",
           unit->name);
    demand(plain(unit->slice) && cgroup::slice_directory(unit->slice).ok(), "a unit is in a slice", unit->slice);
  }
}

// NAME=VALUE a line.
void annotations(Input in) {
  spec::StringMap map;
  while (!in.empty()) {
    Input line = in.line();
    const std::string_view name = line.part('=');
    map.emplace_back(cat("org.systemd.property.", name), line.rest());
  }
  const auto properties = cgroup::annotation_properties(map);
  if (!good(properties)) return;
  demand(properties->size() == map.size(), "each annotation is a property");
  for (const cgroup::Property& p : *properties) {
    demand(p.type.size() == 1 || (p.type.size() == 2 && p.type.front() == 'a'), "a property has a type", p.type);
    demand(std::string_view("bynqiuxtds").find(p.type.back()) != std::string_view::npos, "a type is D-Bus's", p.type);
    demand(p.type.size() == 2 || p.values.size() == 1, "one value where the type is no array");
    demand(p.name != "PIDs" && p.name != "Delegate" && p.name != "Slice", "what husk sets is refused");
    for (const std::string& v : p.values) {
      demand(v.find('\0') == std::string::npos, "a value can travel");
      if (std::string_view("ynqiuxt").find(p.type.back()) != std::string_view::npos)
        demand(!v.empty() && v.find_first_not_of("-0123456789") == std::string::npos, "a number is decimal", v);
    }
  }
}

void amounts(const std::string& text) {
  if (const auto n = cli::parse_duration(text); n && !text.empty() && text.front() == '-')
    demand(*n <= 0, "a duration has its sign", text);
  if (const Result<int64_t> n = cli::parse_size(text); good(n)) demand(*n >= -1, "a size is not negative", text);
  if (const auto n = cli::parse_unsigned(text))
    demand(std::to_string(*n) == text.substr(std::min(text.find_first_not_of('0'), text.size() - 1)),
           "a number is read as written", text);
  if (const auto n = cli::parse_signed(text))
    demand(cli::parse_signed(std::to_string(*n)) == n, "a number is a number");
  if (const auto n = cli::signal_number(text)) demand(*n >= 0 && *n <= 64, "a signal is one", text);
}

// /proc/self/mountinfo, /proc/self/cgroup and a cgroupsPath.
void cgroup_host(std::string_view mountinfo, std::string_view own, const std::string& path) {
  (void)intelrdt::mountpoint_in(mountinfo);
  (void)cgroup::delegated_files(own);
  const Result<cgroup::Host> host = cgroup::parse_host(mountinfo, own);
  if (!good(host)) return;
  const Result<cgroup::Plan> plan = cgroup::plan(*host, path, "demo");
  if (!good(plan)) return;
  std::vector<std::string> paths;
  for (const cgroup::Directory& d : plan->directories) {
    demand(d.path.starts_with(d.mountpoint == "/" ? "/" : d.mountpoint + "/"), "a cgroup is below its mount", d.path);
    if (!goes_up(d.mountpoint) && !goes_up(own)) demand(!goes_up(d.path), "a cgroup does not go up", d.path);
    paths.push_back(d.path);
  }
  const cgroup::Located found = cgroup::locate_on(*host, paths);
  demand(found.directories.size() <= paths.size(), "what is found was there");
  const auto clean = cgroup::clean_path(path);
  if (clean) demand(!goes_up(*clean) && cgroup::clean_path(*clean) == clean, "a clean path stays as it is", *clean);
}

// Every file of a cgroup that is read for its numbers has this text.
void numbers_of_a_cgroup(std::string_view text) {
  static const MemoryFiles files({"cpu.stat",
                                  "cpuacct.usage",
                                  "cpuacct.stat",
                                  "cpuacct.usage_percpu",
                                  "cpuacct.usage_all",
                                  "cpuset.cpus",
                                  "cpuset.mems",
                                  "cpuset.sched_relax_domain_level",
                                  "memory.stat",
                                  "memory.usage_in_bytes",
                                  "memory.memsw.limit_in_bytes",
                                  "memory.max",
                                  "memory.current",
                                  "memory.swap.max",
                                  "memory.swap.current",
                                  "memory.pressure",
                                  "pids.current",
                                  "pids.max",
                                  "cgroup.procs",
                                  "io.stat",
                                  "io.pressure",
                                  "blkio.bfq.io_serviced_recursive",
                                  "blkio.bfq.sectors_recursive",
                                  "hugetlb.2MB.usage_in_bytes",
                                  "hugetlb.2MB.limit_in_bytes",
                                  "hugetlb.1GB.current",
                                  "hugetlb.1GB.events"});
  files.put(text);
  for (const bool v2 : {false, true}) {
    cgroup::Stats stats;
    if (v2) {
      cgroup::read_stats_v2(files.directory(), &stats);
    } else {
      std::vector<cgroup::Directory> directories;
      for (const char* c : {"cpuset", "memory", "cpu,cpuacct", "pids", "blkio", "hugetlb"})
        directories.push_back({c, files.directory(), files.directory()});
      cgroup::read_stats_v1(directories, &stats);
    }
    const std::string json = cgroup::stats_json(stats);
    // The kernel's words are ASCII; what it never writes may make a text that is not UTF-8.
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; }))
      demand(json::Document::parse(json).ok(), "the numbers are JSON", json);
  }
}

void device_list(std::string_view text) {
  const cgroup::DeviceList list = cgroup::parse_device_list(text);
  std::string again;
  for (const cgroup::DeviceException& e : list.exceptions) {
    demand(e.type == 'b' || e.type == 'c', "a device is of a type");
    if (e.access != 0) again += cgroup::to_string(e) + "\n";
  }
  cgroup::DeviceList expected = list;
  std::erase_if(expected.exceptions, [](const cgroup::DeviceException& e) { return e.access == 0; });
  if (!list.allow_all) demand(cgroup::parse_device_list(again) == expected, "a list is read as written", again);
  bool pause = false;
  (void)cgroup::device_transition(list, cgroup::DeviceList(), &pause);
}

// A passwd file of the image, looked at for the home of user 7.
void home(std::string_view text) {
  static const MemoryFiles files({"passwd"}, "etc");
  static const sys::Fd root(open(files.root().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  files.put(text);
  const Str args[] = {"no-such-program"};
  const Str env[] = {"PATH=/nowhere"};
  process::Program step;
  step.args = args;
  step.env = env;
  step.set_home = true;
  step.uid = 7;
  Arena arena;
  process::Image image;
  const sys::Fault fault = process::apply(step, {root.get(), true}, arena, image);
  demand(fault.err == ENOENT, "there is no such program");
  const std::string_view home = image.env[1];
  demand(home.starts_with("HOME="), "there is a home");
  if (home != "HOME=/") demand(text.find(home.substr(5)) != std::string_view::npos, "a home is of the file", home);
}

}  // namespace

void words(Input& in) {
  const uint8_t what = in.byte();
  Input first = in.until("\n--\n");
  Input second = in.until("\n--\n");
  const std::string text(first.rest());
  switch (what) {
    case 'o':
      return mount_options(first);
    case 'i':
      return id_maps(first);
    case 'n':
      return number_list(text);
    case 'u':
      return unit_names(text, std::string(second.rest()));
    case 'a':
      return annotations(first);
    case 'q':
      return amounts(text);
    case 'c':
      return cgroup_host(text, second.rest(), std::string(in.rest()));
    case 's':
      return numbers_of_a_cgroup(text);
    case 'd':
      return device_list(text);
    case 'h':
      return home(text);
    case 'r':
      return (void)intelrdt::schemata_match(text, second.rest(), 10);
    default:
      return;
  }
}

}  // namespace husk::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  husk::fuzz::Input in(data, size);
  husk::fuzz::words(in);
  return 0;
}
