// husk update: limits from options or from JSON. The options are put into the same JSON that --resources takes.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "cli/command.h"
#include "cli/quantity.h"

namespace husk::cli {

namespace {

constexpr size_t kMaxResources = 16UL << 20;
constexpr int kNotGiven = INT_MIN;

struct UpdateArguments {
  std::string resources;
  int blkio_weight = 0;
  int pids_limit = kNotGiven;  // 0 is a limit, too
  std::string cpu_period, cpu_quota, cpu_burst, cpu_share, cpu_rt_period, cpu_rt_runtime, cpu_idle;
  std::string cpuset_cpus, cpuset_mems;
  std::string memory, memory_reservation, memory_swap, kernel_memory, kernel_memory_tcp;
  std::string l3_cache_schema, mem_bw_schema;
};

template <auto Member>
constexpr Option update_option(const char* name, const char* help, char letter = '\0', bool hidden = false) {
  return option<UpdateArguments, Member>(name, letter, help, hidden);
}

constexpr Option kOptions[] = {
    update_option<&UpdateArguments::resources>(
        "resources",
        "file with the limits as JSON, as /linux/resources of config.json has them, or - for standard input", 'r'),
    update_option<&UpdateArguments::blkio_weight>("blkio-weight", "weight of block I/O, from 10 to 1000"),
    update_option<&UpdateArguments::cpu_period>("cpu-period", "period of the CPU quota, in microseconds"),
    update_option<&UpdateArguments::cpu_quota>("cpu-quota", "CPU time in one period, in microseconds; -1: no limit"),
    update_option<&UpdateArguments::cpu_burst>("cpu-burst",
                                               "unused CPU time that may be saved up for later, in microseconds"),
    update_option<&UpdateArguments::cpu_share>("cpu-share", "share of CPU time, relative to other containers"),
    update_option<&UpdateArguments::cpu_rt_period>("cpu-rt-period",
                                                   "period of realtime scheduling, in microseconds (cgroup v1)"),
    update_option<&UpdateArguments::cpu_rt_runtime>("cpu-rt-runtime",
                                                    "realtime CPU time in one period, in microseconds (cgroup v1)"),
    update_option<&UpdateArguments::cpuset_cpus>("cpuset-cpus", "CPUs to use, such as 0-3,7"),
    update_option<&UpdateArguments::cpuset_mems>("cpuset-mems", "memory nodes to use"),
    update_option<&UpdateArguments::kernel_memory>("kernel-memory", "ignored", '\0', true),
    update_option<&UpdateArguments::kernel_memory_tcp>("kernel-memory-tcp", "ignored", '\0', true),
    update_option<&UpdateArguments::memory>("memory", "limit of memory in bytes, or such as 50M; -1: none"),
    update_option<&UpdateArguments::cpu_idle>("cpu-idle", "1: run only when nothing else does, 0: as usual"),
    update_option<&UpdateArguments::memory_reservation>("memory-reservation",
                                                        "memory that is left to it when others need some"),
    update_option<&UpdateArguments::memory_swap>("memory-swap", "limit of memory and swap together; -1: none"),
    update_option<&UpdateArguments::pids_limit>("pids-limit", "how many processes it may have; -1: no limit"),
    update_option<&UpdateArguments::l3_cache_schema>("l3-cache-schema",
                                                     "Intel RDT: ways of the L3 cache, such as \"L3:0=7f0\""),
    update_option<&UpdateArguments::mem_bw_schema>("mem-bw-schema", "Intel RDT: memory bandwidth, such as \"MB:0=50\""),
};

std::string quoted(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += cat("\\u00", digits[byte >> 4], digits[byte & 15]);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// The members of one object; options that were not given are left out.
class Members {
 public:
  void text(const char* name, const std::string& value) {
    if (!value.empty()) add(name, quoted(value));
  }
  void number(const char* name, int value, int none) {
    if (value != none) add(name, std::to_string(value));
  }
  template <class Parse>
  Status parsed(const char* option, const char* name, const std::string& value, Parse parse) {
    if (value.empty()) return {};
    const auto n = parse(value);
    if (!n) return fail(0, "invalid value for ", option, ": \"", value, "\" is not a number that fits");
    add(name, std::to_string(*n));
    return {};
  }
  Status size(const char* option, const char* name, const std::string& value) {
    if (value.empty()) return {};
    Result<int64_t> n = parse_size(value);
    if (!n.ok()) return std::move(n).error().within(cat("invalid value for ", option));
    add(name, std::to_string(*n));
    return {};
  }
  void object(const char* name, const Members& members) {
    if (!members.text_.empty()) add(name, members.json());
  }
  [[nodiscard]] std::string json() const { return cat('{', text_, '}'); }

 private:
  void add(const char* name, const std::string& json) {
    text_ += cat(text_.empty() ? "" : ",", '"', name, "\":", json);
  }
  std::string text_;
};

Result<std::string> resources_of(const UpdateArguments& a) {
  Members cpu;
  HUSK_TRY(cpu.parsed("cpu-period", "period", a.cpu_period, parse_unsigned));
  HUSK_TRY(cpu.parsed("cpu-quota", "quota", a.cpu_quota, parse_signed));
  HUSK_TRY(cpu.parsed("cpu-burst", "burst", a.cpu_burst, parse_unsigned));
  HUSK_TRY(cpu.parsed("cpu-share", "shares", a.cpu_share, parse_unsigned));
  HUSK_TRY(cpu.parsed("cpu-rt-period", "realtimePeriod", a.cpu_rt_period, parse_unsigned));
  HUSK_TRY(cpu.parsed("cpu-rt-runtime", "realtimeRuntime", a.cpu_rt_runtime, parse_signed));
  HUSK_TRY(cpu.parsed("cpu-idle", "idle", a.cpu_idle, parse_signed));
  cpu.text("cpus", a.cpuset_cpus);
  cpu.text("mems", a.cpuset_mems);
  Members memory;
  HUSK_TRY(memory.size("memory", "limit", a.memory));
  HUSK_TRY(memory.size("memory-reservation", "reservation", a.memory_reservation));
  HUSK_TRY(memory.size("memory-swap", "swap", a.memory_swap));
  Members pids;
  pids.number("limit", a.pids_limit, kNotGiven);
  Members block;
  block.number("weight", a.blkio_weight, 0);
  Members all;
  all.object("cpu", cpu);
  all.object("memory", memory);
  all.object("pids", pids);
  all.object("blockIO", block);
  return all.json();
}

Result<std::string> read_all(int fd, const std::string& name) {
  std::string out;
  char buffer[4096];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno, "read ", name);
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > kMaxResources) return fail(EFBIG, "read ", name);
  }
}

