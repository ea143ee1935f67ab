// Typed form of an OCI runtime configuration (runtime-spec 1.3, Linux).
//
// parse() fills these structs from config.json, validate() checks what a JSON type cannot express. After that a
// Spec is immutable: every later layer reads it and none changes it. Names are the specification's own (camelCase
// there, snake_case here). An absent member is an empty optional, an empty string or an empty vector; where the
// specification distinguishes "absent" from "zero", the member is an optional.
//
// Source: https://github.com/opencontainers/runtime-spec (config.md, config-linux.md), version 1.3.0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace husk::spec {

using StringMap = std::vector<std::pair<std::string, std::string>>;  // keeps the order of the file

// ---------------------------------------------------------------- process

struct Box {  // process.consoleSize, in characters
  uint32_t height = 0;
  uint32_t width = 0;
};

struct User {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::optional<uint32_t> umask;  // octal in the kernel, a plain number in JSON
  std::vector<uint32_t> additional_gids;
};

struct Capabilities {  // each a list of names such as "CAP_CHOWN"
  std::vector<std::string> bounding, effective, inheritable, permitted, ambient;
};

struct Rlimit {
  std::string type;             // "RLIMIT_NOFILE"
  int resource = 0;             // the number setrlimit(2) takes
  uint64_t soft = 0, hard = 0;  // RLIM_INFINITY is 2^64-1
};

struct IoPriority {
  std::string cls;       // IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE
  int32_t priority = 0;  // 0..7
};

struct Scheduler {
  std::string policy;  // SCHED_OTHER ...
  int32_t nice = 0;
  int32_t priority = 0;
  std::vector<std::string> flags;                  // SCHED_FLAG_RESET_ON_FORK ...
  uint64_t runtime = 0, deadline = 0, period = 0;  // nanoseconds
};

struct ExecCpuAffinity {
  std::string initial, final;  // CPU lists as in cpuset(7): "0-3,7"
};

struct Process {
  bool terminal = false;
  std::optional<Box> console_size;
  User user;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string cwd;
  std::optional<Capabilities> capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  std::string apparmor_profile;
  std::string selinux_label;
  std::optional<int32_t> oom_score_adj;
  std::optional<IoPriority> io_priority;
  std::optional<Scheduler> scheduler;
  std::optional<ExecCpuAffinity> exec_cpu_affinity;
};

// ---------------------------------------------------------------- root, mounts, hooks

struct Root {
  std::string path;
  bool readonly = false;
};

struct IdMapping {
  uint32_t container_id = 0, host_id = 0, size = 0;
};

// As /proc/PID/uid_map and gid_map take them: a line for each.
[[nodiscard]] std::string map_text(const std::vector<IdMapping>& mappings);

struct Mount {
  std::string destination;
  std::string type;
  std::string source;
  std::vector<std::string> options;
  std::vector<IdMapping> uid_mappings, gid_mappings;
};

struct Hook {
  std::string path;
  std::vector<std::string> args, env;
  std::optional<int32_t> timeout;  // seconds, > 0
};

struct Hooks {
  std::vector<Hook> prestart, create_runtime, create_container, start_container, poststart, poststop;
};

// ---------------------------------------------------------------- linux

enum class NsType { pid, network, mount, ipc, uts, user, cgroup, time };

struct Namespace {
  NsType type = NsType::pid;
  std::string path;  // empty: a new one
};

struct TimeOffset {
  int64_t secs = 0;
  uint32_t nanosecs = 0;
};

struct TimeOffsets {
  std::optional<TimeOffset> monotonic, boottime;
};

struct Device {
  std::string type;  // "c", "b", "u" or "p"
  std::string path;
  int64_t major = 0, minor = 0;
  std::optional<uint32_t> file_mode;
  std::optional<uint32_t> uid, gid;
};

struct NetDevice {
  std::string host_name;  // the key in linux.netDevices
  std::string name;       // in the container; empty: the same
};

// -- resources

struct DeviceRule {
  bool allow = false;
  std::string type;                     // "", "a", "b" or "c"
  std::optional<int64_t> major, minor;  // absent or -1: all
  std::string access;                   // of "rwm"
};

