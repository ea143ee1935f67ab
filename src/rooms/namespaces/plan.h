// Which namespaces are new, which are joined, and which way the process gets there. Pure.
#pragma once

#include <string>

#include "base/arena.h"
#include "base/result.h"
#include "rooms/namespaces/steps.h"
#include "spec/types.h"

namespace husk::namespaces {

struct NamespacePlan {
  Bootstrap bootstrap;
  uint64_t clone_flags = 0;      // short way: CLONE_NEW* for clone3
  bool new_cgroup = false;       // made by init itself
  std::string uid_map, gid_map;  // texts for /proc/PID/uid_map, empty: none to write
  bool deny_setgroups = false;   // /proc/PID/setgroups must say deny before gid_map can be written
  bool by_helper = false;        // newuidmap and newgidmap write the maps

  [[nodiscard]] bool has_user() const { return bootstrap.new_user || joins_user; }
  bool joins_user = false;
};

struct Caller {
  uint32_t uid = 0, gid = 0;
  bool may_map = true;  // CAP_SETUID and CAP_SETGID: any map can be written
};

[[nodiscard]] Result<NamespacePlan> plan(const spec::Linux& lx, const Caller& caller, bool force_long, Arena& arena);

// The way into the namespaces of a container whose init is process `pid`, as far as they are of its configuration.
// `by_pidfd`: a pidfd of it will be handed over.
[[nodiscard]] NamespacePlan plan_exec(const spec::Linux& lx, const Caller& caller, int32_t pid, bool by_pidfd,
                                      Arena& arena);

// CLONE_NEW* of a kind.
[[nodiscard]] uint64_t clone_flag(spec::NsType type);

// Its name in /proc/PID/ns: "net", "mnt".
[[nodiscard]] const char* file_name(spec::NsType type);

// Below /proc/sys. "net.ipv4.conf" or "net/ipv4/conf.eth0": whichever separator comes first is the separator.
[[nodiscard]] std::string sysctl_file(std::string key);

}  // namespace husk::namespaces
