// Descriptors that go to somebody's unix socket.
#pragma once

#include <string>

#include "base/result.h"

namespace husk::life {

// --console-socket: exactly one message with the terminal's master.
Status send_console(const std::string& socket_path, int master);
// --pidfd-socket: the same with the pidfd of init.
Status send_pidfd(const std::string& socket_path, int pidfd);

}  // namespace husk::life
