// create and run: from a bundle to a process.
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "host/facts.h"
#include "host/files.h"
#include "husk/husk.h"
#include "husk/inspect.h"
#include "life/container.h"
#include "life/filter.h"
#include "life/hints.h"
#include "life/notify.h"
#include "life/own_user.h"
#include "life/sockets.h"
#include "life/timeline.h"
#include "plan/plan.h"
#include "plan/print.h"
#include "rooms/hooks/hooks.h"
#include "rooms/network/network.h"
#include "spec/parse.h"
#include "spec/validate.h"
#include "start/gate.h"
#include "start/launch.h"
#include "store/store.h"

namespace husk {
namespace {

using life::say;
using life::trace;
using store::oci_state;

enum class Until { running, created };

// One container being made. What it has made it takes back, unless it gets to the end.
class Making {
 public:
  Making(const Environment& env, const CreateOptions& options, Until until)
      : env_(env), options_(options), until_(until) {}

  Result<std::string> describe(Notation format) {
    HUSK_TRY(store::check_id(options_.id));
    HUSK_TRY(prepare());
    const plan::Subject subject = {options_.id, state_.bundle, state_.rootfs, &spec_.hooks};
    return format == Notation::json ? plan::json_of(*plan_, subject) : plan::text_of(*plan_, subject);
  }

  Result<Launched> run() {
    HUSK_TRY(store::check_id(options_.id));
    HUSK_TRY(timeline_.open(options_.trace));
    Result<Launched> out = make();
    if (!timeline_.on() || !plan_) return out;
    const Error* failed = out.ok() ? nullptr : &out.error();
    if (Status s = timeline_.write(*plan_, cat("start of ", options_.id), state_.pid, failed); !s.ok())
      say(env_, Level::warning, s.error().text());
    return out;
  }

 private:
  Result<Launched> make() {
    HUSK_TRY(prepare());
    HUSK_LET(lock_, store::reserve(env_.root, options_.id));
    Result<Launched> out = start();
    if (!out.ok()) {
      undo();
      life::point_to_more(out.error(), options_, state_.bundle);
    }
    network_.keep();
    if (out.ok() && notify_) relay_ready(*out);
    return out;
  }

  // All that is done before anything is made.
  Status prepare() {
    Status s = timed("read the configuration", &Making::read_bundle);
    if (s.ok()) {
      HUSK_TRY(life::check_passed_on(options_.listen_fds + options_.preserve_fds, "container"));
      HUSK_TRY(check_terminal());
      add_notify();
      s = timed("plan", &Making::make_plan);
    }
    if (!s.ok() && !state_.bundle.empty()) life::point_to_validate(s.error(), options_, state_.bundle);
    return s;
  }

  Status timed(const char* what, Status (Making::*part)()) {
    trace(env_, what);
    const sys::Recorder recorder = timeline_.recorder();
    const int64_t begin = recorder.now();
    Status s = (this->*part)();
    recorder.add(begin, starting::kNoStep, what, !s.ok());
    return s;
  }

  Status read_bundle() {
    HUSK_LET(state_.bundle, host::real_path(options_.bundle, "bundle"));
    const std::string file = options_.config.empty() ? state_.bundle + "/config.json" : options_.config;
    Result<std::string> text = host::read_file(file, json::kMaxBytes);
    if (!text.ok()) {
      Error e = std::move(text).error();
      if (e.errnum == ENOENT) e.hint = "`husk spec` writes one";
      return e;
    }
    config_ = *std::move(text);
    Result<spec::Spec> spec = spec::parse(config_);
    if (!spec.ok()) return std::move(spec).error().within(file);
    spec_ = *std::move(spec);
    trace(env_, "read ", file);
    if (Status s = spec::validate(spec_); !s.ok()) return std::move(s).error().within(file);
    if (Status s = life::check_sysctl_of_network(spec_); !s.ok()) return std::move(s).error().within(file);
    for (const spec::Problem& p : spec::warnings(spec_)) say(env_, Level::warning, cat(p.pointer, ": ", p.message));
    const std::string& root = spec_.root.path;
    HUSK_LET(state_.rootfs,
             host::real_path(root.starts_with('/') ? root : cat(state_.bundle, "/", root), "/root/path: rootfs"));
    return {};
  }

