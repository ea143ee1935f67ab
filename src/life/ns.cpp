// ns_run and ns_enter: a program in namespaces, and no container. One plan, carried out as that of a start is.
#include "husk/ns.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "host/facts.h"
#include "life/container.h"
#include "life/ns_words.h"
#include "life/own_user.h"
#include "plan/ns.h"
#include "spec/validate.h"
#include "start/launch.h"
#include "sys/identity.h"
#include "sys/path.h"

namespace husk {
namespace {

spec::NsType type_of(NsKind kind) {
  switch (kind) {
    case NsKind::user:
      return spec::NsType::user;
    case NsKind::pid:
      return spec::NsType::pid;
    case NsKind::mnt:
      return spec::NsType::mount;
    case NsKind::net:
      return spec::NsType::network;
    case NsKind::uts:
      return spec::NsType::uts;
    case NsKind::ipc:
      return spec::NsType::ipc;
    case NsKind::cgroup:
      return spec::NsType::cgroup;
    case NsKind::time:
      break;
  }
  return spec::NsType::time;
}

bool among(const std::vector<NsKind>& kinds, NsKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::vector<spec::IdMapping> mapping_of(const std::vector<IdRange>& ranges, uint32_t caller) {
  std::vector<spec::IdMapping> out;
  for (const IdRange& r : ranges) out.push_back({r.inside, r.outside, r.size});
  if (out.empty()) out.push_back({0, caller, 1});
  return out;
}

uint64_t flags_of(Propagation propagation) {
  switch (propagation) {
    case Propagation::private_mounts:
      return MS_PRIVATE | MS_REC;
    case Propagation::slave_mounts:
      return MS_SLAVE | MS_REC;
    case Propagation::shared_mounts:
      return MS_SHARED | MS_REC;
    case Propagation::as_it_is:
      break;
  }
  return 0;
}

std::string working_directory() {
  std::string out(PATH_MAX, '\0');
  if (getcwd(out.data(), out.size()) == nullptr) return {};
  out.resize(out.find('\0'));
  return out;
}

// Why the kernel would refuse a map, which it does with one errno for all reasons.
Status check_map(const char* what, const std::vector<IdRange>& ranges) {
  const auto words = [](const IdRange& r) { return cat(r.inside, ":", r.outside, ":", r.size); };
  const auto wrong = [what](const std::string& why) {
    return Error{cat("the map of ", what, " ids: ", why), 0, {}, 1};
  };
  const auto overlap = [](uint32_t a, uint32_t size_a, uint32_t b, uint32_t size_b) {
    return a < uint64_t{b} + size_b && b < uint64_t{a} + size_a;
  };
  if (ranges.size() > spec::kMaxMappings) return wrong(cat("it has more than ", spec::kMaxMappings, " ranges"));
  for (size_t i = 0; i < ranges.size(); ++i) {
    const IdRange& a = ranges[i];
    constexpr uint32_t kNone = ~uint32_t{0};
    if (uint64_t{a.inside} + a.size > kNone || uint64_t{a.outside} + a.size > kNone)
      return wrong(cat(words(a), " goes beyond ", kNone - 1, ", the last id that there is"));
    for (size_t j = 0; j < i; ++j)
      if (const IdRange& b = ranges[j];
          overlap(a.inside, a.size, b.inside, b.size) || overlap(a.outside, a.size, b.outside, b.size))
        return wrong(cat(words(b), " and ", words(a), " overlap"));
  }
  return {};
}

bool has_capability(const host::Facts& facts, unsigned capability) {
  return (facts.capabilities >> capability & 1) != 0;
}

// What belongs to a kind that is not asked for would be left undone in silence.
Status check(const NsRun& run, const host::Facts& facts) {
  const auto needs = [&run](NsKind kind, const char* what) -> Status {
    if (among(run.kinds, kind)) return {};
    return Error{cat(what, " needs a new ", ns_name(kind), " namespace"), 0, {}, 1};
  };
  if (run.args.empty()) return Error{"no program to run", 0, {}, 1};
  if (run.hostname.size() > spec::kMaxHostName)
    return Error{
        cat("a hostname has ", spec::kMaxHostName, " bytes at most, \"", run.hostname, "\" has ", run.hostname.size()),
        0,
        {},
        1};
  HUSK_TRY(check_map("user", run.uid_map));
  HUSK_TRY(check_map("group", run.gid_map));
  if (run.map_auto) HUSK_TRY(needs(NsKind::user, "a map of ids"));
  if (!run.hostname.empty()) HUSK_TRY(needs(NsKind::uts, "a hostname"));
  if (!run.uid_map.empty() || !run.gid_map.empty()) HUSK_TRY(needs(NsKind::user, "a map of ids"));
  if (run.monotonic_offset || run.boottime_offset) HUSK_TRY(needs(NsKind::time, "an offset of a clock"));
  if (run.kinds.empty())
    return Error{"no kind of namespace is named", 0, "user, pid, mount, net, uts, ipc, cgroup, time", 1};
  if (!among(run.kinds, NsKind::user) && !has_capability(facts, CAP_SYS_ADMIN))
    return Error{"new namespaces take a privilege (CAP_SYS_ADMIN)", EPERM,
                 "with a new user namespace, too (--user), any user may make them", 1};
  return {};
}

// The whole of it: the plan is made and carried out.
class Running {
 public:
  Running(const Environment& env, const NsProgram& program, plan::NsInput& in, const sys::Fd& target)
      : env_(env), program_(program), in_(in), target_(target) {}

  Result<Launched> run() {
    in_.show = program_.show;
    in_.force_long = env_.force_long_start;
    in_.cwd = working_directory();
    in_.wd = program_.cwd;
    in_.preserve_fds = program_.preserve_fds;
    HUSK_LET(plan::Plan plan, plan::build_ns(in_));
    if (program_.show) {
      procfs_.reset(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!procfs_) return fail(errno, "open /proc");
      narrator_ = sys::Narrator(procfs_.get(), "parent");
      narrator_.tell("before");
    }
    starting::Callbacks callbacks;
    callbacks.pidfd = target_.get();
    callbacks.born = [this](const starting::Process& process) {
      life::trace(env_, "process ", process.pid, " is in its namespaces");
      return Status();
    };
    callbacks.ready = [this](const starting::Process& process) {
      narrator_.tell(cat("after, and ", process.pid, " is its child"));
      return Status();
    };
    cgroup::Cgroup none;
    HUSK_LET(starting::Process process, starting::launch(plan, none, callbacks));
    Launched out;
    out.pid = process.pid;
    out.pidfd = process.pidfd.release();
    return out;
  }

 private:
  const Environment& env_;
  const NsProgram& program_;
  plan::NsInput& in_;
  const sys::Fd& target_;
  sys::Fd procfs_;
  sys::Narrator narrator_;
};

// Whether a file is there, seen from `root`: "/proc/PID/root" or "/". No link of the other side leads out of it.
bool is_there(const std::string& root, const std::string& path, const host::Facts& facts) {
  const sys::Fd dir(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!dir) return true;  // then whoever tries it will say
  return static_cast<bool>(sys::Fd(sys::open_in({dir.get(), facts.openat2}, Str(path.data(), path.size()), O_PATH)));
}

std::vector<std::string> args_of(const NsProgram& program, const std::string& root, const host::Facts& facts) {
  std::vector<std::string> out = program.args;
  if (!program.instead.empty() && !is_there(root, out[0], facts)) out[0] = program.instead;
  return out;
}

Error with_hint(Error error, const char* hint) {
  if (error.hint.empty()) error.hint = hint;
  return error;
}

// ---------------------------------------------------------------- enter

struct Target {
  pid_t pid = 0;
  sys::Fd pidfd;  // empty on kernels without pidfds
};

// One of the two.
struct Meant {
  pid_t pid = 0;
  std::optional<life::Found> found;
};

// Of digits alone; -1: it is none.
pid_t pid_in(std::string_view text) {
  pid_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || text[0] == '-' || error != std::errc() || end != text.data() + text.size()) return -1;
  return out;
}

// A number is a pid, or the id of a container if there is no such process. Where it may be both, nobody is entered by
// chance: not where the container cannot be looked at, either.
Result<Meant> meant_by(const Environment& env, std::string_view name) {
  using life::kContainerPrefix, life::kPidPrefix;
  Meant out;
  if (name.starts_with(kPidPrefix)) {
    out.pid = pid_in(name.substr(kPidPrefix.size()));
    if (out.pid < 0) return fail(0, "\"", name.substr(kPidPrefix.size()), "\" is no pid");
    return out;
  }
  const bool told = name.starts_with(kContainerPrefix);
  if (told) name.remove_prefix(kContainerPrefix.size());
  const pid_t pid = told ? -1 : pid_in(name);
  Result<life::Found> found = life::find(env, std::string(name));
  if (!found.ok() && (pid < 0 || found.error().errnum != ENOENT)) {
    Error error = std::move(found).error();
    if (pid >= 0 && error.hint.empty()) error.hint = cat("if the process is meant: ", kPidPrefix, name);
    return error;
  }
  if (!found.ok()) {
    out.pid = pid;
    return out;
  }
  if (pid >= 0 && store::look_at(pid).start_time != 0)
    return Error{cat(name, " is a process, and the id of a container"), 0,
                 cat("say which: ", kPidPrefix, name, " or ", kContainerPrefix, name), 1};
  out.found = *std::move(found);
  return out;
}

Result<Target> init_of(const life::Found& found) {
  if (found.phase == Phase::stopped || found.phase == Phase::creating)
    return Error{
        cat("container ", found.state.id, " has no process (it is ", phase_name(found.phase), ")"), ESRCH, {}, 1, true};
  Target out;
  out.pid = found.state.pid;
  Result<sys::Fd> init = life::open_init(found.state);
  if (!init.ok() && init.error().errnum != ENOSYS) return std::move(init).error();
  if (init.ok()) out.pidfd = *std::move(init);
  return out;
}

Result<Target> target_of(const Environment& env, const std::string& name) {
  HUSK_LET(const Meant meant, meant_by(env, name));
  if (meant.found) return init_of(*meant.found);
  Target out;
  out.pid = meant.pid;
  const long fd = sys::call(SYS_pidfd_open, out.pid, 0);
  if (fd < 0 && fd != -ENOSYS) return fail(static_cast<int>(-fd), "process ", out.pid);
  if (fd >= 0) out.pidfd.reset(static_cast<int>(fd));
  const store::ProcessFacts facts = store::look_at(out.pid);
  if (facts.start_time == 0) return fail(ESRCH, "process ", out.pid);
  if (facts.ended)
    return Error{cat("process ", out.pid, " has ended"), ESRCH, "it is a zombie: its parent has not waited for it", 1,
                 true};
  return out;
}

Result<std::string> read_link(const std::string& path) {
  char text[64];
  const ssize_t size = readlink(path.c_str(), text, sizeof text);
  if (size < 0 && (errno == EACCES || errno == EPERM))
    return Error{cat("look at ", path), errno, "the process must be yours, or you privileged over it", 1};
  if (size < 0) return fail(errno, "look at ", path);
  return std::string(text, static_cast<size_t>(size));
}

// Those of the target that are not the caller's already. The kernel refuses to join the user namespace one is in.
Result<std::vector<spec::Namespace>> namespaces_of(const Target& target, const std::vector<NsKind>& kinds) {
  std::vector<spec::Namespace> out;
  for (const NsKind kind : kNsKinds) {
    if (!kinds.empty() && !among(kinds, kind)) continue;
    Result<std::string> own = read_link(cat("/proc/self/ns/", ns_name(kind)));
    if (!own.ok() && own.error().errnum == ENOENT && kinds.empty()) continue;  // a kind that this kernel has not
    if (!own.ok()) return std::move(own).error();
    const std::string path = cat("/proc/", target.pid, "/ns/", ns_name(kind));
    HUSK_LET(const std::string theirs, read_link(path));
    if (*own != theirs) out.push_back({type_of(kind), path});
  }
  return out;
}

}  // namespace

const char* ns_name(NsKind kind) {
  return sys::kNamespaceKinds[static_cast<size_t>(kind)].file;  // in the same order
}

Result<Launched> ns_run(const Environment& env, const NsRun& run) {
  const host::Facts facts = host::probe();
  HUSK_TRY(check(run, facts));
  spec::Linux lx;
  for (const NsKind kind : kNsKinds)
    if (among(run.kinds, kind)) lx.namespaces.push_back({type_of(kind), {}});
  if (run.map_auto) {
    const life::OwnMaps maps = life::own_maps(facts.euid, facts.egid);
    if (maps.uids.size() < 2 || maps.gids.size() < 2)
      return Error{"there are no more ids for the caller than his own", 0,
                   "it takes lines of his in /etc/subuid and /etc/subgid, and newuidmap and newgidmap", 1};
    lx.uid_mappings = maps.uids;
    lx.gid_mappings = maps.gids;
  } else if (among(run.kinds, NsKind::user) && !run.unmapped) {
    lx.uid_mappings = mapping_of(run.uid_map, facts.euid);
    lx.gid_mappings = mapping_of(run.gid_map, facts.egid);
  }
  if (run.monotonic_offset || run.boottime_offset) {
    lx.time_offsets.emplace();
    if (run.monotonic_offset) lx.time_offsets->monotonic = spec::TimeOffset{*run.monotonic_offset, 0};
    if (run.boottime_offset) lx.time_offsets->boottime = spec::TimeOffset{*run.boottime_offset, 0};
  }
  const std::vector<std::string> args = args_of(run, "/", facts);
  plan::NsInput in{lx, facts, args, run.env, run.hostname};
  in.propagation = flags_of(run.propagation);
  in.mount_proc = run.mount_proc;
  in.unmapped = run.unmapped;
  if (among(run.kinds, NsKind::pid) && !among(run.kinds, NsKind::mnt))
    life::say(env, Level::warning, "/proc shows the processes of outside: there is no new mount namespace");
  const sys::Fd none;
  Result<Launched> out = Running(env, run, in, none).run();
  if (!out.ok() && out.error().errnum == ENOSPC)
    return with_hint(std::move(out).error(), "the limits are in /proc/sys/user/max_*_namespaces");
  if (!out.ok() && out.error().errnum == ERANGE)
    return with_hint(std::move(out).error(), "no clock may be before its beginning, or 146 years after it");
  return out;
}

Result<Launched> ns_enter(const Environment& env, const NsEnter& enter) {
  if (enter.args.empty()) return Error{"no program to run", 0, {}, 1};
  HUSK_LET(const Target target, target_of(env, enter.target));
  spec::Linux lx;
  HUSK_LET(lx.namespaces, namespaces_of(target, enter.kinds));
  const host::Facts facts = host::probe();
  const bool elsewhere = std::any_of(lx.namespaces.begin(), lx.namespaces.end(),
                                     [](const auto& n) { return n.type == spec::NsType::mount; });
  const std::vector<std::string> args = args_of(enter, elsewhere ? cat("/proc/", target.pid, "/root") : "/", facts);
  plan::NsInput in{lx, facts, args, enter.env};
  in.by_pidfd = static_cast<bool>(target.pidfd) && !lx.namespaces.empty();
  Result<Launched> out = Running(env, enter, in, target.pidfd).run();
  if (!out.ok() && out.error().errnum == EPERM)
    return with_hint(std::move(out).error(),
                     "to join a namespace takes CAP_SYS_ADMIN over it: enter its user namespace, too");
  return out;
}

}  // namespace husk