struct Memory {
  std::optional<int64_t> limit, reservation, swap, kernel, kernel_tcp;  // bytes, -1: unlimited
  std::optional<uint64_t> swappiness;
  std::optional<bool> disable_oom_killer, use_hierarchy, check_before_update;
};

struct Cpu {
  std::optional<uint64_t> shares;
  std::optional<int64_t> quota;           // microseconds
  std::optional<uint64_t> burst, period;  // microseconds
  std::optional<int64_t> realtime_runtime;
  std::optional<uint64_t> realtime_period;
  std::string cpus, mems;
  std::optional<int64_t> idle;
};

struct WeightDevice {
  int64_t major = 0, minor = 0;
  std::optional<uint16_t> weight, leaf_weight;
};

struct ThrottleDevice {
  int64_t major = 0, minor = 0;
  uint64_t rate = 0;  // bytes or operations a second
};

struct BlockIo {
  std::optional<uint16_t> weight, leaf_weight;
  std::vector<WeightDevice> weight_device;
  std::vector<ThrottleDevice> throttle_read_bps, throttle_write_bps, throttle_read_iops, throttle_write_iops;
};

struct HugepageLimit {
  std::string page_size;  // "2MB"
  uint64_t limit = 0;     // bytes
};

struct InterfacePriority {
  std::string name;
  uint32_t priority = 0;
};

struct NetworkResources {
  std::optional<uint32_t> class_id;
  std::vector<InterfacePriority> priorities;
};

struct Rdma {
  std::string device;
  std::optional<uint32_t> hca_handles, hca_objects;
};

struct Resources {
  std::vector<DeviceRule> devices;
  std::optional<Memory> memory;
  std::optional<Cpu> cpu;
  std::optional<int64_t> pids_limit;
  std::optional<BlockIo> block_io;
  std::vector<HugepageLimit> hugepage_limits;
  std::optional<NetworkResources> network;
  std::vector<Rdma> rdma;
  StringMap unified;
};

// -- seccomp

struct SeccompArg {
  uint32_t index = 0;
  uint64_t value = 0, value_two = 0;
  std::string op;  // SCMP_CMP_EQ ...
};

struct SeccompRule {
  std::vector<std::string> names;
  std::string action;
  std::optional<uint32_t> errno_ret;
  std::vector<SeccompArg> args;
};

struct Seccomp {
  std::string default_action;
  std::optional<uint32_t> default_errno_ret;
  std::vector<std::string> architectures, flags;
  bool flags_given = false;  // "flags" is there, though maybe empty: without it a runtime may choose its own
  std::string listener_path, listener_metadata;
  std::vector<SeccompRule> syscalls;
};

struct IntelRdt {
  std::string clos_id;
  std::vector<std::string> schemata;
  std::string l3_cache_schema, mem_bw_schema;
  bool enable_monitoring = false;
};

struct MemoryPolicy {
  std::string mode;   // MPOL_BIND ...
  std::string nodes;  // "0-3,7"
  std::vector<std::string> flags;
};

struct Linux {
  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings, gid_mappings;
  std::optional<TimeOffsets> time_offsets;
  std::vector<Device> devices;
  std::vector<NetDevice> net_devices;
  std::string cgroups_path;
  std::optional<Resources> resources;
  std::string rootfs_propagation;
  std::optional<Seccomp> seccomp;
  StringMap sysctl;
  std::vector<std::string> masked_paths, readonly_paths;
  std::string mount_label;
  std::string personality;                     // "", "LINUX" or "LINUX32"
  std::vector<std::string> personality_flags;  // none is defined yet
  std::optional<IntelRdt> intel_rdt;
  std::optional<MemoryPolicy> memory_policy;

  // The entry of one kind, or nullptr: that namespace is the runtime's own.
  [[nodiscard]] const Namespace* find(NsType type) const {
    for (const Namespace& n : namespaces)
      if (n.type == type) return &n;
    return nullptr;
  }
};

struct Spec {
  std::string oci_version;
  std::optional<Process> process;
  Root root;
  std::string hostname, domainname;
  std::vector<Mount> mounts;
  Hooks hooks;
  StringMap annotations;
  Linux lx;  // "linux" is a macro under GNU dialects
};

}  // namespace husk::spec