  Status check_terminal() const {
    const bool terminal = spec_.process->terminal;
    const bool detach = options_.detach || until_ == Until::created;
    if (terminal && detach && options_.console_socket.empty())
      return Error{"cannot allocate tty if husk will detach without setting console socket", 0,
                   "give --console-socket, or set /process/terminal to false", 1};
    if ((!terminal || !detach) && !options_.console_socket.empty())
      return Error{"cannot use console socket if husk will not detach or allocate tty", 0, {}, 1};
    return {};
  }

  Status make_plan() {
    const host::Facts facts = host::probe();
    if (facts.euid != 0) life::give_user_namespace(facts, spec_, state_);
    const bool systemd = env_.cgroup_manager == CgroupManager::systemd;
    HUSK_LET(cgroup::Host cgroups, cgroup::probe(!systemd && cgroup::needs_own_path(spec_.lx.cgroups_path)));
    if (!systemd && spec_.lx.cgroups_path.empty()) cgroup::find_writable(&cgroups);
    plan::Input in{spec_, facts, cgroups, options_.id, state_.rootfs, state_.bundle, {}};
    in.listen_fds = options_.listen_fds;
    in.no_cgroup = env_.cgroup_manager == CgroupManager::disabled;
    in.systemd = systemd;
    in.user_systemd = systemd && (facts.euid != 0 || host::in_user_namespace());
    in.wait_for_start = until_ == Until::created;
    in.preserve_fds = options_.preserve_fds;
    in.no_pivot = options_.no_pivot;
    in.no_new_keyring = options_.no_new_keyring;
    in.force_long = env_.force_long_start;
    HUSK_LET(const seccomp::Filter filter, life::filter_of(env_, spec_));
    in.filter = &filter;
    in.apparmor = !spec_.process->apparmor_profile.empty() && host::apparmor_enabled();
    const bool labels = !spec_.process->selinux_label.empty() || !spec_.lx.mount_label.empty();
    in.selinux = labels && host::selinux_enabled();
    Result<plan::Plan> plan = plan::build(in);
    if (!plan.ok()) return std::move(plan).error();
    plan_.emplace(*std::move(plan));
    if (spec_.lx.seccomp) trace(env_, "seccomp filter flags: ", filter.flags);
    trace(env_, "planned ", plan_->steps.size(), " steps, ",
          plan_->header.bootstrap.long_way ? "by way of a child" : "with one clone");
    for (const std::string& w : plan_->warnings) say(env_, Level::warning, w);
    return {};
  }

  void add_notify() {
    if (env_.notify_socket.empty()) return;
    has_notify_ = life::add_notify(spec_, store::directory(env_.root, options_.id));
    if (!has_notify_)
      say(env_, Level::warning, "NOTIFY_SOCKET is ignored: the container has no mount namespace of its own");
  }

  // A service manager that cannot be reached (a variable that was inherited for too long) is no reason not to run.
  Status prepare_notify() {
    const std::string directory = store::directory(env_.root, options_.id);
    HUSK_TRY(life::make_notify_directory(directory));
    if (until_ == Until::created) return {};
    HUSK_LET(sys::Fd socket, life::listen_for_ready(directory));
    Result<sys::Fd> manager = life::connect_to_manager(env_.notify_socket);
    if (!manager.ok()) {
      say(env_, Level::warning, manager.error().text());
      return {};
    }
    notify_ = std::move(socket);
    manager_ = *std::move(manager);
    return {};
  }

  void relay_ready(Launched& container) {
    if (!options_.detach) {
      container.notify_from = notify_.release();
      container.notify_to = manager_.release();
      return;
    }
    lock_.reset();  // others may do something with it while we wait
    trace(env_, "wait for READY=1 of the container");
    const Status told = life::relay_ready(notify_.get(), manager_.get(), container.pid, container.pidfd);
    if (!told.ok()) say(env_, Level::warning, told.error().text());
  }

  Status plan_rdt() {
    if (!spec_.lx.intel_rdt) return {};
    HUSK_LET(rdt_root_, intelrdt::root());
    rdt_ = intelrdt::plan(*spec_.lx.intel_rdt, options_.id);
    state_.rdt = intelrdt::locate(rdt_root_, rdt_);
    return {};
  }

