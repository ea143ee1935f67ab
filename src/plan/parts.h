// What the plans of a start (build.cpp) and of a process that is added (exec.cpp) have in common.
#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "host/facts.h"
#include "plan/plan.h"
#include "rooms/process/plan.h"
#include "spec/types.h"

namespace husk::plan {

template <class S>
void add(Plan& plan, S step) {
  plan.steps.emplace_back(std::move(step));
}

[[nodiscard]] namespaces::Caller caller_of(const host::Facts& facts);

// User and group of the process are mapped in its new user namespace.
[[nodiscard]] Status check_mapped(const spec::Spec& spec);

// The filter; with an empty program if there is none. `compiled`: what compile() made of it already, or null.
[[nodiscard]] Result<seccomp::Load> filter_of(const spec::Spec& spec, const seccomp::Filter* compiled, Arena& arena);

// The terminal, for a process that has one.
[[nodiscard]] console::Open console_of(const spec::Process& process, bool own_devpts);

// What LSMs are to make of the program. `apparmor`, `selinux`: enabled on this host.
[[nodiscard]] Status add_labels(const spec::Process& process, bool apparmor, bool selinux, Plan& plan);

// A session keyring of the container's own, with the label of its process: SELinux would refuse it the use otherwise.
void add_keyring(const std::string& id, const std::string& label, bool selinux, Plan& plan);

// Everything from "ready" to the program's look-up. Without no_new_privs loading a filter takes a privilege, so it
// comes before privileges go; with it, as late as possible, so that the filter need not allow what we still do. A
// filter that asks an agent is loaded while the parent is there to hand the listener on.
void add_becoming(const process::ProcessPlan& process, const seccomp::Load& filter, Plan& plan);
void add_late_filter(const process::ProcessPlan& process, const seccomp::Load& filter, Plan& plan);
// execve; `passed` descriptors from 3 on stay open.
inline void add_exec(int passed, Plan& plan) {
  add(plan, process::Exec{static_cast<uint64_t>(3 + passed)});
}

// The header, and the parent's part.
void finish(const spec::Process& spec, const process::ProcessPlan& process, const host::Facts& facts, int passed,
            Plan& plan);

}  // namespace husk::plan
