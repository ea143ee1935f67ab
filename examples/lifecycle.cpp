// lifecycle BUNDLE ID [ROOT]: the life of one container by libhusk, from create to remove.
//
// The bundle's process must stay for a while (sleep 1000): the program runs a second process beside it, then ends both.
//
//   make && sudo ./lifecycle /path/to/bundle example
#include <husk/husk.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

// A descriptor that is ours to close.
struct Owned {
  explicit Owned(int number) : fd(number) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (fd >= 0) close(fd);
  }
  int fd;
};

// The exit code of a process that create(), run() or exec() has given us: it is our child. Waiting for the pid alone
// would do; polling the pidfd first shows how it fits into an event loop.
int wait_for(const husk::Launched& process) {
  struct pollfd end = {process.pidfd, POLLIN, 0};
  if (process.pidfd >= 0) poll(&end, 1, -1);
  int status = 0;
  if (waitpid(process.pid, &status, __WALL) < 0) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Each step returns the library's error, if there is one: HUSK_TRY and HUSK_LET (husk/result.h) save writing that out.
husk::Status live(const husk::Environment& env, const husk::CreateOptions& options) {
  // Everything is set up: namespaces, mounts, limits. The process waits; nothing of the program has run.
  HUSK_LET(const husk::Launched init, husk::create(env, options));
  const Owned init_end(init.pidfd);

  HUSK_LET(const husk::Container created, husk::state(env, options.id));
  std::printf("created: pid %d, %s\n", static_cast<int>(created.pid), husk::phase_name(created.phase));

  // Comes back once the program has been executed; "no such file or directory" would be an error here.
  HUSK_TRY(husk::start(env, options.id));
  HUSK_LET(const husk::Container running, husk::state(env, options.id));
  std::printf("started: %s\n", husk::phase_name(running.phase));

  // A further process in the same container, with a user and an environment of its own.
  husk::ExecOptions exec;
  exec.id = options.id;
  exec.args = {"/bin/sh", "-c", "echo hello from exec; exit 3"};
  exec.env = {"GREETING=hello"};
  exec.uid = 65534;
  exec.gid = 65534;
  HUSK_LET(const husk::Launched second, husk::exec(env, exec));
  const Owned second_end(second.pidfd);
  std::printf("exec: exit code %d\n", wait_for(second));

  // Ends the container's first process, and the others with it.
  husk::KillOptions kill;
  kill.signal = SIGKILL;
  HUSK_TRY(husk::kill(env, options.id, kill));
  std::printf("killed: exit code %d\n", wait_for(init));

  // It is still known until it is removed.
  for (const husk::Container& one : husk::list(env))
    std::printf("listed: %s %s\n", one.id.c_str(), husk::phase_name(one.phase));
  HUSK_TRY(husk::remove(env, options.id, false));
  std::printf("removed: %zu left\n", husk::list_ids(env).size());
  return husk::Ok{};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s BUNDLE ID [ROOT]\n", argv[0]);
    return 2;
  }
  setvbuf(stdout, nullptr, _IOLBF, 0);  // what the container prints comes in its place

  husk::Environment env;
  env.root = argc > 3 ? argv[3] : "/run/husk-example";
  env.log = [](husk::Level level, const std::string& message) {
    if (level >= husk::Level::warning) std::fprintf(stderr, "husk: %s\n", message.c_str());
  };

  husk::CreateOptions options;
  options.bundle = argv[1];
  options.id = argv[2];

  const husk::Status lived = live(env, options);
  if (lived.ok()) return 0;
  std::fprintf(stderr, "%s\n", lived.error().text().c_str());
  // Whatever there is of the container: with `force`, one that does not exist is no error.
  (void)husk::remove(env, options.id, true).ok();
  return 1;
}
