// The loop of a foreground container: one poll(2) over signals, the container's end and, with a terminal, its bytes.
//
// The end is told by the pidfd, or by SIGCHLD on kernels without. Children are reaped with one waitpid(-1) loop that
// looks at each pid, so the container's status is never swallowed with an orphan's. Without the subreaper only the
// container is waited for: the caller may have children of its own.
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "life/foreground_state.h"
#include "life/notify.h"

namespace husk {

namespace {

class Attendance {
 public:
  Attendance(int signals, bool reap_all, bool shared_terminal, const console::Caller& caller, Launched& container)
      : signals_(signals), reap_all_(reap_all), shared_terminal_(shared_terminal), container_(container) {
    if (container.console_master < 0) return;
    terminal_.emplace(caller);
    relay_.emplace(container.console_master, caller);
  }
  Attendance(const Attendance&) = delete;
  Attendance& operator=(const Attendance&) = delete;
  ~Attendance() {
    hang_up();
    end_notify();
  }

  void prepare_console() {
    if (terminal_) terminal_->prepare(container_.console_master);
  }
  Status attend();
  void deliver_rest();
  void kill();
  [[nodiscard]] int exit_code() const { return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_); }

 private:
  static constexpr size_t kRelay = 3;  // where the relay's part of the poll set begins
  static constexpr size_t kPolls = kRelay + console::Relay::kPolls;

  Status wait_once();
  void handle_signals(void (Attendance::*with)(int));
  void handle(int signal);
  void handle_late(int signal);
  void forward(int signal) const;
  void reap();
  void stop_too();
  Status collect();
  void hang_up();
  void relay_ready();
  void end_notify();

  int signals_;
  bool reap_all_;
  bool shared_terminal_;
  Launched& container_;
  std::optional<console::Terminal> terminal_;
  std::optional<console::Relay> relay_;
  bool ended_ = false;
  bool abandoned_ = false;  // a signal to us while only output was left to deliver
  int status_ = 0;
};

Status Attendance::attend() {
  if (container_.pidfd < 0) reap();  // its SIGCHLD may have come before it was blocked
  while (!ended_) HUSK_TRY(wait_once());
  return Ok{};
}

Status Attendance::wait_once() {
  struct pollfd polls[kPolls] = {{signals_, POLLIN, 0},
                                 {container_.pidfd, POLLIN, 0},
                                 {container_.notify_from, POLLIN, 0},
                                 {-1, 0, 0},
                                 {-1, 0, 0},
                                 {-1, 0, 0}};
  const auto bytes = std::span(polls).subspan<kRelay>();
  int timeout = -1;
  if (relay_) {
    const bool ours = terminal_->take();
    relay_->pause_input(!ours);
    relay_->want(bytes);
    timeout = relay_->timeout();
    // Nothing tells a background job that it has been brought to the foreground while it ran.
    if (!ours && timeout < 0) timeout = 250;
  }
  if (poll(polls, kPolls, timeout) < 0) {
    if (errno == EINTR) return Ok{};
    return fail(errno, "wait for the container");
  }
  if (polls[2].revents != 0) relay_ready();
  if (polls[0].revents != 0) handle_signals(&Attendance::handle);
  if (polls[1].revents != 0 && !ended_) HUSK_TRY(collect());
  if (relay_) {
    // A signal may have shown that the terminal is no longer ours to read from.
    relay_->pause_input(!terminal_->take());
    relay_->pump(bytes);
    if (relay_->output_lost()) hang_up();
  }
  return Ok{};
}

// What the process wrote last is still in the kernel, and our reader may be slow. Only output is waited for now.
void Attendance::deliver_rest() {
  if (!relay_) return;
  relay_->finish();
  while (!relay_->finished() && !abandoned_) {
    struct pollfd bytes[console::Relay::kPolls] = {};
    relay_->want(bytes);
    struct pollfd polls[2] = {{signals_, POLLIN, 0}, bytes[2]};
    if (polls[1].fd >= 0 && poll(polls, 2, -1) < 0 && errno != EINTR) return;
    if (polls[0].revents != 0) handle_signals(&Attendance::handle_late);
    bytes[0].revents = bytes[1].revents = 0;
    bytes[2].revents = polls[1].revents;
    relay_->pump(bytes);
  }
}

void Attendance::handle_signals(void (Attendance::*with)(int)) {
  struct signalfd_siginfo infos[4];
  ssize_t size = 0;
  while ((size = read(signals_, infos, sizeof infos)) > 0)
    for (size_t i = 0; i < static_cast<size_t>(size) / sizeof infos[0]; ++i) {
      // From the terminal: it has had the same.
      if (shared_terminal_ && infos[i].ssi_code == SI_KERNEL) continue;
      (this->*with)(static_cast<int>(infos[i].ssi_signo));
    }
}

void Attendance::handle(int signal) {
  switch (signal) {
    case SIGCHLD:
      reap();
      break;
    case SIGWINCH:
      if (relay_) terminal_->copy_size(container_.console_master);
      break;
    case SIGPIPE:  // of our own writes
    case SIGURG:
    case SIGTTIN:  // job control of our own terminal
    case SIGTTOU:
      break;
    case SIGCONT:
      if (relay_) {
        terminal_->lost();
        terminal_->copy_size(container_.console_master);
      }
      forward(signal);
      break;
    default:
      forward(signal);
  }
}

void Attendance::handle_late(int signal) {
  if (signal == SIGCHLD && reap_all_) reap();
  if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT) abandoned_ = true;
}

