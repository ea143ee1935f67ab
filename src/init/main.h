// husk-init: child and init of a container's start. docs/design.md tells the whole story; start/protocol.h has the
// conversation, plan/steps.h the list of what init can do.
#pragma once

namespace husk::init {

// argv[1]: number of the socket to the parent.
int init_main(int argc, const char* const* argv);

}  // namespace husk::init
