// Descriptors that go to somebody's unix socket.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace husk::life {

// As connect(2) and bind(2) want it.
struct UnixAddress {
  struct sockaddr_un address = {};
  socklen_t size = 0;
};
// `what` is for the error. With `abstract`, a name that begins with @ is one of those that are no files.
[[nodiscard]] Result<UnixAddress> unix_address(const char* what, const std::string& name, bool abstract);

// One message with a text and a descriptor, on a socket that is connected. 0 or an errno; no SIGPIPE.
[[nodiscard]] int send_with_descriptor(int socket, std::string_view text, int fd);

// --console-socket: exactly one message with the terminal's master.
Status send_console(const std::string& socket_path, int master);
// --pidfd-socket: the same with the pidfd of init.
Status send_pidfd(const std::string& socket_path, int pidfd);

// linux.seccomp.listenerPath ("@name": abstract): one message, with the ContainerProcessState `text` and the listener.
Status send_listener(const std::string& socket_path, const std::string& text, int listener);

// That the descriptors from 3 on which are to be passed on are open. `to`: what gets them, for the error.
Status check_passed_on(int count, const char* to);

}  // namespace husk::life
