#pragma once

#include "rooms/console/steps.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/path.h"

namespace husk::console {

struct Terminal {
  sys::Fd master, slave;
};

// Opens the pair and makes the slave our controlling terminal and stdio.
sys::Fault apply(const Open& step, sys::RootDir root, Terminal& terminal);

// The file that /dev/console is bound on: an existing plain file or a new one, never through a link.
sys::Fault open_console_file(sys::RootDir root, sys::Fd& file);

// What the name of the master's other end leads to by now: for weak builds alone.
sys::Fd open_by_name(sys::RootDir root, int master);

}  // namespace husk::console
