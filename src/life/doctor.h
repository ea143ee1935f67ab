// `husk doctor`: what was seen of the host, and what it means. The second is a pure function of the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/facts.h"
#include "husk/inspect.h"
#include "rooms/cgroup/cgroup.h"
#include "start/obstacles.h"

namespace husk::life {

struct Seen {
  host::Facts facts;
  starting::Circumstances circumstances;
  starting::Helper users, groups;              // newuidmap and newgidmap
  std::string release;                         // of the kernel: "6.1.0"
  std::vector<std::string> namespaces;         // the kinds in /proc/self/ns
  bool procfs = false, sysfs = false;          // mounted at /proc and /sys: without them much cannot be known
  std::optional<std::string> seccomp_actions;  // "kill_process errno user_notif ..."
  std::optional<std::string> filesystems;      // /proc/filesystems
  cgroup::Host cgroups;
  std::string controllers;       // v2: cgroup.controllers of the root that we see
  bool cgroup_writable = false;  // there is a place where the caller may make one
  bool systemd = false, libsystemd = false;
  bool apparmor = false, selinux = false;
  std::string runtime_dir;  // $XDG_RUNTIME_DIR
  bool runtime_dir_usable = false;
  uint64_t max_files = 0, max_processes = 0;  // soft limits of the caller
};

[[nodiscard]] Seen look_at_host(const std::string& runtime_dir);
[[nodiscard]] std::vector<HostFinding> diagnose(const Seen& seen);

}  // namespace husk::life