  Status record() {
    state_.id = options_.id;
    state_.created = store::now();
    state_.owner = geteuid();
    state_.annotations = spec_.annotations;
    state_.cgroup = cgroup::home_of(plan_->cgroup);
    const spec::Namespace* pid = spec_.lx.find(spec::NsType::pid);
    state_.own_pid_namespace = pid != nullptr && pid->path.empty();
    if (!state_.own_pid_namespace && state_.cgroup.directories.empty() && state_.cgroup.unit.empty())
      say(env_, Level::warning,
          "the container has neither a cgroup nor a PID namespace of its own: once its first process has ended, nobody "
          "can tell which others were its. Such configuration is strongly discouraged");
    state_.no_new_keyring = options_.no_new_keyring;
    state_.poststart = !spec_.hooks.poststart.empty();
    state_.poststop = !spec_.hooks.poststop.empty();
    return store::save_first(env_.root, state_);
  }

  // While init sets itself up on another processor.
  Status on_born(const starting::Process& process) {
    state_.pid = process.pid;
    state_.start_time = store::look_at(process.pid).start_time;
    state_.cgroup = cgroup_.home();
    if (has_rdt_) HUSK_TRY(intelrdt::join(state_.rdt, process.pid));
    trace(env_, "process ", process.pid, " sets itself up");
    HUSK_TRY(store::save(env_.root, state_));
    HUSK_TRY(store::save_config(env_.root, options_.id, config_));
    return device_rules(cgroup_.prepare_devices());
  }

  Status make_cgroup() {
    HUSK_LET(cgroup_, cgroup::Cgroup::create(plan_->cgroup));
    has_cgroup_ = true;
    if (state_.rdt.group.empty()) return {};
    has_rdt_ = true;
    return intelrdt::create(rdt_root_, rdt_, state_.rdt);
  }

  Result<Launched> start() {
    HUSK_TRY(plan_rdt());
    HUSK_TRY(timed("make the state directory", &Making::record));
    if (has_notify_) HUSK_TRY(prepare_notify());
    HUSK_TRY(timed("make the cgroup", &Making::make_cgroup));
    starting::Callbacks callbacks;
    callbacks.recorder = timeline_.recorder();
    callbacks.timeline = timeline_.fd();
    plan_->header.traced = timeline_.on();
    callbacks.born = [this](const starting::Process& process) { return on_born(process); };
    callbacks.network = [this](sys::Fd container) {
      trace(env_, "set up its network");
      return network_.set_up(plan_->network, std::move(container));
    };
    callbacks.hooks = [this] { return run_hooks(); };
    callbacks.ready = [this](const starting::Process& process) { return on_ready(process); };
    callbacks.listener = [this](const starting::Process& process, int listener) {
      return life::tell_agent(*spec_.lx.seccomp, state_, "creating", process.pid, listener);
    };
    if (until_ == Until::created) {
      HUSK_LET(gate_, starting::make_gate(store::directory(env_.root, options_.id)));
      callbacks.fifo = gate_.get();
    }
    Result<starting::Process> made = starting::launch(*plan_, cgroup_, callbacks);
    // Below a threaded domain (an engine inside a container) a cgroup takes processes only when it is threaded, too.
    if (!made.ok() && made.error().errnum == EOPNOTSUPP && state_.pid == 0 && cgroup_.directory_fd() >= 0) {
      HUSK_TRY(cgroup_.become_threaded());
      made = starting::launch(*plan_, cgroup_, callbacks);
    }
    if (!made.ok()) return std::move(made).error();
    starting::Process process = *std::move(made);
    trace(env_, until_ == Until::created ? "it waits for its start" : "the program runs");
    if (until_ == Until::created) return launched(process);
    lock_.reset();  // it is made: hooks may do something with it
    if (Status s = run_hooks_of("poststart", spec_.hooks.poststart, state_json("running")); !s.ok()) {
      starting::destroy(process);
      return std::move(s).error();
    }
    return launched(process);
  }

  [[nodiscard]] Launched launched(starting::Process& process) const {
    Launched out;
    out.pid = process.pid;
    out.pidfd = process.pidfd.release();
    if (options_.console_socket.empty()) out.console_master = process.console.release();
    return out;
  }

