// sigchld BUNDLE ROOT ID handler|ignore: a host program that looks after its children itself. A handler of SIGCHLD
// takes the status of every child that it can get, or the kernel throws all of them away; libhusk has to manage beside
// that.
//
// Prints "run, STATUS, removed"; STATUS is what the handler saw of the container's process.
#include <husk/husk.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

volatile sig_atomic_t last_pid, last_status;

void take_all(int /*signal*/) {
  const int saved = errno;
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    last_pid = pid;
    last_status = status;
  }
  errno = saved;
}

int failed(const husk::Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  struct sigaction action = {};
  action.sa_handler = strcmp(argv[4], "ignore") == 0 ? SIG_IGN : take_all;
  sigaction(SIGCHLD, &action, nullptr);

  husk::Environment env;
  env.root = argv[2];
  husk::CreateOptions options;
  options.bundle = argv[1];
  options.id = argv[3];
  options.detach = true;
  const husk::Result<husk::Launched> container = husk::run(env, options);
  if (!container.ok()) return failed(container.error());
  std::printf("run, ");
  struct pollfd end = {container->pidfd, POLLIN, 0};
  while (poll(&end, 1, 10'000) < 0 && errno == EINTR) continue;
  // The pidfd tells the end before the signal comes.
  for (int i = 0; i < 1000 && action.sa_handler != SIG_IGN && last_pid != container->pid; ++i) usleep(1000);
  std::printf("%d, ", last_pid == container->pid ? WEXITSTATUS(last_status) : -1);
  close(container->pidfd);
  const husk::Status removed = husk::remove(env, options.id, false);
  if (!removed.ok()) return failed(removed.error());
  std::printf("removed\n");
  return 0;
}
