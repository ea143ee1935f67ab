// Who owns a container's cgroup on v2.
//
// A program that manages cgroups itself (systemd, a container engine) needs its own one to be its own: the directory,
// to make others in it, and the few files that move processes and hand controllers down. The limits stay ours. Only a
// container that has the tree to itself gets them: one in a cgroup namespace, with the mount not read-only.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spec/types.h"

namespace husk::cgroup {

// The host's uid for the user of the container's process, where the cgroup is to be its own. Pure. As in runc, that is
// the user whom the process runs as, which mostly is the container's root.
[[nodiscard]] std::optional<uid_t> owner_of(const spec::Spec& spec);

// Makes `owner` the owner of the cgroup `directory` (a descriptor; `path` is for errors) and of what the kernel says
// may be delegated. The group stays. A user who may give nothing away keeps it: who runs as somebody else in his
// container finds a cgroup that is read-only for him.
[[nodiscard]] Status give_to(uid_t owner, int directory, const std::string& path);

// The names in the text of /sys/kernel/cgroup/delegate, those of Linux 4.15 if there is none. Pure.
[[nodiscard]] std::vector<std::string> delegated_files(std::string_view text);

}  // namespace husk::cgroup
