#include "start/launch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "base/weakness.h"
#include "start/idmaps.h"
#include "start/obstacles.h"
#include "start/protocol.h"
#include "start/sources.h"
#include "start/spawn.h"
#include "start/words.h"
#include "sys/calls.h"

namespace husk::starting {
namespace {

const char* name_of(Who who) {
  switch (who) {
    case Who::child:
      return "child";
    case Who::init:
      return "init";
    case Who::parent:
      break;
  }
  return "parent";
}

int wait_for(pid_t pid) {
  int status = 0;
  while (sys::call(SYS_wait4, pid, &status, __WALL, nullptr) == -EINTR) {
  }
  return status;
}

class Launch {
 public:
  Launch(const plan::Plan& plan, cgroup::Cgroup& cgroup, const Callbacks& callbacks)
      : plan_(plan), cgroup_(cgroup), callbacks_(callbacks), recorder_(callbacks.recorder) {}

  Result<Process> run() {
    Status status = start();
    if (status.ok()) status = serve();
    reap_child();
    if (status.ok()) return std::move(init_);
    if (init_.pid > 0) destroy(init_);
    return std::move(status).error();
  }

 private:
  [[nodiscard]] bool long_way() const { return plan_.header.bootstrap.long_way; }

  Status start() {
    SpawnOptions options;
    options.namespaces = plan_.namespaces.clone_flags;
    options.cgroup = plan_.clone3 && !callbacks_.join_late ? cgroup_.directory_fd() : -1;
    options.preserve_fds = plan_.preserve_fds;
    options.clone3 = plan_.clone3;
    HUSK_LET(SocketPair sockets, make_sockets(options.preserve_fds));
    parent_ = ParentEnd(std::move(sockets.ours));
    const std::string text = plan::encode(plan_);
    // Where it is born in its cgroup, the plan lies ready for it before it exists: then neither side waits for the
    // other (and the kernel does not put it on our processor, as it does when we wake it by a message).
    const bool early = options.cgroup >= 0 && text.size() <= kPiece;
    if (early)
      if (const int err = give_plan(text); err < 0) return fail(-err, "send the plan");
    options.affinity = plan_.initial_affinity;
    const int64_t begin = recorder_.now();
    Result<Spawned> spawned = spawn(options, sockets.theirs);
    if (!spawned.ok()) return not_born(spawned.error(), options.namespaces);
    Spawned first = *std::move(spawned);
    recorder_.add(begin, kNoStep, long_way() ? "clone the child" : "clone init");
    sockets.theirs.reset();
    if (long_way()) {
      child_ = first.pid;
      child_pidfd_ = std::move(first.pidfd);
    } else {
      init_.pid = first.pid;
      init_.pidfd = std::move(first.pidfd);
    }
    // It waits for the plan, so it is in its cgroup before it does anything.
    if (options.cgroup < 0 && !callbacks_.join_late) {
      const int64_t joining = recorder_.now();
      HUSK_TRY(cgroup_.join(first.pid));
      recorder_.add(joining, kNoStep, "move it into the cgroup");
    }
    if (!early)
      if (const int err = give_plan(text); err < 0) return ended("send the plan", err);
    return init_.pid > 0 ? born() : Status();
  }

  static Error not_born(const Error& error, uint64_t namespaces) {
    if (namespaces == 0) return error;
    if (error.errnum == ENOSPC) return no_namespaces(error.what, ENOSPC, look_around());
    Error out = error;
    if (out.errnum == EPERM)
      out.hint = "new namespaces take CAP_SYS_ADMIN, or {\"type\": \"user\"} in /linux/namespaces with mappings";
    return out;
  }

  [[nodiscard]] int give_plan(std::string_view text) {
    const int64_t begin = recorder_.now();
    int err = parent_.give_plan(text);
    if (err == 0 && plan_.header.traced) err = parent_.give_timeline(callbacks_.timeline);
    if (err == 0 && plan_.header.bootstrap.join_flags != 0) err = parent_.give_pidfd(callbacks_.pidfd);
    recorder_.add(begin, kNoStep, "send plan");
    return err;
  }

