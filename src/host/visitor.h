// Somebody who goes into another namespace for us and comes back with a descriptor: so no thread of a caller with
// threads changes its own, and nothing can be left in the wrong one.
#pragma once

namespace husk::host {

// Runs `run(data)` in a process that is gone when this returns. It shares our memory and our descriptors, on a stack of
// its own: system calls and nothing else (and nothing that a sanitizer adds). Not for who enters a user namespace:
// those who are in it could look into the process, and so into us. Its pid, or -errno: it did not run.
[[nodiscard]] long send_visitor(int (*run)(void*), void* data);

}  // namespace husk::host
