// What husk does not do: a container's path used as a path. For weak builds alone (base/weakness.h), whose tests show
// what would come of it.
#pragma once

#include "base/str.h"
#include "sys/calls.h"

namespace husk::sys::naive {

inline const char* relative(const char* path) {
  while (*path == '/') ++path;
  return *path == '\0' ? "." : path;
}

// Links lead wherever they say.
inline int open(int root, Str path, int flags) {
  return openat(root, relative(path.c_str()), flags);
}

// mkdir -p, and for a file what a shell's ">>" does.
inline int make(int root, Str path, bool file, unsigned mode) {
  Text<4096> part;
  for (const char* p = relative(path.c_str()); *p != '\0'; ++p) {
    if (*p == '/') (void)mkdirat(root, part.c_str(), mode);
    part.add(*p);
  }
  if (file)
    (void)close(openat(root, part.c_str(), O_WRONLY | O_CREAT, 0644));
  else
    (void)mkdirat(root, part.c_str(), mode);
  return openat(root, part.c_str(), O_PATH);
}

// Between a look at a path and its use: an attacker knows how to make this moment longer, by much.
inline void dawdle() {
  const long moment[2] = {0, 3'000'000};  // struct timespec
  (void)call(SYS_nanosleep, moment, nullptr);
}

}  // namespace husk::sys::naive
