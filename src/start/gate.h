// The gate between create and start: ROOT/ID/exec.fifo.
//
// runc's init opens the fifo for writing and sleeps until `start` opens the other end; for that it needs a path, and
// its way to one is /proc of the host. Ours gets the fifo's descriptor handed over, open for reading and writing, so
// that opening cannot be what it waits for. Instead the fifo is full: the kernel is asked for the smallest pipe there
// is, and create fills it. Init's first write sleeps, until `start` reads the filling. From then on the fifo is the way
// back: init writes one byte ("I am past the gate"), then nothing more, and its end closes with execve; or it writes an
// error (a startContainer hook that failed, an execve that did) and ends. So `start` can tell its user what went wrong,
// and comes back when the program runs, not earlier. `cat exec.fifo` starts a container, as it does with runc's.
//
// While the container is still being made, the fifo has the sticky bit: that tells "creating" from "created".
#pragma once

#include <string>

#include "base/result.h"
#include "sys/fd.h"

namespace husk::starting {

enum class Gate { none, building, shut };

// A stat(2), and where there is a fifo an open(2) that tells whether somebody holds it.
[[nodiscard]] Gate gate_state(const std::string& directory);

// Makes the fifo, full, still marked as being built. The descriptor is init's.
[[nodiscard]] Result<sys::Fd> make_gate(const std::string& directory);
// From here on a start can open it.
[[nodiscard]] Status gate_built(const sys::Fd& gate);

// Lets init through and waits until its program runs: an error is init's own. Removes the fifo when init has passed.
[[nodiscard]] Status open_gate(const std::string& directory, pid_t init = 0);

}  // namespace husk::starting
