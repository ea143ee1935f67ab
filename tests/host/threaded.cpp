// threaded BUNDLE ROOT PREFIX [RUNNERS [CONTAINERS]]: a host program as libhusk's users are, with
// threads that know nothing of containers.
//
// Half of the threads keep the allocator, stdio and locks of the C library busy all the time: what a forked copy of
// this process would inherit is a locked lock. The others each run containers (BUNDLE's process must end by itself,
// with status 7), wait for them by pidfd and waitid, and remove them. Around all that, everything that a library must
// not change behind its caller's back is compared.
//
// Prints one line for each finding and a summary; status 0 when there was no finding.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "husk/husk.h"

namespace {

constexpr int kExpectedStatus = 7;
constexpr int kSecondsForOne = 60;

std::atomic<int> findings{0};
std::mutex output;

void finding(const std::string& text) {
  const std::lock_guard lock(output);
  ++findings;
  (void)std::fprintf(stderr, "FOUND: %s\n", text.c_str());
}

// ---------------------------------------------------------------- what must be the same before and after

struct Surroundings {
  std::vector<std::string> descriptors, threads;
  std::string directory;
  mode_t mask = 0;
  sigset_t blocked = {};
  std::vector<std::string> handlers;
};

std::vector<std::string> entries(const char* path, bool targets) {
  std::vector<std::string> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(path), closedir);
  while (const dirent* entry = readdir(dir.get())) {
    std::string one = entry->d_name;
    if (one[0] == '.' || one == std::to_string(dirfd(dir.get()))) continue;
    if (targets) {
      char target[4096];
      const ssize_t n = readlinkat(dirfd(dir.get()), entry->d_name, target, sizeof target);
      one += " -> " + std::string(target, n < 0 ? 0 : static_cast<size_t>(n));
    }
    out.push_back(one);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Surroundings surroundings() {
  Surroundings s;
  s.descriptors = entries("/proc/self/fd", true);
  s.threads = entries("/proc/self/task", false);
  char cwd[4096];
  s.directory = getcwd(cwd, sizeof cwd) == nullptr ? "?" : cwd;
  s.mask = umask(0);
  umask(s.mask);
  pthread_sigmask(SIG_SETMASK, nullptr, &s.blocked);
  for (int n = 1; n <= SIGRTMAX; ++n) {
    struct sigaction action = {};
    if (sigaction(n, nullptr, &action) == 0)
      s.handlers.push_back(husk::cat(n, " ", reinterpret_cast<uintptr_t>(action.sa_handler), " ", action.sa_flags));
  }
  return s;
}

template <class T>
void same(const char* what, const T& before, const T& after) {
  if (before != after) finding(husk::cat(what, " changed"));
}

void compare(const Surroundings& before, const Surroundings& after) {
  same("the working directory", before.directory, after.directory);
  same("the umask", before.mask, after.mask);
  same("a signal's action", before.handlers, after.handlers);
  for (int n = 1; n <= SIGRTMAX; ++n)
    if (sigismember(&before.blocked, n) != sigismember(&after.blocked, n)) finding(husk::cat("signal mask: ", n));
  for (const std::string& fd : after.descriptors)
    if (!std::binary_search(before.descriptors.begin(), before.descriptors.end(), fd))
      finding("descriptor left open: " + fd);
  if (after.descriptors.size() < before.descriptors.size()) finding("a descriptor of ours was closed");
}

// A thread that was joined is in the list until the kernel has buried it, which is after join() has come back: before
// the comparison as well as after it, so the list from before is one that has come to rest.
void start_one_thread_and_see_it_gone() {
  std::atomic<pid_t> tid{0};
  std::thread([&tid] { tid = gettid(); }).join();
  const std::string entry = husk::cat("/proc/self/task/", tid.load());
  for (int tries = 0; access(entry.c_str(), F_OK) == 0; ++tries) {
    if (tries == 1000) return finding("a joined thread stays in " + entry);
    usleep(10000);
  }
}

void same_threads(const Surroundings& before) {
  std::vector<std::string> after;
  for (int tries = 0; tries < 1000; ++tries) {
    after = entries("/proc/self/task", false);
    if (after == before.threads) return;
    usleep(10000);
  }
  for (const std::string& one : after)
    if (!std::binary_search(before.threads.begin(), before.threads.end(), one)) finding("a thread was left: " + one);
  if (after.size() < before.threads.size()) finding("a thread of the program has gone");
}

void no_children(const char* when) {
  siginfo_t info = {};
  while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0) {
    finding(husk::cat(when, ": there is a child", info.si_pid != 0 ? " to wait for: " : "", info.si_pid));
    if (info.si_pid == 0) return;
    info = {};
  }
}

// ---------------------------------------------------------------- threads with nothing to do with containers

class Noise {
 public:
  explicit Noise(int count) : sink_(std::fopen("/dev/null", "we")) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, i] { make(static_cast<unsigned>(i)); });
  }
  // All are done when this returns.
  void stop() {
    stop_ = true;
    for (std::thread& t : threads_) t.join();
    threads_.clear();
    if (sink_ != nullptr) (void)std::fclose(sink_);
    sink_ = nullptr;
  }

 private:
  void make(unsigned seed) {
    std::vector<std::unique_ptr<char[]>> pieces(64);
    while (!stop_) {
      seed = seed * 1103515245 + 12345;
      const size_t size = 1 + (seed >> 8) % (seed % 17 == 0 ? 300000 : 3000);
      pieces[seed % pieces.size()].reset(new char[size]);
      std::memset(pieces[seed % pieces.size()].get(), 1, std::min<size_t>(size, 64));
      (void)std::fprintf(sink_, "%u %zu %s\n", seed, size, "noise");
      const std::lock_guard lock(mutex_);
      time_t now = time(nullptr);
      struct tm fields = {};
      (void)localtime_r(&now, &fields);
    }
  }

  std::FILE* sink_;
  std::mutex mutex_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// ---------------------------------------------------------------- containers

