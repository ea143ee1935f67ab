// config.json, process.json, the resources of an update, a container's state: whatever comes, an answer and no fault.
// What is accepted is planned for hosts of several kinds, and the plan survives its way to init.
//
// An input is a letter, a second byte that chooses the host, and the JSON.
#include <set>

#include "fuzz.h"
#include "memory_files.h"
#include "plan/exec.h"
#include "plan/plan.h"
#include "rooms/cgroup/systemd.h"
#include "rooms/intelrdt/intelrdt.h"
#include "spec/parse.h"
#include "spec/validate.h"
#include "store/store.h"
#include "travel.h"

namespace husk::fuzz {
namespace {

cgroup::Host host_of(unsigned kind) {
  using cgroup::Mode;
  if (kind == 0) return {Mode::v2, {{"", "/sys/fs/cgroup", "/user.slice/session-1.scope"}}};
  if (kind == 1) return {Mode::none, {}};
  cgroup::Host host = {Mode::v1,
                       {{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"},
                        {"memory", "/sys/fs/cgroup/memory", "/outer"},
                        {"devices", "/sys/fs/cgroup/devices", "/outer"},
                        {"cpuset", "/sys/fs/cgroup/cpuset", "/"},
                        {"name=systemd", "/sys/fs/cgroup/systemd", "/"}}};
  if (kind == 2) return host;
  host.mode = Mode::hybrid;
  host.hierarchies.push_back({"", "/sys/fs/cgroup/unified", "/"});
  return host;
}

host::Facts facts_of(uint8_t choice) {
  host::Facts f;
  f.clone3 = f.openat2 = f.mount_api = f.pidfd = (choice & 4) != 0;
  if ((choice & 8) != 0) {
    f.euid = f.egid = 1000;
  } else {
    f.capabilities = (uint64_t{1} << 41) - 1;
  }
  return f;
}

void travel(const Result<plan::Plan>& plan) {
  if (!good(plan)) return;
  for (const plan::Step& step : plan->steps) demand(!plan::describe(step).empty(), "every step has words");
  const std::string text = plan::encode(*plan);
  const std::optional<std::string> again = recode(text);
  demand(again.has_value(), "a plan can be decoded");
  demand(*again == text, "a plan arrives as it was sent");
}

void plan_all(const spec::Spec& spec, uint8_t choice) {
  const host::Facts facts = facts_of(choice);
  const cgroup::Host host = host_of(choice & 3);
  plan::Input in{spec, facts, host, "demo", "/bundle/rootfs", "/bundle", {}};
  in.wait_for_start = in.force_long = (choice & 16) != 0;
  in.systemd = (choice & 32) != 0;
  in.user_systemd = in.systemd && (choice & 8) != 0;
  in.no_cgroup = (choice & 64) != 0;
  in.apparmor = (choice & 128) != 0;
  in.selinux = in.no_pivot = !in.apparmor;
  travel(plan::build(in));
  if (!spec.process) return;
  plan::ExecInput exec{spec, facts, "demo", "/bundle/rootfs", 77, facts.pidfd, 2, {}, {}, {}, {}};
  exec.apparmor = in.apparmor;
  exec.selinux = in.selinux;
  travel(plan::build_exec(exec));
}

bool told(const std::vector<spec::Problem>& problems) {
  for (const spec::Problem& p : problems) demand(!p.message.empty(), "a problem is named", p.pointer);
  return !problems.empty();
}

// Reading that goes on after what is wrong. No two problems are the same one.
void all_at_once(std::string_view json, bool readable, const Result<std::vector<spec::Problem>>& problems) {
  if (!good(problems)) {
    demand(!readable, "what can be read is JSON", json);
    return;
  }
  demand(told(*problems) || readable, "what cannot be read is a problem", json);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const spec::Problem& p : *problems)
    demand(seen.emplace(p.pointer, p.message).second, "a problem is named once", p.pointer);
}

void config(std::string_view json, uint8_t choice) {
  const Result<spec::Spec> spec = spec::parse(json);
  spec::Spec partly;
  all_at_once(json, spec.ok(), spec::examine(json, partly));
  // What could be read is looked at beside the host, whatever else is wrong.
  if (partly.lx.resources)
    (void)good(cgroup::plan(host_of(choice & 3), partly.lx.cgroups_path, "demo", &*partly.lx.resources));
  (void)told(spec::warnings(partly));
  if (!good(spec)) return;
  const bool bad = told(spec::check_all(*spec));
  demand(spec::validate(*spec).ok() == !bad, "validate() is the first of check_all()");
  (void)told(spec::warnings(*spec));
  if (bad) return;
  if (spec->lx.intel_rdt) (void)intelrdt::plan(*spec->lx.intel_rdt, "demo");
  plan_all(*spec, choice);
}

// A process that exec adds to a container with nothing else in its configuration.
void process(std::string_view json, uint8_t choice) {
  Result<spec::Process> process = spec::parse_process(json);
  spec::Process partly;
  all_at_once(json, process.ok(), spec::examine_process(json, partly));
  if (!good(process) || told(spec::check_process(*process))) return;
  spec::Spec spec;
  spec.process = *std::move(process);
  plan_all(spec, choice);
}

void resources(std::string_view json, uint8_t choice) {
  const Result<spec::Resources> parsed = spec::parse_resources(json);
  if (!good(parsed) || told(spec::check_resources(*parsed))) return;
  for (const cgroup::Mode mode : {cgroup::Mode::v1, cgroup::Mode::v2}) {
    (void)good(cgroup::plan_resources(mode, &*parsed, (choice & 1) != 0));
    spec::Resources fitted = *parsed;
    (void)cgroup::fit_to_systemd(mode, &fitted);
    (void)good(cgroup::resource_properties(mode, fitted, (choice & 1) != 0));
    (void)good(cgroup::plan_resources(mode, &fitted, false));
  }
}

void state(std::string_view json) {
  static const MemoryFiles here({"state.json"}, "demo");
  static const MemoryFiles copy({"state.json"}, "demo");
  here.put(json);
  const Result<store::State> first = store::load(here.root(), "demo");
  if (!good(first)) return;
  demand(first->id == "demo", "a state belongs to its container");
  demand(!store::oci_state(*first, "running", false).empty(), "a state can be told");
  demand(store::save(copy.root(), *first).ok(), "a state can be saved");
  const Result<store::State> second = store::load(copy.root(), "demo");
  demand(second.ok(), "a saved state can be loaded");
  demand(store::oci_state(*first, "", true) == store::oci_state(*second, "", true) &&
             first->cgroup.directories == second->cgroup.directories && first->cgroup.unit == second->cgroup.unit &&
             first->start_time == second->start_time && first->rootfs == second->rootfs,
         "a state is what was saved");
}

}  // namespace
}  // namespace husk::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  husk::fuzz::Input in(data, size);
  const uint8_t what = in.byte();
  const uint8_t choice = in.byte();
  switch (what % 4) {  // 'd', 'e', 'f' and 'g' are 0 to 3
    case 0:
      husk::fuzz::config(in.rest(), choice);
      break;
    case 1:
      husk::fuzz::process(in.rest(), choice);
      break;
    case 2:
      husk::fuzz::resources(in.rest(), choice);
      break;
    default:
      husk::fuzz::state(in.rest());
  }
  return 0;
}
