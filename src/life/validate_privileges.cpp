// What the caller lacks for a configuration.
#include <linux/capability.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <optional>

#include "host/files.h"
#include "json/document.h"
#include "life/validate_host.h"
#include "spec/names.h"

namespace husk::life {
namespace {

rlimit limit_of(int resource) {
  struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  (void)getrlimit(static_cast<__rlimit_resource>(resource), &limit);
  return limit;
}

void limits(const spec::Process& process, bool may_raise, Findings& out) {
  const std::optional<int64_t> files = host::read_number("/proc/sys/fs/nr_open");
  for (size_t i = 0; i < process.rlimits.size(); ++i) {
    const spec::Rlimit& limit = process.rlimits[i];
    const std::optional<int> resource = spec::rlimit_resource(limit.type);
    if (!resource) continue;
    const std::string pointer = cat("/process/rlimits/", i, "/hard");
    if (*resource == RLIMIT_NOFILE && files && limit.hard > static_cast<uint64_t>(*files)) {
      out.missing_here(pointer, cat(limit.hard, " is above fs.nr_open (", *files, ")"), "sysctl -w fs.nr_open=NUMBER");
    } else if (const rlim_t own = limit_of(*resource).rlim_max; !may_raise && limit.hard > own) {
      out.missing_here(
          pointer, cat(limit.hard, " is above the hard limit of the caller (", own, "), which takes CAP_SYS_RESOURCE"));
    }
  }
}

void scheduling(const spec::Process& process, bool may, Findings& out) {
  if (may) return;
  constexpr int kRealtime = 1;
  if (process.io_priority && spec::number_of(spec::kIoClasses, process.io_priority->cls) == kRealtime)
    out.missing_here("/process/ioPriority/class", "IOPRIO_CLASS_RT takes CAP_SYS_NICE in the host's user namespace");
  if (!process.scheduler) return;
  const spec::Scheduler& s = *process.scheduler;
  const bool realtime = s.policy == "SCHED_FIFO" || s.policy == "SCHED_RR";
  const rlim_t own = limit_of(RLIMIT_RTPRIO).rlim_cur;
  if (s.policy == "SCHED_DEADLINE" || (realtime && static_cast<uint64_t>(s.priority) > own))
    out.missing_here("/process/scheduler/policy", cat(s.policy, " takes CAP_SYS_NICE in the host's user namespace"));
  constexpr int64_t kZero = 20;  // of RLIMIT_NICE: where nice 0 is
  const rlim_t nice = limit_of(RLIMIT_NICE).rlim_cur;
  if ((s.policy == "SCHED_OTHER" || s.policy == "SCHED_BATCH") && s.nice < 0 &&
      nice < static_cast<uint64_t>(kZero - s.nice))
    out.missing_here("/process/scheduler/nice", cat(s.nice, " takes CAP_SYS_NICE in the host's user namespace"));
}

// What the kernel was built for.
void features(const spec::Spec& spec, const Here& here, Findings& out) {
  if (!spec.process->scheduler) return;
  const spec::Scheduler& s = *spec.process->scheduler;
  for (size_t i = 0; i < s.flags.size(); ++i)
    if (s.flags[i].starts_with("SCHED_FLAG_UTIL_CLAMP") && access("/proc/sys/kernel/sched_util_clamp_min", F_OK) < 0 &&
        access("/proc/sys/kernel", F_OK) == 0)
      out.missing_here(cat("/process/scheduler/flags/", i), "this kernel has no clamps of utilization");
  if (s.policy != "SCHED_FIFO" && s.policy != "SCHED_RR") return;
  if (spec.lx.resources && spec.lx.resources->cpu && spec.lx.resources->cpu->realtime_runtime.value_or(0) != 0) return;
  for (const cgroup::Hierarchy& h : here.cgroups.hierarchies)
    if (here.cgroups.mode != cgroup::Mode::v2 && access(cat(h.mountpoint, "/cpu.rt_runtime_us").c_str(), F_OK) == 0)
      out.missing_here("/process/scheduler/policy",
                       cat(s.policy, " needs a /linux/resources/cpu/realtimeRuntime on cgroup v1 here"));
}

// The least that an unprivileged process may have is what a privileged one has given it last: which is to be seen by
// trying only. What was there is written back.
void oom_score(const spec::Process& process, bool may, Findings& out) {
  constexpr const char* kFile = "/proc/self/oom_score_adj";
  const std::optional<int64_t> own = host::read_number(kFile);
  if (may || !process.oom_score_adj || !own || *process.oom_score_adj >= *own) return;
  const Status tried = host::write_file(kFile, std::to_string(*process.oom_score_adj));
  (void)host::write_file(kFile, std::to_string(*own));
  if (!tried.ok())
    out.missing_here("/process/oomScoreAdj", cat(*process.oom_score_adj, " is below the caller's own (", *own,
                                                 "), which takes CAP_SYS_RESOURCE"));
}

int64_t seconds_of(clockid_t clock) {
  struct timespec now = {};
  return clock_gettime(clock, &now) == 0 ? now.tv_sec : 0;
}

}  // namespace

Here look_at_here(const spec::Spec& spec) {
  Here here;
  here.facts = host::probe();
  if (Result<cgroup::Host> found = cgroup::probe(true); found.ok()) here.cgroups = *std::move(found);
  cgroup::drop_covered(&here.cgroups);
  here.user_namespace = here.facts.euid != 0 || spec.lx.find(spec::NsType::user) != nullptr;
  return here;
}

spec::Around around(const Here& here) {
  using Cgroups = spec::Around::Cgroups;
  spec::Around out;
  out.cgroups = here.cgroups.mode == cgroup::Mode::v2     ? Cgroups::v2
                : here.cgroups.mode == cgroup::Mode::none ? Cgroups::unknown
                                                          : Cgroups::v1;
  if (!here.user_namespace) out.capabilities = here.facts.capabilities;
  const rlim_t stack = limit_of(RLIMIT_STACK).rlim_cur;
  out.stack = stack == RLIM_INFINITY ? 0 : stack;
  out.monotonic = seconds_of(CLOCK_MONOTONIC);
  out.boottime = seconds_of(CLOCK_BOOTTIME);
  return out;
}

void check_privileges(const spec::Spec& spec, const Here& here, Findings& out) {
  if (!spec.process) return;
  const auto may = [&here](int capability) { return (here.facts.capabilities >> capability & 1) != 0; };
  const bool outside = !host::in_user_namespace();
  limits(*spec.process, outside && may(CAP_SYS_RESOURCE), out);
  oom_score(*spec.process, outside && may(CAP_SYS_RESOURCE), out);
  features(spec, here, out);
  scheduling(*spec.process, outside && !here.user_namespace && may(CAP_SYS_NICE), out);
}

}  // namespace husk::life
