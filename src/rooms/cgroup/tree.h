// Reading, writing and walking cgroup directories by descriptor. Private to the room.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace husk::cgroup {

// All return 0 or -errno. `dir` may be O_PATH.
int read_at(int dir, const char* name, std::string* out);
int write_at(int dir, const char* name, std::string_view value);
// A directory below `dir` (or an absolute path), to be read; -errno on failure. Symlinks are not followed.
int open_directory_at(int dir, const char* name);
// Names of all directories inside `dir`.
int children(int dir, std::vector<std::string>* names);
// Name of some directory inside `dir`, empty if there is none.
int first_child(int dir, std::string* name);

// Calls visit with a descriptor of `top` and of every cgroup below it, parents first. A cgroup that is removed
// meanwhile is left out; a `top` that is not there is no error.
//
// A container that was given its cgroup can nest deeper than a path or the table of descriptors is long, so the walk
// holds one descriptor and finds its way back by "..".
Status walk(const std::string& top, const std::function<void(int)>& visit);

}  // namespace husk::cgroup