  // Until the socket is closed: execve has done that, or death.
  Status serve() {
    for (;;) {
      Frame frame;
      sys::Fd fd;
      pid_t sender = -1;
      int64_t begin = recorder_.now();
      const int err = parent_.receive(frame, fd, sender);
      recorder_.add(begin, kNoStep, words_for(err < 0 ? Kind::none : frame.kind).waited);
      if (err == -EPIPE) return at_end();
      if (err < 0) return fail(-err, "receive from init");
      HUSK_TRY(check_sender(frame, sender));
      begin = recorder_.now();
      const Kind kind = frame.kind;
      const Status done = act(frame, std::move(fd));
      if (kind != Kind::error) recorder_.add(begin, kNoStep, words_for(kind).work, !done.ok());
      HUSK_TRY(done);
    }
  }

  // Child and init say their own lines, and nobody else says any: a forged pid of init would be signalled, a forged
  // terminal handed on. Init is often quicker than the child that is to tell its number: then we know it from here.
  Status check_sender(const Frame& frame, pid_t sender) {
    if (weakened(Weakness::speaker_checked)) {
      if (frame.kind == Kind::init_pid) HUSK_TRY(take_init(static_cast<pid_t>(frame.value)));
      return {};
    }
    const bool by_child = child_ > 0 && sender == child_;
    if (frame.kind == Kind::maps_please || frame.kind == Kind::init_pid) {
      if (by_child) return {};
    } else {
      if (init_.pid <= 0 && !by_child && is_our_child(sender)) HUSK_TRY(take_init(sender));
      if (init_.pid > 0 && sender == init_.pid) return {};
      if (by_child && frame.kind == Kind::error) return {};
    }
    return Error{cat("process ", sender, " says something that is not its to say"), EPROTO, {}, 1};
  }

  static bool is_our_child(pid_t pid) {
    siginfo_t info = {};
    constexpr int kLookOnly = WEXITED | WNOHANG | WNOWAIT | __WALL;
    return pid > 0 && sys::call(SYS_waitid, P_PID, pid, &info, kLookOnly, nullptr) == 0;
  }

  Status act(const Frame& frame, sys::Fd fd) {
    if (frame.kind != Kind::source_please && frame.kind != Kind::network_please && frame.who == Who::init)
      mounts_are_made_ = true;
    switch (frame.kind) {
      case Kind::network_please:
        return give_network(std::move(fd));
      case Kind::source_please:
        return give_source(frame.value, fd);
      case Kind::maps_please:
        HUSK_TRY(write_id_maps(child_, plan_.namespaces));
        has_maps_ = true;
        return sent(parent_.maps_done());
      case Kind::init_pid:
        if (init_.pid == frame.value) return {};
        if (init_.pid > 0 || !is_our_child(static_cast<pid_t>(frame.value)))
          return Error{"the child names an init that is none of ours", EPROTO, {}, 1};
        return take_init(static_cast<pid_t>(frame.value));
      case Kind::hooks_please: {
        if (!callbacks_.hooks) return Error{"init asks for hooks that nobody has", 0, {}, 1};
        HUSK_LET(const std::string state, callbacks_.hooks());
        return sent(parent_.give_state(state));
      }
      case Kind::console:
        init_.console = std::move(fd);
        return {};
      case Kind::ready:
        return on_ready();
      case Kind::listener:
        return give_listener(fd);
      case Kind::error:
        return reported(frame);
      default:
        return Error{"init says something that is not its to say", EPROTO, {}, 1};
    }
  }

  Status give_network(sys::Fd network_namespace) {
    if (plan_.network.empty() || has_network_ || mounts_are_made_ || !network_namespace || !callbacks_.network)
      return Error{"init asks for network devices that are not its to have", EPROTO, {}, 1};
    has_network_ = true;
    HUSK_TRY(callbacks_.network(std::move(network_namespace)));
    return sent(parent_.network_done());
  }

