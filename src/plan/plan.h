// A plan: everything a start does, decided before anything is done. Pure data; made from the configuration and what is
// known of the host, without a system call, so it can be printed, compared with a golden file, and tested without root.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "host/facts.h"
#include "plan/header.h"
#include "plan/steps.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/namespaces/plan.h"
#include "rooms/network/plan.h"
#include "rooms/rootfs/plan.h"
#include "rooms/seccomp/seccomp.h"
#include "spec/types.h"

namespace husk::plan {

// Each kind of step is a type; its place in the variant is its plan::Op.
using Step = std::variant<std::monostate
#define HUSK_TYPE(name, type) , type
                              HUSK_STEPS(HUSK_TYPE)
#undef HUSK_TYPE
                          >;

struct Input {
  const spec::Spec& spec;
  const host::Facts& facts;
  const cgroup::Host& cgroups;
  std::string id;
  std::string rootfs, bundle;   // absolute
  bool wait_for_start = false;  // at the exec fifo
  int listen_fds = 0;           // of socket activation; they come before the preserved ones
  int preserve_fds = 0;
  bool systemd = false;       // makes the cgroup,
  bool user_systemd = false;  // the user's instance of it
  bool no_cgroup = false;     // the caller may not make one: the container stays in its cgroup
  bool no_pivot = false;
  bool no_new_keyring = false;
  bool force_long = false;
  bool apparmor = false, selinux = false;   // enabled on this host
  const seccomp::Filter* filter = nullptr;  // of spec.lx.seccomp; null: there is none, or it is still to be compiled
};

struct Plan {
  Arena arena;  // owns the texts below
  plan::Header header;
  std::vector<Step> steps;
  namespaces::NamespacePlan namespaces;
  cgroup::Plan cgroup;
  network::Plan network;                         // done by the parent when init says plan::Network
  std::vector<spec::Rlimit> rlimits;             // set by the parent: root of a user namespace may not raise them
  std::vector<rootfs::IdmappedSource> idmapped;  // numbered from 1 in the mounts
  int preserve_fds = 0;
  bool clone3 = true;
  std::vector<uint64_t> initial_affinity;  // of a process that is added, until it is in its cgroup
  std::vector<std::string> warnings;
};

[[nodiscard]] Result<Plan> build(const Input& in);

// As it travels to init.
[[nodiscard]] std::string encode(const Plan& plan);

// There is a filter that asks an agent.
[[nodiscard]] bool asks_agent(const Plan& plan);

// What a step does, in words: "mount proc on /proc".
[[nodiscard]] std::string describe(const Step& step);
// The same for who only reads it: describe() has the words of an error where clients of runc look for them.
[[nodiscard]] std::string words(const Step& step);

}  // namespace husk::plan
