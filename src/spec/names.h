// The names the specification gives to numbers of the kernel. Lookups are exact: case matters.
//
// Sources: runtime-spec 1.3 (config.md, config-linux.md) for the names, the kernel's uapi headers for the numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/types.h"

namespace husk::spec {

struct Name {
  std::string_view name;
  int number;
};

template <size_t N>
[[nodiscard]] constexpr std::optional<int> number_of(const std::array<Name, N>& table, std::string_view name) {
  for (const Name& entry : table)
    if (entry.name == name) return entry.number;
  return std::nullopt;
}

template <size_t N>
[[nodiscard]] constexpr std::string_view name_of(const std::array<Name, N>& table, int number) {
  for (const Name& entry : table)
    if (entry.number == number) return entry.name;
  return {};
}

// "A, B, C": for the message about a name that is not in the table.
template <size_t N>
[[nodiscard]] std::string known(const std::array<Name, N>& table) {
  std::string out;
  for (const Name& entry : table) {
    if (!out.empty()) out += ", ";
    out += entry.name;
  }
  return out;
}

inline constexpr auto kCapabilities = std::to_array<Name>({
    {"CAP_CHOWN", 0},
    {"CAP_DAC_OVERRIDE", 1},
    {"CAP_DAC_READ_SEARCH", 2},
    {"CAP_FOWNER", 3},
    {"CAP_FSETID", 4},
    {"CAP_KILL", 5},
    {"CAP_SETGID", 6},
    {"CAP_SETUID", 7},
    {"CAP_SETPCAP", 8},
    {"CAP_LINUX_IMMUTABLE", 9},
    {"CAP_NET_BIND_SERVICE", 10},
    {"CAP_NET_BROADCAST", 11},
    {"CAP_NET_ADMIN", 12},
    {"CAP_NET_RAW", 13},
    {"CAP_IPC_LOCK", 14},
    {"CAP_IPC_OWNER", 15},
    {"CAP_SYS_MODULE", 16},
    {"CAP_SYS_RAWIO", 17},
    {"CAP_SYS_CHROOT", 18},
    {"CAP_SYS_PTRACE", 19},
    {"CAP_SYS_PACCT", 20},
    {"CAP_SYS_ADMIN", 21},
    {"CAP_SYS_BOOT", 22},
    {"CAP_SYS_NICE", 23},
    {"CAP_SYS_RESOURCE", 24},
    {"CAP_SYS_TIME", 25},
    {"CAP_SYS_TTY_CONFIG", 26},
    {"CAP_MKNOD", 27},
    {"CAP_LEASE", 28},
    {"CAP_AUDIT_WRITE", 29},
    {"CAP_AUDIT_CONTROL", 30},
    {"CAP_SETFCAP", 31},
    {"CAP_MAC_OVERRIDE", 32},
    {"CAP_MAC_ADMIN", 33},
    {"CAP_SYSLOG", 34},
    {"CAP_WAKE_ALARM", 35},
    {"CAP_BLOCK_SUSPEND", 36},
    {"CAP_AUDIT_READ", 37},
    {"CAP_PERFMON", 38},
    {"CAP_BPF", 39},
    {"CAP_CHECKPOINT_RESTORE", 40},
});

inline constexpr auto kRlimits = std::to_array<Name>({
    {"RLIMIT_CPU", 0},
    {"RLIMIT_FSIZE", 1},
    {"RLIMIT_DATA", 2},
    {"RLIMIT_STACK", 3},
    {"RLIMIT_CORE", 4},
    {"RLIMIT_RSS", 5},
    {"RLIMIT_NPROC", 6},
    {"RLIMIT_NOFILE", 7},
    {"RLIMIT_MEMLOCK", 8},
    {"RLIMIT_AS", 9},
    {"RLIMIT_LOCKS", 10},
    {"RLIMIT_SIGPENDING", 11},
    {"RLIMIT_MSGQUEUE", 12},
    {"RLIMIT_NICE", 13},
    {"RLIMIT_RTPRIO", 14},
    {"RLIMIT_RTTIME", 15},
});

// NsType and its name in linux.namespaces.
inline constexpr auto kNamespaces = std::to_array<Name>({
    {"pid", static_cast<int>(NsType::pid)},
    {"network", static_cast<int>(NsType::network)},
    {"mount", static_cast<int>(NsType::mount)},
    {"ipc", static_cast<int>(NsType::ipc)},
    {"uts", static_cast<int>(NsType::uts)},
    {"user", static_cast<int>(NsType::user)},
    {"cgroup", static_cast<int>(NsType::cgroup)},
    {"time", static_cast<int>(NsType::time)},
});

// process.ioPriority.class: the class number of ioprio_set(2).
inline constexpr auto kIoClasses = std::to_array<Name>({
    {"IOPRIO_CLASS_RT", 1},
    {"IOPRIO_CLASS_BE", 2},
    {"IOPRIO_CLASS_IDLE", 3},
});

// process.scheduler.policy and .flags: sched_setattr(2).
inline constexpr auto kSchedPolicies = std::to_array<Name>({
    {"SCHED_OTHER", 0},
    {"SCHED_FIFO", 1},
    {"SCHED_RR", 2},
    {"SCHED_BATCH", 3},
    {"SCHED_ISO", 4},
    {"SCHED_IDLE", 5},
    {"SCHED_DEADLINE", 6},
});
inline constexpr auto kSchedFlags = std::to_array<Name>({
    {"SCHED_FLAG_RESET_ON_FORK", 0x01},
    {"SCHED_FLAG_RECLAIM", 0x02},
    {"SCHED_FLAG_DL_OVERRUN", 0x04},
    {"SCHED_FLAG_KEEP_POLICY", 0x08},
    {"SCHED_FLAG_KEEP_PARAMS", 0x10},
    {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
    {"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
});

// linux.memoryPolicy: set_mempolicy(2).
inline constexpr auto kMemoryModes = std::to_array<Name>({
    {"MPOL_DEFAULT", 0},
    {"MPOL_PREFERRED", 1},
    {"MPOL_BIND", 2},
    {"MPOL_INTERLEAVE", 3},
    {"MPOL_LOCAL", 4},
    {"MPOL_PREFERRED_MANY", 5},
    {"MPOL_WEIGHTED_INTERLEAVE", 6},
});
inline constexpr auto kMemoryFlags = std::to_array<Name>({
    {"MPOL_F_NUMA_BALANCING", 1 << 13},
    {"MPOL_F_RELATIVE_NODES", 1 << 14},
    {"MPOL_F_STATIC_NODES", 1 << 15},
});

// linux.personality.domain: personality(2).
inline constexpr auto kPersonalities = std::to_array<Name>({{"LINUX", 0}, {"LINUX32", 8}});

// linux.seccomp. The numbers are libseccomp's business.
inline constexpr auto kSeccompActions = std::to_array<std::string_view>({
    "SCMP_ACT_KILL",
    "SCMP_ACT_KILL_PROCESS",
    "SCMP_ACT_KILL_THREAD",
    "SCMP_ACT_TRAP",
    "SCMP_ACT_ERRNO",
    "SCMP_ACT_TRACE",
    "SCMP_ACT_ALLOW",
    "SCMP_ACT_LOG",
    "SCMP_ACT_NOTIFY",
});
inline constexpr auto kSeccompOperators = std::to_array<std::string_view>({
    "SCMP_CMP_NE",
    "SCMP_CMP_LT",
    "SCMP_CMP_LE",
    "SCMP_CMP_EQ",
    "SCMP_CMP_GE",
    "SCMP_CMP_GT",
    "SCMP_CMP_MASKED_EQ",
});
inline constexpr auto kSeccompArchitectures = std::to_array<std::string_view>({
    "SCMP_ARCH_X86",         "SCMP_ARCH_X86_64", "SCMP_ARCH_X32",       "SCMP_ARCH_ARM",     "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_MIPS",        "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",    "SCMP_ARCH_PPC64",     "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390",
    "SCMP_ARCH_S390X",       "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",  "SCMP_ARCH_RISCV64", "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",        "SCMP_ARCH_SH",     "SCMP_ARCH_SHEB",
});
inline constexpr auto kSeccompFlags = std::to_array<std::string_view>({
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
});

// linux.rootfsPropagation. The specification has the four without "r"; engines also write the others.
inline constexpr auto kPropagations = std::to_array<std::string_view>(
    {"private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"});

template <size_t N>
[[nodiscard]] constexpr bool contains(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

template <size_t N>
[[nodiscard]] std::string known(const std::array<std::string_view, N>& list) {
  std::string out;
  for (const std::string_view name : list) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

// "CAP_CHOWN" -> 0; nothing for a name this kernel interface does not have.
[[nodiscard]] constexpr std::optional<int> capability_number(std::string_view name) {
  return number_of(kCapabilities, name);
}

// "RLIMIT_NOFILE" -> 7, the number setrlimit(2) takes.
[[nodiscard]] constexpr std::optional<int> rlimit_resource(std::string_view name) {
  return number_of(kRlimits, name);
}

// "network" -> NsType::network.
[[nodiscard]] constexpr std::optional<NsType> namespace_type(std::string_view name) {
  if (const std::optional<int> n = number_of(kNamespaces, name)) return static_cast<NsType>(*n);
  return std::nullopt;
}

// NsType::network -> "network".
[[nodiscard]] constexpr std::string_view namespace_name(NsType type) {
  return name_of(kNamespaces, static_cast<int>(type));
}

}  // namespace husk::spec