  [[nodiscard]] Status run_hooks_of(const char* kind, const std::vector<spec::Hook>& list,
                                    const std::string& state) const {
    if (list.empty()) return {};
    hooks::Options options{state_.bundle, env_.hook_environment, {}};
    const sys::Recorder recorder = timeline_.recorder();
    int64_t begin = recorder.now();
    options.ran = [&](size_t i, const Status& s) {
      trace(env_, "ran ", kind, " hook #", i, " ", list[i].path);
      if (recorder.on()) recorder.add(begin, starting::kNoStep, cat(kind, " hook #", i, " ", list[i].path), !s.ok());
      begin = recorder.now();
    };
    return hooks::run(list, kind, state, options);
  }

  Result<std::string> run_hooks() {
    const std::string json = state_json("creating");
    HUSK_TRY(run_hooks_of("prestart", spec_.hooks.prestart, json));
    HUSK_TRY(run_hooks_of("createRuntime", spec_.hooks.create_runtime, json));
    return json;
  }

  // Where the kernel does not let a user's container have device rules, it also lets nobody in it make a device.
  [[nodiscard]] Status device_rules(Status status) const {
    if (status.ok() || !cgroup::devices_unavailable(status.error())) return status;
    if (geteuid() != 0 || plan_->namespaces.has_user()) return {};
    return status;
  }

  // The last moment at which nothing of the program has run.
  Status on_ready(const starting::Process& process) {
    trace(env_, "process ", process.pid, " is ready");
    HUSK_TRY(cgroup_.write_late_limits());
    HUSK_TRY(device_rules(cgroup_.attach_devices()));
    if (gate_) HUSK_TRY(starting::gate_built(gate_));
    if (!options_.pid_file.empty()) {
      HUSK_TRY(host::write_atomic(options_.pid_file, cat(process.pid), 0644));
      wrote_pid_file_ = true;
    }
    if (!options_.pidfd_socket.empty()) HUSK_TRY(life::send_pidfd(options_.pidfd_socket, process.pidfd.get()));
    if (!process.console) return {};
    if (options_.console_socket.empty()) {
      if (options_.on_console) options_.on_console(process.console.get());
      return {};
    }
    return life::send_console(options_.console_socket, process.console.get());
  }

  [[nodiscard]] std::string state_json(std::string_view status) const { return oci_state(state_, status, false); }

  void undo() {
    if (!lock_)
      if (Result<sys::Fd> again = store::lock(env_.root, options_.id); again.ok()) lock_ = *std::move(again);
    for (const std::string& trouble : network_.undo()) say(env_, Level::warning, trouble);
    if (state_.pid > 0 && !spec_.hooks.poststop.empty()) {
      state_.pid = 0;
      (void)run_hooks_of("poststop", spec_.hooks.poststop, state_json("stopped"));
    }
    if (has_cgroup_) {
      // As in remove.cpp: where it had a PID namespace, nobody of ours is left, and others are not ours to kill.
      if (Status s = cgroup_.undo(!state_.own_pid_namespace); !s.ok()) say(env_, Level::warning, s.error().text());
    }
    if (has_rdt_) (void)intelrdt::remove(state_.rdt);
    if (wrote_pid_file_) (void)unlink(options_.pid_file.c_str());
    if (Status s = store::remove_state(env_.root, options_.id); !s.ok()) say(env_, Level::warning, s.error().text());
  }

  const Environment& env_;
  life::Timeline timeline_;
  const CreateOptions& options_;
  std::string config_;
  spec::Spec spec_;
  std::optional<plan::Plan> plan_;
  store::State state_;
  Until until_;
  sys::Fd lock_;  // on the container, until it is made
  sys::Fd gate_;
  cgroup::Cgroup cgroup_;
  sys::Fd notify_, manager_;  // the ends of the notify socket
  bool has_notify_ = false;
  network::Network network_;  // until the container is made
  intelrdt::Plan rdt_;
  std::string rdt_root_;
  bool has_cgroup_ = false, has_rdt_ = false, wrote_pid_file_ = false;
};

}  // namespace

Result<Launched> run(const Environment& env, const CreateOptions& options) {
  return Making(env, options, Until::running).run();
}

Result<Launched> create(const Environment& env, const CreateOptions& options) {
  return Making(env, options, Until::created).run();
}

Result<std::string> dry_run(const Environment& env, const CreateOptions& options, Notation format) {
  Environment quiet = env;
  quiet.seccomp_cache.clear();  // nothing is left behind
  return Making(quiet, options, Until::running).describe(format);
}

}  // namespace husk
