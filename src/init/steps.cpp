// From a step's number to the room that knows how.
#include "init/steps.h"

#include <sys/prctl.h>

#include <cerrno>

#include "base/weakness.h"
#include "plan/steps.h"
#include "rooms/console/init.h"
#include "rooms/hooks/init.h"
#include "rooms/lsm/init.h"
#include "rooms/namespaces/init.h"
#include "rooms/network/init.h"
#include "rooms/process/init.h"
#include "rooms/rootfs/init.h"
#include "rooms/seccomp/init.h"
#include "sys/procfs.h"

namespace husk::init {
namespace {

using sys::check;
using sys::Fault;
using sys::Fd;

class Runner {
 public:
  Runner(const plan::Header& header, starting::InitEnd& parent, Fd procfs, Arena& arena)
      : parent_(parent),
        arena_(arena),
        procfs_(std::move(procfs)),
        builder_(procfs_.get(), header.mount_api, header.openat2, {ask_for_source, this}, arena),
        openat2_(header.openat2) {}

  void begin(uint32_t step) { step_ = step; }

  template <class Step>
  Fault decode_and_run(Reader& reader) {
    Step step;
    reader.read(step);
    if (reader.bad()) return {EPROTO, "plan is damaged", {}};
    return run(step);
  }

 private:
  Fault run(const process::Keyring& s) { return process::apply(s); }
  Fault run(const process::Personality& s) { return process::apply(s); }
  Fault run(const process::IoPriority& s) { return process::apply(s); }
  Fault run(const process::Scheduler& s) { return process::apply(s); }
  Fault run(const process::MemoryPolicy& s) { return process::apply(s); }
  Fault run(const process::Umask& s) { return process::apply(s); }
  Fault run(const process::NoNewPrivileges& s) { return process::apply(s); }
  Fault run(const process::Credentials& s) { return process::apply(s); }
  Fault run(const process::WorkingDirectory& s) { return process::apply(s, has_cwd_); }
  Fault run(const process::Program& s) { return process::apply(s, root(), arena_, image_); }
  Fault run(const process::Exec& s) { return process::apply(s, image_, arena_); }
  Fault run(const namespaces::UnshareCgroup& s) { return namespaces::apply(s); }
  Fault run(const namespaces::Hostname& s) { return namespaces::apply(s); }
  Fault run(const namespaces::Domainname& s) { return namespaces::apply(s); }
  Fault run(const namespaces::Sysctl& s) { return namespaces::apply(s, procfs_.get()); }
  Fault run(const network::LoopbackUp& s) { return network::apply(s); }
  Fault run(const lsm::Label& s) { return lsm::apply(s, procfs_.get()); }
  Fault run(const seccomp::Load& s) { return seccomp::apply(s, {give_listener, this}); }
  Fault run(const hooks::Hook& s) { return hooks::apply(s, state_, root().fd, image_.env, arena_); }
  template <class Step>
  requires requires(rootfs::Builder& b, const Step& s) { b.apply(s); }
  Fault run(const Step& s) { return builder_.apply(s); }
  Fault run(const console::Open& s);
  Fault run(const plan::Network& s);
  Fault run(const plan::RuntimeHooks& s);
  Fault run(const plan::Ready& s);
  Fault run(const plan::ExecFifo& s);

  // For the builder. It is our mount namespace in which the parent is to look: what we have mounted is only there.
  static int ask_for_source(void* whom, Fd& source) {
    const Runner& runner = *static_cast<Runner*>(whom);
    const Fd here(sys::openat(runner.procfs_.get(), "self/ns/mnt", O_RDONLY));
    return here ? runner.parent_.ask_for_source(runner.step_, here.get(), source) : here.get();
  }

  // For the seccomp room, and from a thread of its own.
  static int give_listener(void* whom, int listener) {
    return static_cast<const Runner*>(whom)->parent_.give_listener(listener);
  }

