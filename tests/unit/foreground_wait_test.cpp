#include <gtest/gtest.h>
#include <sys/prctl.h>

#include "foreground_test_kit.h"

namespace husk::test {
namespace {

class ForegroundWait : public ::testing::TestWithParam<bool> {};  // with a pidfd, and as on a kernel without

INSTANTIATE_TEST_SUITE_P(Kernels, ForegroundWait, ::testing::Values(true, false));

TEST_P(ForegroundWait, ReturnsTheStatus) {
  Launched child = launch([] { return 7; }, GetParam());
  EXPECT_EQ(attend(child, {}), 7);
}

TEST_P(ForegroundWait, ReturnsTheStatusOfAProcessThatEndedBefore) {
  Launched child = launch([] { return 8; }, GetParam());
  pause_ms(50);
  EXPECT_EQ(attend(child, {}), 8);
}

TEST_P(ForegroundWait, Returns128PlusTheSignal) {
  Launched child = launch([] { return raise(SIGKILL); }, GetParam());
  EXPECT_EQ(attend(child, {}), 128 + SIGKILL);
}

TEST_P(ForegroundWait, StatusSurvivesAnIgnoredSigchld) {
  struct sigaction after = {};
  signal(SIGCHLD, SIG_IGN);
  auto foreground = Foreground::enter({});
  ASSERT_TRUE(foreground.ok());
  Launched child = launch([] { return 9; }, GetParam());
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 9);
  { const Foreground end = *std::move(foreground); }
  sigaction(SIGCHLD, nullptr, &after);
  EXPECT_EQ(after.sa_handler, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
}

TEST_P(ForegroundWait, ReapsOrphansAndKeepsTheStatus) {
  auto foreground = Foreground::enter({});
  ASSERT_TRUE(foreground.ok());
  Launched child = launch(
      [] {
        for (int i = 0; i < 5; ++i) spawn([] { return spawn([] { return pause_ms(20), 1; }) < 0; });
        while (wait(nullptr) > 0) continue;
        pause_ms(100);
        return 33;
      },
      GetParam());
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 33);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // no zombie, no child
  EXPECT_EQ(errno, ECHILD);
}

TEST_P(ForegroundWait, LeavesOtherChildrenAloneWithoutSubreaper) {
  const pid_t other = spawn([] { return 3; });
  Launched child = launch([] { return pause_ms(50), 4; }, GetParam());
  EXPECT_EQ(attend(child, {.subreaper = false}), 4);
  int status = 0;
  EXPECT_EQ(waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST_P(ForegroundWait, ForwardsSignals) {
  for (const int wanted : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGTSTP, SIGCONT, SIGRTMIN + 3}) {
    auto foreground = Foreground::enter({});
    ASSERT_TRUE(foreground.ok());
    Pipe ready;
    Launched child = launch(
        [&] {
          sigset_t set;
          sigfillset(&set);
          sigprocmask(SIG_SETMASK, &set, nullptr);
          ready.close_write();
          int got = 0;
          do sigwait(&set, &got);
          while (got == SIGCHLD);
          return got == wanted ? 55 : got;
        },
        GetParam());
    ::kill(getpid(), SIGURG);  // these are not for the container
    ::kill(getpid(), SIGWINCH);
    ::kill(getpid(), SIGPIPE);
    ready.close_write();
    EXPECT_EQ(read_all(ready.read_end, 5000), "");
    ::kill(getpid(), wanted);  // before wait(): nothing is lost in between
    auto code = foreground->wait(child);
    ASSERT_TRUE(code.ok());
    EXPECT_EQ(*code, 55) << wanted;
    close(child.pidfd);
  }
}

TEST(Foreground, GivesEverythingBack) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  int subreaper = -1;
  {
    auto foreground = Foreground::enter({});
    ASSERT_TRUE(foreground.ok());
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    EXPECT_EQ(subreaper, 1);
    ::kill(getpid(), SIGPIPE);  // as after a write to a closed pipe: must not end us later
  }
  prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
  EXPECT_EQ(subreaper, 0);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < 32; ++signal) EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
}

TEST(Foreground, LeavesAnIgnoredHangupAlone) {
  signal(SIGHUP, SIG_IGN);
  {
    auto foreground = Foreground::enter({});
    ASSERT_TRUE(foreground.ok());
    Launched child = launch([] { return signal(SIGHUP, SIG_DFL), pause_ms(80), 6; });
    ::kill(getpid(), SIGHUP);
    auto code = foreground->wait(child);
    ASSERT_TRUE(code.ok());
    EXPECT_EQ(*code, 6);
    close(child.pidfd);
  }
  signal(SIGHUP, SIG_DFL);
}

TEST(Foreground, MovesOntoALiveOne) {
  int subreaper = -1;
  {
    auto one = Foreground::enter({.subreaper = false});
    auto two = Foreground::enter({});
    ASSERT_TRUE(one.ok() && two.ok());
    *one = *std::move(two);
    Launched child = launch([] { return 5; });
    auto code = one->wait(child);
    ASSERT_TRUE(code.ok());
    EXPECT_EQ(*code, 5);
    close(child.pidfd);
  }
  prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
  EXPECT_EQ(subreaper, 0);
  // The two were made nested and ended in another order, so the mask is the first one's: put it back.
  reset_signals();
}

TEST(Foreground, FailsForAProcessThatIsNotOurChild) {
  Launched child;
  child.pid = 1;
  child.pidfd = -1;
  const pid_t gone = spawn([] { return 0; });
  child.pidfd = static_cast<int>(syscall(SYS_pidfd_open, gone, 0));
  child.pid = gone;
  waitpid(gone, nullptr, 0);
  EXPECT_EQ(attend(child, {}), 1001);
}

}  // namespace
}  // namespace husk::test
