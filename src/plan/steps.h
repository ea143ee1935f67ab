// All steps init knows, in one list. A plan is a sequence of them; init carries them out in that order and decides
// nothing. Adding one: its struct in its room's steps.h, a line here, an apply() in its room's init.cpp, a sentence in
// plan/describe.cpp.
#pragma once

#include "rooms/console/steps.h"
#include "rooms/hooks/steps.h"
#include "rooms/lsm/steps.h"
#include "rooms/namespaces/steps.h"
#include "rooms/network/steps.h"
#include "rooms/process/steps.h"
#include "rooms/rootfs/steps.h"
#include "rooms/seccomp/steps.h"

namespace husk::plan {

// Steps that are a message to the parent and its answer.
struct Network {  // the parent moves and configures network devices; init sends its network namespace
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

struct RuntimeHooks {  // the parent runs prestart and createRuntime hooks; answers with the container's state
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

struct Ready {  // all that needs the parent, or the host, has been done; it answers Run and listens for errors to the
                // end
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

struct ExecFifo {  // let the parent go and wait until somebody opens the gate: `start`
  // An ordinary user's exec finds the namespaces by our files in /proc, which are his only while we are dumpable.
  bool dumpable = false;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("dumpable", s.dumpable);
  }
};

// clang-format off
#define HUSK_STEPS(X)                                   \
  X(keyring,           process::Keyring)                \
  X(unshare_cgroup,    namespaces::UnshareCgroup)       \
  X(loopback_up,       network::LoopbackUp)             \
  X(network,           plan::Network)                   \
  X(root_propagation,  rootfs::RootPropagation)         \
  X(open_root,         rootfs::OpenRoot)                \
  X(mount,             rootfs::Mount)                   \
  X(device,            rootfs::Device)                  \
  X(link,              rootfs::Link)                    \
  X(make_directory,    rootfs::MakeDirectory)           \
  X(make_readonly,     rootfs::MakeReadonly)            \
  X(runtime_hooks,     plan::RuntimeHooks)             \
  X(hook,              hooks::Hook)                     \
  X(pivot_root,        rootfs::PivotRoot)               \
  X(console,           console::Open)                   \
  X(reopen_dev_null,   rootfs::ReopenDevNull)           \
  X(final_propagation, rootfs::FinalPropagation)        \
  X(root_readonly,     rootfs::RootReadonly)            \
  X(hostname,          namespaces::Hostname)            \
  X(domainname,        namespaces::Domainname)          \
  X(label,             lsm::Label)                      \
  X(sysctl,            namespaces::Sysctl)              \
  X(readonly_path,     rootfs::ReadonlyPath)            \
  X(masked_path,       rootfs::MaskedPath)              \
  X(personality,       process::Personality)            \
  X(io_priority,       process::IoPriority)             \
  X(scheduler,         process::Scheduler)              \
  X(memory_policy,     process::MemoryPolicy)           \
  X(umask,             process::Umask)                  \
  X(no_new_privileges, process::NoNewPrivileges)        \
  X(seccomp,           seccomp::Load)                   \
  X(credentials,       process::Credentials)            \
  X(working_directory, process::WorkingDirectory)       \
  X(program,           process::Program)                \
  X(ready,             plan::Ready)                    \
  X(exec_fifo,         plan::ExecFifo)                 \
  X(exec,              process::Exec)
// clang-format on

enum class Op : uint64_t {
#define HUSK_OP(name, type) name,
  HUSK_STEPS(HUSK_OP)
#undef HUSK_OP
};

}  // namespace husk::plan