  // Without a root of our own it is "/" as it is by now, after the joins; never the working directory.
  [[nodiscard]] sys::RootDir root() {
    if (builder_.root().fd >= 0) return builder_.root();
    if (!slash_) slash_.reset(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
    return {slash_.get(), openat2_};
  }

  starting::InitEnd& parent_;
  uint32_t step_ = 0;
  Fd fifo_;  // that the program waits at, if it is to wait
  Arena& arena_;
  Fd procfs_;
  rootfs::Builder builder_;
  bool openat2_;
  Fd slash_;
  process::Image image_;
  Str state_;  // what hooks read
  bool has_cwd_ = false;
};

Fault Runner::run(const console::Open& s) {
  console::Terminal terminal;
  HUSK_CHECK(console::apply(s, root(), terminal));
  if (s.own_devpts && !s.added) {
    Fd file;
    HUSK_CHECK(console::open_console_file(root(), file));
    Fd peer;
    if (weakened(Weakness::console_by_peer)) peer = console::open_by_name(root(), terminal.master.get());
    HUSK_CHECK(builder_.bind(peer ? peer.get() : terminal.slave.get(), file.get(), "/dev/console"));
  }
  return check(parent_.give_console(terminal.master.get()), "send the terminal", {});
}

Fault Runner::run(const plan::Network& /*s*/) {
  const Fd here(sys::openat(procfs_.get(), "self/ns/net", O_RDONLY));
  HUSK_CHECK(check(here.get(), "open /proc/self/ns/net", {}));
  return check(parent_.ask_for_network(here.get()), "wait for the parent", {});
}

Fault Runner::run(const plan::RuntimeHooks& /*s*/) {
  return check(parent_.ask_for_hooks(arena_, state_), "wait for the runtime's hooks", {});
}

Fault Runner::run(const plan::Ready& /*s*/) {
  builder_.finish();
  // From here on the parent may go: `create` does, and the container stays.
  procfs_.reset();  // the host's: nothing that is left needs it, and a cwd of /proc/self/fd/N must not find it
  HUSK_CHECK(check(parent_.ready(fifo_), "wait for the parent", {}));
  return check(sys::prctl(PR_SET_PDEATHSIG, 0), "clear the parent-death signal", {});
}

Fault Runner::run(const plan::ExecFifo& s) {
  if (!fifo_) return {EPROTO, "no exec fifo", {}};
  builder_.let_go();
  (void)sys::call(SYS_prctl, PR_SET_NAME, "husk-init", 0, 0, 0);  // `start` looks whether it still is (gate.cpp)
  if (s.dumpable) (void)sys::prctl(PR_SET_DUMPABLE, 1);
  parent_.speak_through(fifo_.get());
  // The kernel spares PID 1 every signal it does not handle; who only waits shall end by one.
  process::end_by_signals(true);
  const long ret = sys::write(fifo_.get(), "0", 1);
  process::end_by_signals(false);
  return check(ret, "write exec fifo", {});
}

Fault run_one(plan::Op op, Runner& runner, Reader& reader) {
  switch (op) {
#define HUSK_CASE(name, type) \
  case plan::Op::name:        \
    return runner.decode_and_run<type>(reader);
    HUSK_STEPS(HUSK_CASE)
#undef HUSK_CASE
  }
  return {EPROTO, "unknown step", {}};
}

// The steps that change who we are, or what we see.
std::string_view shown(plan::Op op) {
  switch (op) {
    case plan::Op::unshare_cgroup:
      return "unshare cgroup";
    case plan::Op::loopback_up:
      return "lo set up";
    case plan::Op::root_propagation:
      return "propagation of mounts set";
    case plan::Op::mount:
      return "proc mounted on /proc";
    case plan::Op::hostname:
      return "sethostname";
    default:
      return {};
  }
}

}  // namespace

Fd open_procfs() {
  Fd fd(sys::openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY));
  if (fd && !sys::is_procfs(fd.get())) fd.reset();
  return fd;
}

int run_steps(const plan::Header& header, Reader& reader, starting::InitEnd parent, Fd procfs, sys::Recorder recorder,
              sys::Narrator narrator, Arena& arena) {
  if (!header.inherit) {
    (void)sys::call(SYS_setsid);    // no part of the caller's session, nor of its terminal
    (void)sys::call(SYS_umask, 0);  // modes are as the configuration says
  }
  Runner runner(header, parent, std::move(procfs), arena);
  for (uint32_t i = 0; i < header.steps; ++i) {
    plan::Op op{};
    reader.read(op);
    runner.begin(i);
    const int64_t begin = recorder.now();
    if (op == plan::Op::exec) recorder.add(begin, i, {});  // it does not come back
    if (const Fault fault = run_one(op, runner, reader)) {
      recorder.add(begin, i, {}, true);
      parent.error(i, fault);
      return 1;
    }
    if (recorder.on()) recorder.add(begin, i, {});
    if (narrator.on() && !shown(op).empty()) narrator.tell(shown(op));
  }
  return 1;  // a plan ends with Exec, which does not come back
}

}  // namespace husk::init
