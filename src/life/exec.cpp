// exec: one more process in a container.
#include "plan/exec.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "host/facts.h"
#include "host/files.h"
#include "husk/husk.h"
#include "life/container.h"
#include "life/filter.h"
#include "life/own_user.h"
#include "life/process_options.h"
#include "life/sockets.h"
#include "life/timeline.h"
#include "spec/parse.h"
#include "spec/validate.h"
#include "start/launch.h"
#include "store/store.h"

namespace husk {
namespace {

using life::say;
using life::trace;

Error stopped() {
  return Error{"cannot exec in a stopped container", ESRCH, {}, 1, true};
}

// No lock is held: whatever happens to the container meanwhile, the process is in its namespaces and its cgroup, or it
// is not there.
class Adding {
 public:
  Adding(const Environment& env, const ExecOptions& options) : env_(env), options_(options) {}

  Result<Launched> run() {
    HUSK_TRY(timeline_.open(options_.trace));
    Result<Launched> out = add();
    if (!out.ok() && out.error().plain) out.error().more.clear();  // one line, as a shell's: clients show it as it is
    if (!out.ok() && !out.error().more.empty())
      out.error().more += "; husk exec --trace FILE writes what was done and when";
    if (!timeline_.on() || !plan_) return out;
    const Error* failed = out.ok() ? nullptr : &out.error();
    if (Status s = timeline_.write(*plan_, cat("exec in ", options_.id), pid_, failed); !s.ok())
      say(env_, Level::warning, s.error().text());
    return out;
  }

 private:
  Result<Launched> add() {
    const life::Span span(timeline_, "exec");
    HUSK_LET(const life::Found found, life::find(env_, options_.id));
    state_ = found.state;
    found_phase_ = found.phase;
    HUSK_TRY(check_phase(found.phase));
    HUSK_TRY(read_config());
    HUSK_TRY(life::check_passed_on(options_.preserve_fds, "process"));
    HUSK_TRY(check_terminal());
    HUSK_TRY(open_init());
    HUSK_TRY(make_plan());
    Result<starting::Process> process = launch();
    if (!process.ok() && wrote_pid_file_) (void)unlink(options_.pid_file.c_str());
    if (!process.ok()) return std::move(process).error();
    trace(env_, "the program runs");
    Launched out;
    out.pid = pid_ = process->pid;
    out.pidfd = process->pidfd.release();
    if (options_.console_socket.empty()) out.console_master = process->console.release();
    return out;
  }

  [[nodiscard]] Status check_phase(Phase phase) const {
    switch (phase) {
      case Phase::created:
      case Phase::running:
        return {};
      case Phase::paused:
        if (options_.ignore_paused) return {};
        return Error{"cannot exec in a paused container (use --ignore-paused to override)", 0, {}, 1};
      case Phase::creating:
        return Error{"cannot exec in a container that is still being created", 0, {}, 1};
      case Phase::stopped:
        break;
    }
    return stopped();
  }

  Status read_config() {
    HUSK_LET(const std::string text, store::load_config(env_.root, options_.id));
    HUSK_LET(spec_, spec::parse(text));
    if (!state_.own_uids.empty()) life::add_user_namespace({state_.own_uids, state_.own_gids}, spec_);
    HUSK_TRY(life::put_process(options_, spec_));
    if (options_.capabilities.empty() && options_.process_json.empty()) return {};
    spec::Spec added;  // the container's own oddities were told when it was made
    added.process = spec_.process;
    std::vector<std::string> said;  // --cap is in several sets
    for (const spec::Problem& p : spec::warnings(added)) {
      if (std::find(said.begin(), said.end(), p.message) != said.end()) continue;
      say(env_, Level::warning, said.emplace_back(p.message));
    }
    return {};
  }

  [[nodiscard]] Status check_terminal() const {
    const bool terminal = spec_.process->terminal;
    if (terminal && options_.detach && options_.console_socket.empty())
      return Error{"cannot allocate tty if husk will detach without setting console socket", 0,
                   "give --console-socket, or no terminal", 1};
    if ((!terminal || !options_.detach) && !options_.console_socket.empty())
      return Error{"cannot use console socket if husk will not detach or allocate tty", 0, {}, 1};
    return {};
  }

  Status open_init() {
    Result<sys::Fd> init = life::open_init(state_);
    if (init.ok())
      init_ = *std::move(init);
    else if (init.error().errnum == ESRCH)
      return stopped();
    else if (init.error().errnum != ENOSYS)
      return std::move(init).error();
    return {};
  }

  Status make_plan() {
    const host::Facts facts = host::probe();
    plan::ExecInput in{spec_, facts, options_.id, state_.rootfs};
    in.init = state_.pid;
    in.by_pidfd = static_cast<bool>(init_);
    in.preserve_fds = options_.preserve_fds;
    in.no_new_keyring = state_.no_new_keyring;
    HUSK_LET(const seccomp::Filter filter, life::filter_of(env_, spec_));
    in.filter = &filter;
    in.apparmor = !spec_.process->apparmor_profile.empty() && host::apparmor_enabled();
    in.selinux = !spec_.process->selinux_label.empty() && host::selinux_enabled();
    Result<plan::Plan> plan = plan::build_exec(in);
    if (!plan.ok()) return std::move(plan).error();
    plan_.emplace(*std::move(plan));
    for (const std::string& w : plan_->warnings) say(env_, Level::warning, w);
    return {};
  }

