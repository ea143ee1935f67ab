#include "spec/names.h"
#include "spec/parse_detail.h"

namespace husk::spec {

void read(const json::In& in, Box& out) {
  in.need("height", out.height);
  in.need("width", out.width);
}

// uid and gid are required by the text of the specification but not by its schema, and engines leave them out for root.
void read(const json::In& in, User& out) {
  in.get("uid", out.uid);
  in.get("gid", out.gid);
  in.get("umask", out.umask);
  in.get("additionalGids", out.additional_gids);
}

void read(const json::In& in, Capabilities& out) {
  in.get("bounding", out.bounding);
  in.get("effective", out.effective);
  in.get("inheritable", out.inheritable);
  in.get("permitted", out.permitted);
  in.get("ambient", out.ambient);
}

void read(const json::In& in, Rlimit& out) {
  in.need("type", out.type);
  in.need("soft", out.soft);
  in.need("hard", out.hard);
  out.resource = rlimit_resource(out.type).value_or(-1);  // validate() refuses -1
}

void read(const json::In& in, IoPriority& out) {
  in.need("class", out.cls);
  in.get("priority", out.priority);
}

void read(const json::In& in, Scheduler& out) {
  in.need("policy", out.policy);
  in.get("nice", out.nice);
  in.get("priority", out.priority);
  in.get("flags", out.flags);
  in.get("runtime", out.runtime);
  in.get("deadline", out.deadline);
  in.get("period", out.period);
}

void read(const json::In& in, ExecCpuAffinity& out) {
  in.get("initial", out.initial);
  in.get("final", out.final);
}

void read(const json::In& in, Process& out) {
  in.get("terminal", out.terminal);
  in.get("consoleSize", out.console_size);
  in.get("user", out.user);
  in.get("args", out.args);
  in.get("env", out.env);
  in.need("cwd", out.cwd);
  in.get("capabilities", out.capabilities);
  in.get("rlimits", out.rlimits);
  in.get("noNewPrivileges", out.no_new_privileges);
  in.get("apparmorProfile", out.apparmor_profile);
  in.get("selinuxLabel", out.selinux_label);
  in.get("oomScoreAdj", out.oom_score_adj);
  in.get("ioPriority", out.io_priority);
  in.get("scheduler", out.scheduler);
  in.get("execCPUAffinity", out.exec_cpu_affinity);
}

}  // namespace husk::spec
