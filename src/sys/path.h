// The only place where a path of the container is opened.
//
// A container's image is written by somebody else: any component may be a symbolic link, and another process may
// exchange it while we look. So a path is never given to the kernel as text from "/": it is resolved beneath a
// descriptor of the root, links and ".." included, by openat2(RESOLVE_IN_ROOT) or, where there is no openat2, by
// walking component by component on descriptors. What comes back is a descriptor; mounts and files are made on that.
//
// Errors are -errno. O_CLOEXEC is implied.
#pragma once

#include "base/str.h"
#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::sys {

struct RootDir {
  int fd = -1;
  bool has_openat2 = true;
};

// Opens what exists. `flags` as for openat(2); O_NOFOLLOW concerns the last component only.
[[nodiscard]] int open_in(RootDir root, Str path, int flags);
// The same, but every component must be what it seems: ELOOP when one is a symbolic link.
[[nodiscard]] int open_plain(RootDir root, Str path, int flags);

enum class Make { directory, file };
// Opens with O_PATH, and makes what is missing: directories with `mode`, and as last component a directory or an empty
// file (0644). A dangling link is followed inside the root and its target made.
[[nodiscard]] int make_in(RootDir root, Str path, Make last, unsigned mode);

}  // namespace husk::sys
