#include "json/document.h"
#include "spec/names.h"
#include "spec/number_list.h"
#include "spec/validate_detail.h"

namespace husk::spec {

using json::shown;

void check_cwd(const Process& process, Report& report) {
  if (process.cwd.empty()) {
    report.add("/process/cwd", "must not be empty");
  } else if (!is_absolute(process.cwd)) {
    report.add("/process/cwd", "must be an absolute path, found ", shown(process.cwd));
  }
}

// 2^32-1 is "leave as it is" to the kernel: the process would stay root.
void check_user(const Process& process, Report& report) {
  constexpr uint32_t kNobodyAtAll = 0xffffffff;
  const User& user = process.user;
  if (user.uid == kNobodyAtAll) report.add("/process/user/uid", user.uid, " is no user id");
  if (user.gid == kNobodyAtAll) report.add("/process/user/gid", user.gid, " is no group id");
  for (size_t i = 0; i < user.additional_gids.size(); ++i)
    if (user.additional_gids[i] == kNobodyAtAll)
      report.add(element("/process/user/additionalGids", i), user.additional_gids[i], " is no group id");
}

void check_args(const Process& process, Report& report) {
  if (process.args.empty()) {
    report.add("/process/args", "must not be empty: there is nothing to run");
  } else if (process.args[0].empty()) {
    report.add("/process/args/0", "is the program to run and must not be empty");
  }
}

void check_env(const Process& process, Report& report) {
  for (size_t i = 0; i < process.env.size(); ++i) {
    const std::string_view entry = process.env[i];
    if (entry.find('=') == std::string_view::npos) {
      report.add(element("/process/env", i), "invalid environment variable ", shown(entry), ": missing '='");
    } else if (entry.starts_with('=')) {
      report.add(element("/process/env", i), "invalid environment variable ", shown(entry), ": no name before '='");
    }
  }
}

void check_rlimits(const Process& process, Report& report) {
  uint32_t seen = 0;  // a bit for each resource
  for (size_t i = 0; i < process.rlimits.size(); ++i) {
    const Rlimit& limit = process.rlimits[i];
    const std::optional<int> resource = rlimit_resource(limit.type);
    if (!resource) {
      report.add(element("/process/rlimits", i, "/type"), shown(limit.type),
                 " is not a resource limit (known: ", known(kRlimits), ")");
      continue;
    }
    const uint32_t bit = 1U << static_cast<unsigned>(*resource);
    if ((seen & bit) != 0) {
      report.add(element("/process/rlimits", i, "/type"), limit.type, " is there twice");
      report.needs("/process/rlimits");
    }
    seen |= bit;
    if (limit.soft <= limit.hard) continue;
    report.add(element("/process/rlimits", i, "/soft"), limit.soft, " is above the hard limit ", limit.hard);
    report.needs(element("/process/rlimits", i, "/hard"));
  }
}

void check_oom_score(const Process& process, Report& report) {
  const std::optional<int32_t> score = process.oom_score_adj;
  if (score && (*score < -1000 || *score > 1000))
    report.add("/process/oomScoreAdj", *score, " is out of range (-1000..1000)");
}

void check_io_priority(const Process& process, Report& report) {
  if (!process.io_priority) return;
  const IoPriority& io = *process.io_priority;
  if (!number_of(kIoClasses, io.cls))
    report.add("/process/ioPriority/class", shown(io.cls), " is not an I/O class (known: ", known(kIoClasses), ")");
  if (io.priority < 0 || io.priority > 7)
    report.add("/process/ioPriority/priority", io.priority, " is out of range (0..7)");
}

namespace {

// What sched_setattr(2) would answer with a bare EINVAL.
void check_deadline(const Scheduler& s, Report& report) {
  if (s.policy != "SCHED_DEADLINE") {
    if (s.runtime != 0 || s.deadline != 0 || s.period != 0)
      report.add("/process/scheduler", "runtime, deadline and period need the policy SCHED_DEADLINE, found ", s.policy);
    return;
  }
  if (s.runtime > s.deadline)
    report.add("/process/scheduler/runtime", s.runtime, " is above the deadline ", s.deadline);
  if (s.period != 0 && s.deadline > s.period)
    report.add("/process/scheduler/deadline", s.deadline, " is above the period ", s.period);
}

}  // namespace

void check_scheduler(const Process& process, Report& report) {
  if (!process.scheduler) return;
  const Scheduler& s = *process.scheduler;
  if (!number_of(kSchedPolicies, s.policy)) {
    report.add("/process/scheduler/policy", shown(s.policy),
               " is not a scheduling policy (known: ", known(kSchedPolicies), ")");
    return;
  }
  const bool real_time = s.policy == "SCHED_FIFO" || s.policy == "SCHED_RR";
  if ((s.policy == "SCHED_OTHER" || s.policy == "SCHED_BATCH") && (s.nice < -20 || s.nice > 19))
    report.add("/process/scheduler/nice", s.nice, " is out of range (-20..19)");
  if (!real_time && s.priority != 0)
    report.add("/process/scheduler/priority", "needs the policy SCHED_FIFO or SCHED_RR, found ", s.policy);
  if (real_time && (s.priority < 1 || s.priority > 99))
    report.add("/process/scheduler/priority", s.priority, " is out of range (1..99) for ", s.policy);
  for (size_t i = 0; i < s.flags.size(); ++i)
    if (!number_of(kSchedFlags, s.flags[i]))
      report.add(element("/process/scheduler/flags", i), shown(s.flags[i]),
                 " is not a scheduler flag (known: ", known(kSchedFlags), ")");
  check_deadline(s, report);
}

void check_affinity(const Process& process, Report& report) {
  if (!process.exec_cpu_affinity) return;
  const ExecCpuAffinity& a = *process.exec_cpu_affinity;
  if (!number_list(a.initial))
    report.add("/process/execCPUAffinity/initial", shown(a.initial), " is not a list of CPUs such as 0-3,7");
  if (!number_list(a.final))
    report.add("/process/execCPUAffinity/final", shown(a.final), " is not a list of CPUs such as 0-3,7");
}

void warn_capabilities(const Process& process, Report& report) {
  if (!process.capabilities) return;
  const Capabilities& caps = *process.capabilities;
  const auto look = [&report](std::string_view set, const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i)
      if (!capability_number(names[i]))
        report.add(element(cat("/process/capabilities/", set), i), "ignoring unknown capability ", shown(names[i]));
  };
  look("bounding", caps.bounding);
  look("effective", caps.effective);
  look("inheritable", caps.inheritable);
  look("permitted", caps.permitted);
  look("ambient", caps.ambient);
}

}  // namespace husk::spec
