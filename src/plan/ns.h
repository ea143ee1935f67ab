// The plan of a program in new or other namespaces, without a container around it.
#pragma once

#include <optional>

#include "plan/plan.h"

namespace husk::plan {

struct NsInput {
  const spec::Linux& lx;  // namespaces (those with a path are joined), maps, time offsets
  const host::Facts& facts;
  const std::vector<std::string>&args, &env;
  std::string hostname;
  uint64_t propagation = 0;  // MS_*, of all mounts in a new mount namespace; 0: as they are
  bool mount_proc = true;
  bool unmapped = false;  // a new user namespace gets no maps
  bool by_pidfd = false;  // what is joined is one process's, and a pidfd of it will be handed over
  bool show = false;
  bool force_long = false;
  int preserve_fds = 0;
  std::string wd;   // where the program begins; empty: where it is
  std::string cwd;  // to go back to, where making mounts takes us elsewhere; empty: not known
};

[[nodiscard]] Result<Plan> build_ns(const NsInput& in);

}  // namespace husk::plan
