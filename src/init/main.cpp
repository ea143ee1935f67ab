// The spine of child and init.
//
//   short way:  parent --clone3--> init
//   long way:   parent --clone---> child --clone(CLONE_PARENT)--> init
//
// Both begin here. What is left of the difference is Bootstrap: on the long way this process is the child first, joins
// and unshares, and its clone goes on as init; the child has no other job and exits. Init then carries out the steps of
// the plan, one after the other. Whatever fails is told to the parent as {process, step, errno, what, path}.
#include "init/main.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>

#include "base/reader.h"
#include "init/steps.h"
#include "plan/header.h"
#include "rooms/namespaces/init.h"
#include "rooms/process/init.h"
#include "start/protocol.h"
#include "sys/identity.h"
#include "sys/timeline.h"

namespace husk::init {
namespace {

using plan::Header;
using starting::ChildEnd;
using starting::InitEnd;
using starting::kNoStep;
using sys::check;
using sys::Fault;

// Nobody inspects or stops us while we hold the host's descriptors; and without the parent there is no point in us.
void guard() {
  if (!weakened(Weakness::not_dumpable)) (void)sys::prctl(PR_SET_DUMPABLE, 0);
  (void)sys::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

// execve resets what is handled and keeps what is ignored: without this, who starts us with nohup, or from a program
// that ignores SIGPIPE, has a container that cannot be told so. (CLONE_CLEAR_SIGHAND too spares the ignored ones.)
void reset_signals() {
  struct {  // the kernel's struct sigaction
    uint64_t handler, flags, restorer, mask;
  } by_default = {};
  for (int s = 1; s <= 64; ++s)
    if (s != SIGKILL && s != SIGSTOP) (void)sys::call(SYS_rt_sigaction, s, &by_default, nullptr, sizeof(uint64_t));
}

// The memory stays mapped until execve; it is all that is needed of the descriptor.
sys::Recorder receive_timeline(const Header& header, int socket, starting::Who who) {
  sys::Fd memory;
  if (!header.traced || ChildEnd(socket).receive_timeline(memory) < 0 || !memory) return {};
  constexpr long kReadWrite = 3, kShared = 1;
  const long at = sys::call(SYS_mmap, 0, sizeof(sys::Timeline), kReadWrite, kShared, memory.get(), 0);
  if (at < 0 && at > -4096) return {};
  return {reinterpret_cast<sys::Timeline*>(at), static_cast<uint32_t>(who)};  // NOLINT(performance-no-int-to-ptr)
}

// The user namespace first: it shall own all that follow. Its maps are the parent's to write; until then we are nobody.
// Where one is joined that has neither root nor the container's user, we stay nobody, with all capabilities in it.
Fault enter_user_namespace(const Header& header, const ChildEnd& parent, sys::Recorder& recorder,
                           sys::Narrator& narrator) {
  const namespaces::Bootstrap& b = header.bootstrap;
  if (b.new_user) {
    int64_t begin = recorder.now();
    HUSK_CHECK(check(sys::call(SYS_unshare, CLONE_NEWUSER), "unshare user namespace", {}));
    recorder.add(begin, kNoStep, "unshare the user namespace");
    narrator.tell("unshare user");
    begin = recorder.now();
    (void)sys::prctl(PR_SET_DUMPABLE, 1);  // uid_map must belong to the parent, who may be no root
    const int err = parent.ask_for_maps();
    (void)sys::prctl(PR_SET_DUMPABLE, 0);
    HUSK_CHECK(check(err, "ask for id maps", {}));
    recorder.add(begin, kNoStep, "send maps_please, wait for maps_done");
    narrator.tell("the parent has written the id maps");
  }
  if (!b.become) return {};
  // The groups of who called us mean nothing there, and would still open files outside.
  if (header.inherit) (void)sys::call(SYS_setgroups, 0, nullptr);
  const auto become = [&b](long call, uint64_t other, Str what) {
    long ret = sys::call(call, 0, 0, 0);
    if (ret == -EINVAL && other != 0) ret = sys::call(call, other, other, other);
    return ret == -EINVAL && !b.new_user ? Fault() : check(ret, what, {});
  };
  HUSK_CHECK(become(SYS_setresgid, b.gid, "setgid in the user namespace"));
  HUSK_CHECK(become(SYS_setresuid, b.uid, "setuid in the user namespace"));
  narrator.tell("setgid, setuid");
  return {};
}

void tell_join(void* whom, uint64_t type) {
  static_cast<sys::Narrator*>(whom)->tell("setns ", sys::kind_name(type));
}

// One call is enough, but who looks on is to see what each does.
Fault unshare(uint64_t flags, sys::Narrator& narrator) {
  if (flags == 0) return {};
  if (!narrator.on()) return check(sys::call(SYS_unshare, flags), "unshare namespaces", {});
  for (const sys::NamespaceKind& kind : sys::kNamespaceKinds) {
    if ((flags & kind.flag) == 0) continue;
    HUSK_CHECK(check(sys::call(SYS_unshare, kind.flag), "unshare namespace", kind.file));
    narrator.tell("unshare ", kind.file);
  }
  return {};
}

Fault be_child(const Header& header, const ChildEnd& parent, int offsets_file, sys::Fd pidfd, sys::Recorder& recorder,
               sys::Narrator& narrator) {
  const namespaces::Bootstrap& b = header.bootstrap;
  int64_t begin = recorder.now();
  if (narrator.on())
    HUSK_CHECK(namespaces::join_all(b.joins, pidfd.get(), {tell_join, &narrator}));
  else if (pidfd)
    HUSK_CHECK(namespaces::join_process(pidfd.get(), b.join_flags, b.joins));
  else
    HUSK_CHECK(namespaces::join_all(b.joins));
  pidfd.reset();  // init is not to have it
  if (!b.joins.empty()) recorder.add(begin, kNoStep, "join namespaces");
  HUSK_CHECK(enter_user_namespace(header, parent, recorder, narrator));
  begin = recorder.now();
  HUSK_CHECK(unshare(b.unshare, narrator));
  HUSK_CHECK(namespaces::set_clocks(b.clocks, offsets_file));
  recorder.add(begin, kNoStep, "unshare the other namespaces");
  return {};
}

// What has to be done to files of our own in /proc: they are ours only while we are dumpable, and that we may only be
// before we are in anybody's namespaces.
Fault while_dumpable(const Header& header, sys::Fd& offsets_file) {
  if (header.has_oom_score) HUSK_CHECK(process::set_oom_score(header.oom_score));
  if (header.bootstrap.clocks.empty()) return {};
  offsets_file.reset(sys::openat(AT_FDCWD, namespaces::kOffsetsFile.c_str(), O_WRONLY));
  return check(offsets_file.get(), "open", namespaces::kOffsetsFile);
}

bool enters_pid_namespace(const namespaces::Join& join) {
  return join.type == CLONE_NEWPID;
}

// True in init, with `fault` empty.
bool bootstrap(const Header& header, int socket, int offsets_file, sys::Fd pidfd, sys::Recorder& recorder,
               sys::Narrator& narrator, Fault& fault) {
  const namespaces::Bootstrap& b = header.bootstrap;
  const ChildEnd parent(socket);
  fault = be_child(header, parent, offsets_file, std::move(pidfd), recorder, narrator);
  if (fault) return false;
  const int64_t begin = recorder.now();
  // A PID or time namespace holds only for processes born after it was entered: this one. With the parent's parent as
  // its parent, so that who called us can wait for it.
  const long pid = sys::call(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) return true;
  if (pid == -ENOMEM && std::any_of(b.joins.begin(), b.joins.end(), enters_pid_namespace))
    fault = {
        ENOMEM, "the PID namespace takes no process: its first process has ended (or there is no memory)", {}, true};
  else
    fault = pid < 0 ? check(pid, "clone init", {}) : check(parent.tell_init_pid(static_cast<int>(pid)), "send", {});
  recorder.add(begin, kNoStep, "clone init, send init_pid");
  return false;
}

}  // namespace

int init_main(int argc, const char* const* argv) {
  int socket = 0;
  for (const char* p = argc > 1 ? argv[1] : ""; *p >= '0' && *p <= '9'; ++p) socket = socket * 10 + (*p - '0');
  if (socket < 3) return 1;  // somebody started us by hand
  (void)sys::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Arena arena;
  Str plan;
  if (InitEnd(socket).receive_plan(arena, plan) < 0) return 1;
  Reader reader(plan.c_str(), plan.size(), arena);
  Header header;
  reader.read(header);
  if (reader.bad()) return 1;
#ifdef HUSK_WEAK
  weaknesses = header.weakened;
#endif
  using starting::Who;
  const bool long_way = header.bootstrap.long_way;
  sys::Recorder recorder = receive_timeline(header, socket, long_way ? Who::child : Who::init);
  const int64_t begin = recorder.now();
  sys::Fd offsets_file;
  Fault fault = while_dumpable(header, offsets_file);
  if (!fault && !header.inherit) fault = process::set_affinity(header.affinity);
  if (fault) {
    InitEnd(socket).error(kNoStep, fault);
    return 1;
  }
  guard();
  if (!header.inherit) reset_signals();
  sys::Fd procfs = header.no_procfs ? sys::Fd() : open_procfs();
  sys::Fd pidfd;
  if (header.bootstrap.join_flags != 0 && (ChildEnd(socket).receive_pidfd(pidfd) < 0 || !pidfd)) return 1;
  recorder.add(begin, kNoStep, "read the plan, reset signals");
  sys::Narrator narrator;
  if (header.show) narrator = sys::Narrator(procfs.get(), long_way ? "child" : "init");
  narrator.tell("born");
  if (long_way) {
    if (!bootstrap(header, socket, offsets_file.get(), std::move(pidfd), recorder, narrator, fault)) {
      if (fault) ChildEnd(socket).error(kNoStep, fault);
      return fault ? 1 : 0;
    }
    recorder = recorder.of(static_cast<uint32_t>(Who::init));
    narrator = narrator.of("init");
    narrator.tell("born");
    guard();
  }
  return run_steps(header, reader, InitEnd(socket), std::move(procfs), recorder, narrator, arena);
}

}  // namespace husk::init
