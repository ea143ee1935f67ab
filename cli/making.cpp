#include "cli/making.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>

namespace husk::cli {

// A closed stdin would be the number of the next file we open, and the container's stdin then.
void open_missing_stdio() {
  struct pollfd stdio[3] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};
  if (poll(stdio, 3, 0) <= 0) return;
  for (const struct pollfd& end : stdio)
    if ((end.revents & POLLNVAL) != 0) (void)open("/dev/null", O_RDWR);
}

namespace {

// sd_listen_fds(3): the descriptors are ours only if LISTEN_PID says so.
int activation_sockets() {
  const char* pid = getenv("LISTEN_PID");
  const char* fds = getenv("LISTEN_FDS");
  if (pid == nullptr || fds == nullptr || atoi(pid) != getpid()) return 0;
  const int count = atoi(fds);
  return count > 0 && count < 1024 ? count : 0;
}

}  // namespace

std::string notify_socket() {
  const char* name = getenv("NOTIFY_SOCKET");
  return name != nullptr ? std::string(name) : std::string();
}

Status check_passed_on(int count) {
  for (int fd = 3; fd < 3 + count; ++fd)
    if (fcntl(fd, F_GETFD) < 0)
      return Error{cat("descriptor ", fd, " is to be passed to the container and is not open"), 0,
                   "--preserve-fds and LISTEN_FDS count from descriptor 3"};
  return {};
}

Status complete(CreateOptions& options, const Parsed& parsed) {
  if (options.preserve_fds < 0) return fail(0, "--preserve-fds must not be negative");
  options.listen_fds = activation_sockets();
  HUSK_TRY(check_passed_on(options.listen_fds + options.preserve_fds));
  options.id = parsed.rest[0];
  if (options.bundle.empty()) options.bundle.push_back('.');
  open_missing_stdio();
  return {};
}

}  // namespace husk::cli