  Result<starting::Process> launch() {
    HUSK_LET(cgroup::Cgroup cgroup, cgroup::Cgroup::open(state_.cgroup.directories, options_.cgroups));
    starting::Callbacks callbacks;
    callbacks.pidfd = init_.get();
    callbacks.recorder = timeline_.recorder();
    callbacks.timeline = timeline_.fd();
    plan_->header.traced = timeline_.on();
    callbacks.born = [this](const starting::Process& process) { return on_born(process); };
    callbacks.ready = [this](const starting::Process& process) { return on_ready(process); };
    callbacks.listener = [this](const starting::Process& process, int listener) {
      return life::tell_agent(*spec_.lx.seccomp, state_, "running", process.pid, listener);
    };
    Result<starting::Process> out = starting::launch(*plan_, cgroup, callbacks);
    if (out.ok()) return out;
    const std::vector<std::string> directories = cgroup.directories();
    const int error = out.error().errnum;
    if (found_phase_ == Phase::created && geteuid() != 0 && (error == EACCES || error == EPERM))
      out.error().hint =
          "an ordinary user can exec in a container whose seccomp filter is not loaded yet after its start";
    if ((error == EACCES || error == EPERM) && !cgroup::may_join(directories)) return launch_elsewhere(callbacks, out);
    if (error == EAGAIN) {  // its limit of processes is reached, and somebody wants to see why
      callbacks.join_late = true;
      return starting::launch(*plan_, cgroup, callbacks);
    }
    if ((error != EBUSY && error != EOPNOTSUPP) || cgroup.directory_fd() < 0) return out;
    // The container's processes have moved into cgroups below, and the kernel keeps this one free of processes.
    if (options_.cgroups.empty()) {
      HUSK_LET(cgroup, cgroup::Cgroup::open_of_process(directories[0], state_.pid));
      if (cgroup.directories() != directories) return starting::launch(*plan_, cgroup, callbacks);
    }
    return fail(out.error().errnum, "error adding pid of the new process to cgroups: ", directories[0],
                "/cgroup.procs");
  }

  // A user in a session may not move processes into what systemd has given to the same user. systemd may; without it
  // the process stays where its caller is, as with runc.
  Result<starting::Process> launch_elsewhere(const starting::Callbacks& callbacks, Result<starting::Process>& refused) {
    if (!state_.cgroup.unit.empty()) {
      HUSK_LET(cgroup::Cgroup cgroup, cgroup::Cgroup::open_unit(state_.cgroup, options_.cgroups));
      return starting::launch(*plan_, cgroup, callbacks);
    }
    if (!options_.cgroups.empty()) return std::move(refused);
    say(env_, Level::warning, "the process is not in the container's cgroup: the caller may not move processes there");
    cgroup::Cgroup none;
    return starting::launch(*plan_, none, callbacks);
  }

  // A class that an administrator has removed meanwhile is no reason to keep a process out.
  Status join_rdt(pid_t pid) const {
    Status status = intelrdt::join(state_.rdt, pid);
    return status.ok() || status.error().errnum == ENOENT ? Status() : std::move(status);
  }

  // Without a pidfd only this tells that the namespaces were those of the container, and not of another process with
  // the number of its init: if that one is still there now, it was there all the time.
  Status on_born(const starting::Process& process) {
    trace(env_, "process ", process.pid, " is in the container's namespaces");
    if (!state_.rdt.group.empty()) HUSK_TRY(join_rdt(process.pid));
    if (init_ || store::look_at(state_.pid).start_time == state_.start_time) return {};
    return stopped();
  }

  // The last moment at which nothing of the program has run.
  Status on_ready(const starting::Process& process) {
    trace(env_, "process ", process.pid, " is ready");
    if (!options_.pid_file.empty()) {
      if (Status s = host::write_atomic(options_.pid_file, cat(process.pid), 0644); !s.ok())
        return std::move(s).error().within(cat("write pid file ", options_.pid_file));
      wrote_pid_file_ = true;
    }
    if (!options_.pidfd_socket.empty()) HUSK_TRY(life::send_pidfd(options_.pidfd_socket, process.pidfd.get()));
    if (!process.console) return {};
    if (!options_.console_socket.empty()) return life::send_console(options_.console_socket, process.console.get());
    if (options_.on_console) options_.on_console(process.console.get());
    return {};
  }

  const Environment& env_;
  life::Timeline timeline_;
  const ExecOptions& options_;
  store::State state_;
  Phase found_phase_ = Phase::stopped;
  spec::Spec spec_;
  std::optional<plan::Plan> plan_;
  sys::Fd init_;  // empty on kernels without pidfds
  bool wrote_pid_file_ = false;
  pid_t pid_ = 0;  // of the process that was added
};

}  // namespace

Result<Launched> exec(const Environment& env, const ExecOptions& options) {
  return Adding(env, options).run();
}

}  // namespace husk