  // Which path it is stands in our plan; init has no say in it.
  Status give_source(int64_t step, const sys::Fd& mount_namespace) {
    const rootfs::Mount* mount = nullptr;
    if (!mounts_are_made_ && step >= next_source_ && step < static_cast<int64_t>(plan_.steps.size()))
      mount = std::get_if<rootfs::Mount>(&plan_.steps[static_cast<size_t>(step)]);
    if (mount == nullptr || !mount->bind || !mount_namespace)
      return Error{"init asks for a mount that is not its to have", EPROTO, {}, 1};
    next_source_ = step + 1;
    if (mount->idmapped == 0) return sent(parent_.give_source(copy_source(*mount, mount_namespace.get()).get()));
    Result<sys::Fd> source = copy_mapped_source(*mount, plan_.idmapped[mount->idmapped - 1], mount_namespace.get());
    if (!source.ok()) return std::move(source).error().within(plan::describe(*mount));
    return sent(parent_.give_source(source->get()));
  }

  Status take_init(pid_t pid) {
    init_.pid = pid;
    const long fd = sys::call(SYS_pidfd_open, pid, 0);  // our child: it cannot have been reaped
    if (fd >= 0) init_.pidfd.reset(static_cast<int>(fd));
    if (callbacks_.join_late) HUSK_TRY(cgroup_.join(pid));
    return born();
  }

  Status born() {
    const int64_t begin = recorder_.now();
    HUSK_TRY(callbacks_.born ? callbacks_.born(init_) : Status());
    recorder_.add(begin, kNoStep, "write down the state");
    return {};
  }

  Status on_ready() {
    for (const spec::Rlimit& r : plan_.rlimits) {
      const struct rlimit64 limit = {r.soft, r.hard};
      const long ret = sys::call(SYS_prlimit64, init_.pid, r.resource, &limit, nullptr);
      if (ret < 0)
        return Error{
            cat("error setting rlimits for ready process: ", r.type, " to ", r.soft, ":", r.hard),
            static_cast<int>(-ret),
            "a hard limit above the caller's own needs CAP_SYS_RESOURCE, one of open files is at most fs.nr_open", 1};
    }
    if (callbacks_.ready) HUSK_TRY(callbacks_.ready(init_));
    is_ready_ = true;
    return sent(parent_.run(callbacks_.fifo));
  }

  // Once, and only where our plan has a filter that asks somebody: a process of the container that got hold of the
  // socket does not talk to the agent in init's name.
  Status give_listener(const sys::Fd& listener) {
    if (!is_ready_ || has_given_listener_ || !listener || !plan::asks_agent(plan_) || !callbacks_.listener)
      return Error{"init sends a seccomp listener that nobody waits for", EPROTO, {}, 1};
    has_given_listener_ = true;
    HUSK_TRY(callbacks_.listener(init_, listener.get()));
    return sent(parent_.listener_given());
  }

  // The error that child or init has told, and where in the plan it was.
  [[nodiscard]] Error reported(const Frame& frame) {
    Error out = sentence_of(frame);
    if (out.plain) {
      out.more = why_no_program(frame);
      return out;
    }
    if (frame.step < plan_.steps.size()) {
      out.more = cat(name_of(frame.who), " failed in step ", frame.step + 1, " of ", plan_.steps.size(), ", ",
                     plan::words(plan_.steps[frame.step]));
      return out;
    }
    out.more = cat(name_of(frame.who), " failed ",
                   frame.who == Who::child ? "at the namespaces, which come before" : "before", " the first step");
    if (recorder_.on())
      recorder_.of(static_cast<uint32_t>(frame.who))
          .add(recorder_.now(), kNoStep, cat(frame.what, " ", frame.path), true);
    return out;
  }

