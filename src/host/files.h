// Whole-file helpers for the hosted layers (the runtime process, never init).
//
// Paths are the host's own: the state directory, /proc, cgroup mounts. Nothing here is safe on a path that a container
// controls; those go through sys/path. Every error is one sentence with the path and the errno.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace husk::host {

// The contents of a file of at most `limit` bytes (EFBIG when there are more). Works for procfs and cgroupfs, whose
// files claim to be empty. A pipe is read to its end; for one that nobody writes to it is ETIMEDOUT after 30 s.
[[nodiscard]] Result<std::string> read_file(const std::string& path, size_t limit);

// The number that a file begins with, as those of /proc/sys do; nothing if it has none or cannot be read.
[[nodiscard]] std::optional<int64_t> read_number(const std::string& path);

// realpath(3). `what` begins the error: "bundle /nothing: no such file or directory".
[[nodiscard]] Result<std::string> real_path(const std::string& path, const char* what);

// Writes `data` with one write(2) to a file that exists, as kernel interfaces ask for; nothing is created or truncated.
// An incomplete write is EIO.
[[nodiscard]] Status write_file(const std::string& path, std::string_view data);

// Replaces (or makes) `path`: written to a temporary name in the same directory and renamed, so that a reader sees the
// old contents or the new ones and never a part. `mode` is the file's mode whatever the umask; no newline is added.
[[nodiscard]] Status write_atomic(const std::string& path, std::string_view data, mode_t mode);
// The same below an open directory.
[[nodiscard]] Status write_atomic_at(int directory, const std::string& path, std::string_view data, mode_t mode);

// Makes a file that must not exist yet. For the first version of a file in a directory that nobody knows yet: no
// rename.
[[nodiscard]] Status write_new(const std::string& path, std::string_view data, mode_t mode);

// mkdir -p. Directories that exist are left as they are; `mode` is subject to the umask. ENOTDIR when a part is a file.
[[nodiscard]] Status make_directories(const std::string& path, mode_t mode);

// rm -rf: descends by descriptor, follows no symlink, crosses no mount point (EXDEV). A path that is not there is fine.
[[nodiscard]] Status remove_tree(const std::string& path);

}  // namespace husk::host
