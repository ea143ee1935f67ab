// sd_notify(3) between the container's program and the service manager that runs us.
//
// The manager's own socket cannot be given to a container: it takes messages of all kinds (a new main process, a
// watchdog, descriptors to keep) and believes them. So the container gets a socket of ours, in a directory that it sees
// read-only, and of what it sends only "READY=1" goes on, once; then come the process to watch (MAINPID) and a barrier,
// after which the manager has taken notice and we may end.
//
//   ROOT/ID/notify/notify.sock   on the host; bound by `run`, or by `start` in the directory that `create` has made
//   /run/notify/notify.sock      the same in the container, named by its NOTIFY_SOCKET
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "life/sockets.h"
#include "spec/types.h"
#include "sys/fd.h"

namespace husk::life {

// "/path" or "@abstract name".
[[nodiscard]] Result<UnixAddress> notify_address(const std::string& name);

// One of the lines of a datagram is READY=1.
[[nodiscard]] bool says_ready(std::string_view datagram);

// The mount and the variable, added to what config.json asks for. False: the container has no mount namespace of its
// own to mount anything in, so it stays without.
[[nodiscard]] bool add_notify(spec::Spec& spec, const std::string& container_directory);

// Creates ROOT/ID/notify.
[[nodiscard]] Status make_notify_directory(const std::string& container_directory);
// Binds the socket in it. ENOENT when there is no such directory.
[[nodiscard]] Result<sys::Fd> listen_for_ready(const std::string& container_directory);

// A socket that sends to the manager's.
[[nodiscard]] Result<sys::Fd> connect_to_manager(const std::string& name);

// Reads what has come, without waiting: whether READY=1 was there.
[[nodiscard]] bool ready_has_come(int socket);

// Sends READY=1, MAINPID and the barrier. The result becomes readable once the manager has read them.
[[nodiscard]] Result<sys::Fd> tell_manager(int manager, pid_t main_pid);

// All of that in a row: until READY=1 has come and been passed on, or the process has ended (which is no error).
// `pidfd`: -1 on kernels without.
[[nodiscard]] Status relay_ready(int socket, int manager, pid_t pid, int pidfd);

}  // namespace husk::life