// An error means that the process has ended, which the loop is about to notice.
void Attendance::forward(int signal) const {
  if (ended_) return;
  if (container_.pidfd >= 0 && syscall(SYS_pidfd_send_signal, container_.pidfd, signal, nullptr, 0) == 0) return;
  (void)::kill(container_.pid, signal);  // not reaped, so the pid is still its own
}

void Attendance::reap() {
  for (;;) {
    int status = 0;
    const int stopped = shared_terminal_ ? WUNTRACED : 0;
    const pid_t pid = waitpid(reap_all_ ? -1 : container_.pid, &status, WNOHANG | __WALL | stopped);
    if (pid <= 0) return;
    if (WIFSTOPPED(status)) {
      if (pid == container_.pid) stop_too();
    } else if (pid == container_.pid) {
      status_ = status;
      ended_ = true;
    }
    if (!reap_all_) return;
  }
}

// For the caller's shell, whose job we are. It goes on when we do.
void Attendance::stop_too() {
  (void)raise(SIGSTOP);
  forward(SIGCONT);
}

Status Attendance::collect() {
  pid_t pid = -1;
  do pid = waitpid(container_.pid, &status_, __WALL);
  while (pid < 0 && errno == EINTR);
  if (pid < 0) return fail(errno, "wait for process ", container_.pid);
  ended_ = true;
  return Ok{};
}

void Attendance::kill() {
  if (ended_) return;
  forward(SIGKILL);
  (void)collect();
}

void Attendance::hang_up() {
  relay_.reset();
  terminal_.reset();
  if (container_.console_master >= 0) (void)close(container_.console_master);
  container_.console_master = -1;
}

// Nobody waits for the manager's answer to the barrier: we are there as long as the container is. A manager that does
// not listen any more does not disturb the container either.
void Attendance::relay_ready() {
  if (!life::ready_has_come(container_.notify_from)) return;
  (void)life::tell_manager(container_.notify_to, container_.pid);
  end_notify();
}

void Attendance::end_notify() {
  for (int* fd : {&container_.notify_from, &container_.notify_to}) {
    if (*fd >= 0) (void)close(*fd);
    *fd = -1;
  }
}

}  // namespace

Result<int> Foreground::wait(Launched& container) {
  Attendance attendance(state_->signals.get(), state_->subreaper, state_->shared_terminal, state_->caller, container);
  if (!state_->console_prepared) attendance.prepare_console();
  if (Status done = attendance.attend(); !done.ok()) {
    attendance.kill();
    return std::move(done).error();
  }
  attendance.deliver_rest();
  return attendance.exit_code();
}

}  // namespace husk
