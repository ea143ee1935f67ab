// Signals to the processes of a cgroup, found by number.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rooms/cgroup/cgroup.h"

namespace husk::cgroup {
namespace {

constexpr size_t kAtOnce = 256;  // descriptors held at a time

// Any of the numbers may have been given to a process outside meanwhile: so the processes are opened first, and only
// those that are in the cgroup afterwards are signalled.
Status signal_some(const std::vector<std::string>& directories, const pid_t* pids, size_t count, int signal) {
  sys::Fd opened[kAtOnce];
  bool by_number[kAtOnce] = {};
  for (size_t i = 0; i < count; ++i) {
    opened[i].reset(static_cast<int>(syscall(SYS_pidfd_open, pids[i], 0)));
    by_number[i] = !opened[i] && errno != ESRCH;  // a kernel without pidfd_open(2), a full table of descriptors
  }
  HUSK_LET(const std::vector<pid_t> now, processes(directories));
  Status status;
  for (size_t i = 0; i < count; ++i) {
    if (pids[i] == getpid() || !std::binary_search(now.begin(), now.end(), pids[i])) continue;
    long ret = 0;
    if (opened[i]) ret = syscall(SYS_pidfd_send_signal, opened[i].get(), signal, nullptr, 0);
    if (by_number[i]) ret = ::kill(pids[i], signal);
    if (ret < 0 && errno != ESRCH && status.ok()) status = fail(errno, "send signal ", signal, " to process ", pids[i]);
  }
  return status;
}

}  // namespace

Status signal_processes(const std::vector<std::string>& directories, const std::vector<pid_t>& pids, int signal) {
  Status status;
  for (size_t at = 0; at < pids.size(); at += kAtOnce) {
    Status some = signal_some(directories, pids.data() + at, std::min(kAtOnce, pids.size() - at), signal);
    if (!some.ok() && status.ok()) status = std::move(some);
  }
  return status;
}

}  // namespace husk::cgroup
