// The root file system as a list of steps. Pure: nothing here looks at the host.
#pragma once

#include <string>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "rooms/rootfs/steps.h"
#include "spec/types.h"

namespace husk::rootfs {

// One hierarchy for the container's cgroup mount.
struct CgroupView {
  std::string name;         // directory below the mount: "cpu,cpuacct"; empty for v2
  std::string controllers;  // mount data: "cpu,cpuacct", "name=systemd"
  std::string source;       // the container's own cgroup in it (v2: the mount point of the host)
};

struct Surroundings {
  std::string rootfs, bundle;   // absolute
  bool user_namespace = false;  // mknod is refused there
  bool cgroup_namespace = false;
  bool cgroup2 = false;
  bool rootless = false;
  bool selinux = false;  // mount labels mean something
  bool no_pivot = false;
  std::vector<CgroupView> cgroups;
};

// The mapping of a bind mount that has one: the parent sets it. See start/sources.h.
struct IdmappedSource {
  std::string source;
  bool map_tree = false;         // ridmap
  std::string uid_map, gid_map;  // as in /proc/PID/uid_map
  std::string namespace_path;    // of a user namespace that has the mapping; empty: one is made
};

// In order: before the hooks of the runtime, the change of root, after it.
struct RootPlan {
  RootPropagation propagation;
  OpenRoot open;
  std::vector<Mount> mounts;
  std::vector<Device> devices;
  std::vector<Link> links;
  std::vector<Link> mount_links;  // in the cgroup mount; made before what follows in `late_readonly`
  std::vector<MakeReadonly> late_readonly;
  PivotRoot pivot;
  FinalPropagation final_propagation;  // flags 0: none
  bool root_readonly = false;
  std::vector<ReadonlyPath> readonly_paths;
  std::vector<MaskedPath> masked_paths;
  std::vector<IdmappedSource> idmapped;
};

[[nodiscard]] Result<RootPlan> plan(const spec::Spec& spec, const Surroundings& around, Arena& arena);

}  // namespace husk::rootfs
