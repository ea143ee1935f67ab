// Whether a process that is still there has its end behind it already.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace husk::cgroup {

// True when every thread of the process is a zombie, on its way out, or has SIGKILL pending; also when there is no such
// process. One that v1 has
// frozen counts as well: it ends as soon as it is thawed.
[[nodiscard]] bool is_dying(pid_t pid);

// The same for the text of /proc/PID/task/TID/stat. Pure.
[[nodiscard]] bool is_dying_thread(std::string_view stat);

}  // namespace husk::cgroup
