// The plan of a process that is added to a container: it joins what is there, and makes nothing but itself.
#pragma once

#include "plan/plan.h"

namespace husk::plan {

struct ExecInput {
  // The container's configuration, with the process that is to be added in the place of the container's own.
  const spec::Spec& spec;
  const host::Facts& facts;
  std::string id;
  std::string rootfs;    // for a container without a mount namespace of its own
  pid_t init = 0;        // the container's
  bool by_pidfd = true;  // a pidfd of it will be handed over
  int preserve_fds = 0;
  bool no_new_keyring = false;
  bool apparmor = false, selinux = false;   // enabled on this host
  const seccomp::Filter* filter = nullptr;  // as in Input
};

[[nodiscard]] Result<Plan> build_exec(const ExecInput& in);

}  // namespace husk::plan