struct Job {
  husk::Environment env;
  std::string bundle, prefix;
  int runners = 4, containers = 5;
};

void wait_for(const husk::Launched& container, const std::string& id) {
  pollfd poll_fd = {container.pidfd, POLLIN, 0};
  if (container.pidfd >= 0 && poll(&poll_fd, 1, kSecondsForOne * 1000) != 1) {
    finding(id + ": does not end");
    (void)kill(container.pid, SIGKILL);
  }
  siginfo_t info = {};
  int got = -1;
  do got = waitid(P_PID, static_cast<id_t>(container.pid), &info, WEXITED);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    finding(husk::cat(id, ": waitid: ", std::strerror(errno)));
  else if (info.si_code != CLD_EXITED || info.si_status != kExpectedStatus)
    finding(husk::cat(id, ": ended with code ", info.si_code, ", status ", info.si_status));
  if (container.pidfd >= 0) close(container.pidfd);
}

void run_one(const Job& job, const std::string& id) {
  husk::CreateOptions options;
  options.id = id;
  options.bundle = job.bundle;
  husk::Result<husk::Launched> container = husk::run(job.env, options);
  if (!container.ok()) return finding(id + ": " + container.error().text());
  // The id is taken: a second one must be refused, and leave the first alone.
  const husk::Result<husk::Launched> again = husk::run(job.env, options);
  if (again.ok() || again.error().text().find("already exists") == std::string::npos)
    finding(id + ": an id could be taken twice");
  wait_for(*container, id);
  if (const husk::Status s = husk::remove(job.env, id, false); !s.ok()) finding(id + ": remove: " + s.error().text());
  if (const husk::Status s = husk::remove(job.env, id, true); !s.ok())
    finding(id + ": remove again: " + s.error().text());
}

// The configuration is another one, whose program does not exist.
void fail_one(const Job& job, const std::string& id) {
  husk::CreateOptions options;
  options.id = id;
  options.bundle = job.bundle;
  options.config = job.bundle + "/missing-program.json";
  const husk::Result<husk::Launched> container = husk::run(job.env, options);
  if (container.ok()) return finding(id + ": a program that does not exist was started");
  if (container.error().text().find("no such file or directory") == std::string::npos)
    finding(id + ": unexpected error: " + container.error().text());
  struct stat st = {};
  if (stat((job.env.root + "/" + id).c_str(), &st) == 0) finding(id + ": its state is still there");
}

void run_all(const Job& job) {
  std::vector<std::thread> runners;
  for (int r = 0; r < job.runners; ++r)
    runners.emplace_back([&job, r] {
      for (int c = 0; c < job.containers; ++c) {
        const std::string id = husk::cat(job.prefix, "-", r, "-", c);
        run_one(job, id);
        if (c % 5 == 0) fail_one(job, id + "-bad");
      }
    });
  for (std::thread& t : runners) t.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    (void)std::fprintf(stderr, "usage: %s BUNDLE ROOT PREFIX [RUNNERS [CONTAINERS]]\n", argv[0]);
    return 2;
  }
  Job job;
  job.bundle = argv[1];
  job.env.root = argv[2];
  job.prefix = argv[3];
  job.env.log = [](husk::Level, const std::string& text) { finding("log: " + text); };
  job.env.force_long_start = std::getenv("HUSK_LONG_START") != nullptr;
  if (argc > 4) job.runners = std::atoi(argv[4]);
  if (argc > 5) job.containers = std::atoi(argv[5]);

  // A mask and a umask that are not the usual ones, to see that they come back.
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  umask(027);
  start_one_thread_and_see_it_gone();  // sanitizers start a thread of theirs with the first one
  const Surroundings before = surroundings();
  Noise noise(4);
  run_all(job);
  noise.stop();
  compare(before, surroundings());
  same_threads(before);
  no_children("at the end");
  (void)std::printf("%d containers, %d findings\n", job.runners * job.containers, findings.load());
  return findings == 0 ? 0 : 1;
}
