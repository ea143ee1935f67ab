#include "husk/foreground.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include "life/foreground_state.h"

namespace husk {

Status Foreground::State::take_signals() {
  // A SIGCHLD that is ignored makes the kernel throw the container's exit status away.
  struct sigaction action = {};
  (void)sigaction(SIGCHLD, nullptr, &action);
  if (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0) {
    found_child = action;
    child_changed = true;
    action.sa_handler = SIG_DFL;
    action.sa_flags = 0;
    (void)sigaction(SIGCHLD, &action, nullptr);
  }

  sigset_t all;
  sigfillset(&all);
  // Blocked signals arrive even when they are ignored; who started us with nohup does not want this one.
  (void)sigaction(SIGHUP, nullptr, &action);
  if (action.sa_handler == SIG_IGN) sigdelset(&all, SIGHUP);

  signals.reset(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return fail(errno, "create a signalfd");
  const int error = pthread_sigmask(SIG_SETMASK, &all, &found_mask);
  if (error == 0) return Ok{};
  signals.reset();
  return fail(error, "block signals");
}

void Foreground::State::take_orphans() {
  subreaper =
      prctl(PR_GET_CHILD_SUBREAPER, &found_subreaper, 0, 0, 0) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

void Foreground::State::reap() const {
  if (!subreaper) return;
  while (waitpid(-1, nullptr, WNOHANG | __WALL) > 0) continue;
}

Foreground::State::~State() {
  if (subreaper) {
    reap();
    (void)prctl(PR_SET_CHILD_SUBREAPER, found_subreaper, 0, 0, 0);
  }
  if (signals) {
    // A write to a closed pipe has left this one behind; the caller knows nothing of our writes.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    const struct timespec now = {};
    if (sigismember(&found_mask, SIGPIPE) == 0) (void)sigtimedwait(&pipe, nullptr, &now);
    (void)pthread_sigmask(SIG_SETMASK, &found_mask, nullptr);
  }
  if (child_changed) (void)sigaction(SIGCHLD, &found_child, nullptr);
}

Result<Foreground> Foreground::enter(const Options& options) {
  Foreground foreground(new State);
  State& state = *foreground.state_;
  state.caller = {options.in, options.out, options.err};
  state.shared_terminal = options.shared_terminal;
  HUSK_TRY(state.take_signals());
  if (options.subreaper) state.take_orphans();
  return foreground;
}

Foreground::Foreground(State* state) : state_(state) {}

Foreground::Foreground(Foreground&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Foreground& Foreground::operator=(Foreground&& other) noexcept {
  if (this != &other) {
    delete state_;
    state_ = std::exchange(other.state_, nullptr);
  }
  return *this;
}

Foreground::~Foreground() {
  delete state_;
}

void Foreground::reap() {
  state_->reap();
}

void Foreground::prepare_console(int master) {
  console::Terminal(state_->caller).prepare(master);
  state_->console_prepared = true;
}

}  // namespace husk