  // "mount proc on /proc: fsopen: operation not permitted", or the sentence of init itself.
  [[nodiscard]] Error sentence_of(const Frame& frame) const {
    if (frame.whole != 0) {
      Error sentence{frame.what, frame.err, {}, 1, true};
      sentence.plain =
          frame.step < plan_.steps.size() && std::holds_alternative<process::Exec>(plan_.steps[frame.step]);
      return sentence;
    }
    const bool by_child = frame.step == kNoStep && frame.who == Who::child && plan_.namespaces.bootstrap.new_user;
    if (by_child && !has_maps_ && strcmp(frame.what, "unshare user namespace") == 0)
      return no_user_namespace(frame.err, look_around());
    if (by_child && has_maps_) return no_rights_in_it(cat("child process: ", frame.what), frame.err, look_around());
    std::string text;
    if (frame.step < plan_.steps.size())
      text = plan::describe(plan_.steps[frame.step]);
    else
      text = cat(name_of(frame.who), " process");
    text += cat(": ", frame.what);
    if (frame.path[0] != '\0') text += cat(" ", frame.path);
    return Error{text, frame.err, {}, 1};
  }

  Status sent(int err) { return err < 0 ? ended("answer init", err) : Status(); }

  // The socket was closed. After "ready" this is the program running (or having been killed on the last few steps:
  // its status tells). Before, something ended it.
  Status at_end() {
    if (is_ready_) return {};
    return ended("wait for init", -EPIPE);
  }

  // Says what killed the process that was to become init, if that is known.
  Status ended(const char* doing, int err) {
    const pid_t pid = init_.pid > 0 ? init_.pid : child_;
    if (err != -EPIPE && err != -ECONNRESET) return fail(-err, doing);
    // An error it had reported lies in the socket still.
    Frame frame;
    sys::Fd fd;
    // (The first answer may be that a message of ours was not read; what it had to say comes after.)
    pid_t sender = -1;
    for (int closed = 0; closed < 2;) {
      const int got = parent_.receive(frame, fd, sender);
      if (got == 0 && frame.kind == Kind::error) return reported(frame);
      if (got < 0) ++closed;
    }
    const int status = wait_for(pid);
    (pid == child_ ? child_ : init_.pid) = -1;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      return Error{"init was killed while it was being set up", 0, "is a memory limit of the container too low?", 1};
    if (WIFSIGNALED(status)) return Error{cat("init was ended by signal ", WTERMSIG(status)), 0, {}, 1};
    return Error{cat("init ended with status ", WEXITSTATUS(status), " before it was ready"), 0, {}, 1};
  }

  // The child has one job and is gone when init is there.
  void reap_child() {
    if (child_ <= 0) return;
    if (init_.pid <= 0 && child_pidfd_)
      (void)sys::call(SYS_pidfd_send_signal, child_pidfd_.get(), SIGKILL, nullptr, 0);
    else if (init_.pid <= 0)
      (void)sys::call(SYS_kill, child_, SIGKILL);
    (void)wait_for(child_);
    child_ = -1;
  }

  const plan::Plan& plan_;
  cgroup::Cgroup& cgroup_;
  const Callbacks& callbacks_;
  ParentEnd parent_{sys::Fd()};
  sys::Recorder recorder_;
  Process init_;
  pid_t child_ = -1;
  sys::Fd child_pidfd_;  // empty without clone3
  bool has_maps_ = false;
  bool mounts_are_made_ = false;
  bool has_network_ = false;
  int64_t next_source_ = 0;
  bool is_ready_ = false;
  bool has_given_listener_ = false;
};

}  // namespace

Result<Process> launch(const plan::Plan& plan, cgroup::Cgroup& cgroup, const Callbacks& callbacks) {
  return Launch(plan, cgroup, callbacks).run();
}

void destroy(const Process& process) {
  if (process.pidfd)
    (void)sys::call(SYS_pidfd_send_signal, process.pidfd.get(), SIGKILL, nullptr, 0);
  else
    (void)sys::call(SYS_kill, process.pid, SIGKILL);
  (void)wait_for(process.pid);
}

}  // namespace husk::starting