Result<std::string> read_resources(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input");
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errno, "open ", path);
  Result<std::string> out = read_all(fd, path);
  (void)close(fd);
  return out;
}

Result<int> update_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  UpdateArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const Environment env, make_environment(globals, log));
  const bool from_file = !arguments.resources.empty();
  HUSK_LET(const std::string json, from_file ? read_resources(arguments.resources) : resources_of(arguments));
  if (!from_file && !(arguments.kernel_memory.empty() && arguments.kernel_memory_tcp.empty()))
    log.write(Level::warning, "Kernel memory settings are ignored and will be removed");
  HUSK_TRY(husk::update(env, {parsed.rest[0], json, arguments.l3_cache_schema, arguments.mem_bw_schema}));
  return 0;
}

}  // namespace

constinit const Command update_command = {
    "update",
    "update the limits of a container",
    "<container-id>",
    "The update command changes limits of a container that exists. What is not named stays as it\n"
    "is. With --resources the limits come from JSON, and the other options are ignored:\n\n"
    "   {\"memory\": {\"limit\": 0, \"reservation\": 0, \"swap\": 0, \"checkBeforeUpdate\": true},\n"
    "    \"cpu\": {\"shares\": 0, \"quota\": 0, \"burst\": 0, \"period\": 0, \"realtimeRuntime\": 0,\n"
    "            \"realtimePeriod\": 0, \"cpus\": \"\", \"mems\": \"\", \"idle\": 0},\n"
    "    \"pids\": {\"limit\": 0}, \"blockIO\": {\"weight\": 0}}",
    kOptions,
    1,
    1,
    update_main};

}  // namespace husk::cli
