// What stands in front of the steps in a plan as it travels.
#pragma once

#include "base/weakness.h"
#include "rooms/namespaces/steps.h"

namespace husk::plan {

struct Header {
  namespaces::Bootstrap bootstrap;
  bool has_oom_score = false;
  int64_t oom_score = 0;               // of /proc/self/oom_score_adj
  std::span<const uint64_t> affinity;  // CPUs as bits; empty: all that the cgroup allows
  bool mount_api = true;               // fsopen, open_tree, move_mount, mount_setattr (Linux 5.12)
  bool openat2 = true;                 // Linux 5.6
  bool no_procfs = false;              // no step writes through the caller's procfs: it is not opened
  bool inherit = false;                // the caller's session, umask, processors and ignored signals are kept
  bool show = false;                   // who they are is said by child and init after each step
  bool traced = false;                 // what is done is written into memory that the parent sends after the plan
#ifdef HUSK_WEAK
  uint64_t weakened = weaknesses;
#endif
  uint64_t steps = 0;  // how many follow: each its Op and its members
  template <class S, class A>
  static void fields(S& s, A& a) {
#ifdef HUSK_WEAK
    a("weakened", s.weakened);
#endif
    a("bootstrap", s.bootstrap)("hasOomScore", s.has_oom_score)("oomScore", s.oom_score)("affinity", s.affinity)(
        "mountApi", s.mount_api)("openat2", s.openat2)("noProcfs", s.no_procfs)("inherit", s.inherit)("show", s.show)(
        "traced", s.traced)("steps", s.steps);
  }
};

}  // namespace husk::plan
