#include "json/document.h"
#include "spec/names.h"
#include "spec/validate_detail.h"

namespace husk::spec {

using json::shown;

namespace {

constexpr std::string_view kRules = "/linux/seccomp/syscalls";

void check_action(const std::string& action, const std::string& pointer, Report& report) {
  if (!contains(kSeccompActions, action))
    report.add(pointer, shown(action), " is not a seccomp action (known: ", known(kSeccompActions), ")");
}

void check_rule(const SeccompRule& rule, size_t i, Report& report) {
  if (rule.names.empty()) report.add(element(kRules, i, "/names"), "must have at least one entry");
  check_action(rule.action, element(kRules, i, "/action"), report);
  for (size_t k = 0; k < rule.args.size(); ++k) {
    const SeccompArg& arg = rule.args[k];
    const std::string pointer = element(element(kRules, i, "/args"), k);
    if (arg.index > 5) report.add(cat(pointer, "/index"), arg.index, " is out of range (0..5)");
    if (!contains(kSeccompOperators, arg.op))
      report.add(cat(pointer, "/op"), shown(arg.op), " is not a seccomp operator (known: ", known(kSeccompOperators),
                 ")");
  }
}

bool takes_errno(std::string_view action) {
  return action == "SCMP_ACT_ERRNO" || action == "SCMP_ACT_TRACE";
}

}  // namespace

void check_seccomp_names(const Spec& spec, Report& report) {
  if (!spec.lx.seccomp) return;
  const Seccomp& seccomp = *spec.lx.seccomp;
  check_action(seccomp.default_action, "/linux/seccomp/defaultAction", report);
  for (size_t i = 0; i < seccomp.architectures.size(); ++i)
    if (const std::string& arch = seccomp.architectures[i]; !contains(kSeccompArchitectures, arch))
      report.add(element("/linux/seccomp/architectures", i), shown(arch),
                 " is not a seccomp architecture (known: ", known(kSeccompArchitectures), ")");
  for (size_t i = 0; i < seccomp.flags.size(); ++i)
    if (const std::string& flag = seccomp.flags[i]; !contains(kSeccompFlags, flag))
      report.add(element("/linux/seccomp/flags", i), shown(flag),
                 " is not a seccomp flag (known: ", known(kSeccompFlags), ")");
  for (size_t i = 0; i < seccomp.syscalls.size(); ++i) check_rule(seccomp.syscalls[i], i, report);
}

// Init says with write(2) that it has the listener, and before that nobody can answer a notification.
void check_seccomp_notify(const Spec& spec, Report& report) {
  if (!spec.lx.seccomp) return;
  const Seccomp& seccomp = *spec.lx.seccomp;
  if (seccomp.default_action == "SCMP_ACT_NOTIFY")
    report.add("/linux/seccomp/defaultAction", "SCMP_ACT_NOTIFY cannot be used as default action");
  for (size_t i = 0; i < seccomp.syscalls.size(); ++i) {
    if (seccomp.syscalls[i].action != "SCMP_ACT_NOTIFY") continue;
    for (const std::string& name : seccomp.syscalls[i].names)
      if (name == "write")
        report.add(element(kRules, i, "/names"), "SCMP_ACT_NOTIFY cannot be used for the write syscall");
  }
  if (!seccomp.listener_metadata.empty() && seccomp.listener_path.empty()) {
    report.add("/linux/seccomp/listenerMetadata", "must not be set without a listenerPath");
    report.needs("/linux/seccomp/listenerPath");
  }
}

void check_seccomp_errno(const Spec& spec, Report& report) {
  if (!spec.lx.seccomp) return;
  const Seccomp& seccomp = *spec.lx.seccomp;
  const auto look = [&report](const std::string& at, const char* number, const char* action, const std::string& name) {
    if (takes_errno(name)) return;
    report.add(at + number, "the action ", shown(name), " takes no errno");
    report.needs(at + action);
  };
  if (seccomp.default_errno_ret) look("/linux/seccomp", "/defaultErrnoRet", "/defaultAction", seccomp.default_action);
  for (size_t i = 0; i < seccomp.syscalls.size(); ++i)
    if (const SeccompRule& rule = seccomp.syscalls[i]; rule.errno_ret)
      look(element(kRules, i), "/errnoRet", "/action", rule.action);
}

}  // namespace husk::spec
