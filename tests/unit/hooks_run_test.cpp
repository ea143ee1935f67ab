#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "host/files.h"
#include "rooms/hooks/hooks.h"

namespace husk::hooks {
namespace {

constexpr const char* kState = R"({"ociVersion":"1.3.0","id":"x"})";

double seconds() {
  timespec t = {};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

class Hooks : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/husk-test-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override { EXPECT_TRUE(host::remove_tree(dir_).ok()); }

  static spec::Hook shell(const std::string& script) {
    spec::Hook h;
    h.path = "/bin/sh";
    h.args = {"sh", "-c", script};
    h.env = {"PATH=/usr/bin:/bin"};
    return h;
  }

  // Runs one hook; its error text, or "".
  static std::string text(const spec::Hook& hook, const Options& options = {}, const std::string& state = kState) {
    const Status s = run({&hook, 1}, "createRuntime", state, options);
    return s.ok() ? "" : s.error().text();
  }

  std::string contents(const std::string& name) const {
    auto r = host::read_file(dir_ + "/" + name, 1 << 20);
    return r.ok() ? *r : r.error().text();
  }

  std::string dir_;
};

TEST_F(Hooks, StateOnStdinArgumentsAndEnvironment) {
  spec::Hook h = shell(cat("cat >", dir_, "/in; echo \"$0|$1|$A\" >", dir_, "/args; env | sort >", dir_, "/env"));
  h.args.insert(h.args.end(), {"zero", "one two"});
  h.env = {"PATH=/usr/bin:/bin", "A=b c"};
  EXPECT_EQ(text(h), "");
  EXPECT_EQ(contents("in"), kState);
  EXPECT_EQ(contents("args"), "zero|one two|b c\n");
  EXPECT_EQ(contents("env").find("HOME="), std::string::npos);
}

TEST_F(Hooks, NoArgumentsMeansThePath) {
  ASSERT_TRUE(host::write_atomic(dir_ + "/h", cat("#!/bin/sh\necho \"$0 $#\" >", dir_, "/out\n"), 0755).ok());
  spec::Hook h;
  h.path = dir_ + "/h";
  EXPECT_EQ(text(h), "");
  EXPECT_EQ(contents("out"), cat(dir_, "/h 0\n"));
}

TEST_F(Hooks, EnvironmentOfTheCallerOnlyWhenTheHookHasNone) {
  char path[] = "PATH=/usr/bin:/bin";
  char mine[] = "MINE=1";
  char* const environment[] = {path, mine, nullptr};
  Options options;
  options.environment = environment;
  const spec::Hook with = shell(cat("echo \"[$MINE]\" >", dir_, "/with"));
  spec::Hook without = shell(cat("echo \"[$MINE]\" >", dir_, "/without"));
  without.env.clear();
  EXPECT_EQ(text(with, options), "");
  EXPECT_EQ(text(without, options), "");
  EXPECT_EQ(contents("with"), "[]\n");
  EXPECT_EQ(contents("without"), "[1]\n");
}

TEST_F(Hooks, Directory) {
  Options options;
  options.directory = dir_;
  EXPECT_EQ(text(shell("pwd -P >where"), options), "");
  EXPECT_EQ(contents("where"), dir_ + "\n");
}

TEST_F(Hooks, FailureTexts) {
  EXPECT_EQ(text(shell("echo out; echo err >&2; exit 3")),
            "error running createRuntime hook #0: exit status 3, stdout: out\n, stderr: err\n");
  EXPECT_EQ(text(shell("exit 1")), "error running createRuntime hook #0: exit status 1, stdout: , stderr: ");
  EXPECT_EQ(text(shell("kill -9 $$")), "error running createRuntime hook #0: signal: killed, stdout: , stderr: ");
  EXPECT_EQ(text(shell("kill -15 $$")), "error running createRuntime hook #0: signal: terminated, stdout: , stderr: ");
}

TEST_F(Hooks, CannotStart) {
  spec::Hook h;
  h.path = "/nonexistent/hook";
  EXPECT_EQ(text(h), "error running createRuntime hook #0: fork/exec /nonexistent/hook: no such file or directory");
  h.path = "/etc/passwd";
  EXPECT_EQ(text(h), "error running createRuntime hook #0: fork/exec /etc/passwd: permission denied");
  h.path = "hook";
  EXPECT_EQ(text(h), "error running createRuntime hook #0: hook path \"hook\" is not absolute");
}

TEST_F(Hooks, InOrderAndStopsAtTheFirstFailure) {
  const std::vector<spec::Hook> hooks = {shell(cat("echo 1 >>", dir_, "/log")),
                                         shell(cat("echo 2 >>", dir_, "/log; exit 7")),
                                         shell(cat("echo 3 >>", dir_, "/log"))};
  const Status s = run(hooks, "poststop", kState);
  ASSERT_FALSE(s.ok());
  EXPECT_EQ(s.error().text(), "error running poststop hook #1: exit status 7, stdout: , stderr: ");
  EXPECT_EQ(contents("log"), "1\n2\n");
}

TEST_F(Hooks, Timeout) {
  spec::Hook h = shell("exec sleep 30");
  h.timeout = 1;
  const double start = seconds();
  EXPECT_EQ(text(h), "error running createRuntime hook #0: hook ran past specified timeout of 1.0s");
  EXPECT_LT(seconds() - start, 3);
  h = shell("exit 0");
  h.timeout = 30;
  EXPECT_EQ(text(h), "");
}

TEST_F(Hooks, DaemonThatKeepsThePipesIsNotWaitedFor) {
  const double start = seconds();
  EXPECT_EQ(text(shell("sleep 3 & exit 0")), "");
  EXPECT_LT(seconds() - start, 2);
}

TEST_F(Hooks, MuchInputAndOutput) {
  const std::string state(1 << 20, 's');
  EXPECT_EQ(text(shell(cat("wc -c >", dir_, "/n; head -c 1000000 /dev/zero; exit 0")), {}, state), "");
  EXPECT_EQ(std::atoi(contents("n").c_str()), 1 << 20);
  EXPECT_LT(text(shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 1")).size(), size_t{70000});
}

TEST_F(Hooks, InputThatNobodyReads) {
  const std::string state(1 << 20, 's');
  EXPECT_EQ(text(shell("exec <&-; sleep 0.1; exit 0"), {}, state), "");  // and no SIGPIPE for us
}

TEST_F(Hooks, DescriptorsAndSignals) {
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int leaked = dup2(null, 77);  // deliberately without O_CLOEXEC
  ASSERT_EQ(leaked, 77);
  close(null);
  sigset_t some;
  sigset_t old;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &some, &old);
  const auto handler = signal(SIGUSR2, SIG_IGN);
  // By exec, because a shell blocks signals of its own around a vfork.
  EXPECT_EQ(text(shell(cat("ls /proc/$$/fd | tr '\\n' ' ' >", dir_,
                           "/fds; exec grep -E 'Sig(Blk|Ign)' /proc/self/status >", dir_, "/sig"))),
            "");
  signal(SIGUSR2, handler);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  close(leaked);
  EXPECT_EQ(contents("fds").substr(0, 6), "0 1 2 ");
  EXPECT_EQ(contents("fds").find("77 "), std::string::npos) << contents("fds");
  EXPECT_EQ(contents("sig"), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(Hooks, OtherChildrenOfTheCallerAreLeftAlone) {
  const pid_t other = fork();
  if (other == 0) _exit(9);
  ASSERT_GT(other, 0);
  EXPECT_EQ(text(shell("exit 0")), "");
  int status = 0;
  EXPECT_EQ(waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 9);
}

// Threads that hold the allocator's lock most of the time: a child that allocates would hang.
TEST_F(Hooks, ThreadedCaller) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&stop] {
      while (!stop) std::string(5000, 'x').append(5000, 'y');
    });
  std::vector<std::thread> runners;
  std::atomic<int> good{0};
  for (int i = 0; i < 2; ++i)
    runners.emplace_back([&good] {
      for (int n = 0; n < 20; ++n) good += text(shell("exit 0")).empty() ? 1 : 0;
    });
  for (std::thread& t : runners) t.join();
  stop = true;
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(good, 40);
}

}  // namespace
}  // namespace husk::hooks
