// The parent's side of a start: makes the process, serves the conversation, and comes back when the program runs (or,
// with an exec fifo, waits for its start).
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "plan/plan.h"
#include "rooms/cgroup/cgroup.h"
#include "sys/fd.h"
#include "sys/timeline.h"

namespace husk::starting {

struct Process {
  pid_t pid = -1;
  sys::Fd pidfd;    // empty without pidfd_open
  sys::Fd console;  // the terminal's master, if there is one
};

// What happens at the points of the conversation that are not the start's own business.
struct Callbacks {
  // Its pid is known, and it has work to do: time to write things down.
  std::function<Status(const Process&)> born;
  // Moves and configures the network devices of the plan; called once, and only if it has some. `container`: init's
  // network namespace.
  std::function<Status(sys::Fd container)> network;
  // Runs prestart and createRuntime hooks; the text is the state for hooks that init runs.
  std::function<Result<std::string>()> hooks;
  // Everything is ready; after this returns, the program runs. Pid file, sockets ...
  std::function<Status(const Process&)> ready;
  // The listener of its seccomp filter, for the agent that the filter asks. The program does not run before this
  // returns.
  std::function<Status(const Process&, int listener)> listener;
  // The cgroup is joined by init alone, once it is there, and not by the child that makes it: where a limit leaves no
  // room for two more processes, the kernel lets one be moved in, but none be born.
  bool join_late = false;
  sys::Recorder recorder;  // with plan.header.traced: what is done when is written down,
  int timeline = -1;       // in this memory
  int fifo = -1;           // that init is to wait at
  int pidfd = -1;          // of the process whose namespaces are joined, when the plan has join_flags
};

// On failure the process is gone and waited for.
Result<Process> launch(const plan::Plan& plan, cgroup::Cgroup& cgroup, const Callbacks& callbacks);

// Ends a process of ours for good: SIGKILL and wait.
void destroy(const Process& process);

}  // namespace husk::starting
