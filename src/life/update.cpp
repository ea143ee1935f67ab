// update: other limits for a container that exists.
#include "rooms/cgroup/update.h"

#include "life/container.h"
#include "rooms/cgroup/systemd.h"
#include "spec/parse.h"
#include "spec/validate.h"

namespace husk {
namespace {

// First, because it enables the controllers that the files need.
Status tell_systemd(const cgroup::Home& home, cgroup::Mode mode, const spec::Resources& resources) {
  HUSK_LET(const std::vector<cgroup::Property> properties, cgroup::resource_properties(mode, resources, false));
  if (properties.empty()) return {};
  HUSK_LET(cgroup::Bus bus, cgroup::Bus::open(home.user_manager));
  return bus.set_properties(home.unit, properties);
}

// The rules that the container was made with.
Result<std::vector<spec::DeviceRule>> configured_devices(const Environment& env, const std::string& id) {
  HUSK_LET(const std::string text, store::load_config(env.root, id));
  HUSK_LET(const spec::Spec config, spec::parse(text));
  return config.lx.resources ? config.lx.resources->devices : std::vector<spec::DeviceRule>();
}

Status update_cgroup(const Environment& env, const life::Found& found, spec::Resources resources) {
  const cgroup::Home& home = found.state.cgroup;
  Result<cgroup::Located> cgroup = cgroup::locate(home.directories);
  if (!cgroup.ok()) return std::move(cgroup).error().within(cat("cannot update container ", found.state.id));
  HUSK_TRY(cgroup::complete(*cgroup, &resources));
  if (!home.unit.empty()) {
    const std::string left_out = cgroup::fit_to_systemd(cgroup->mode, &resources);
    if (!left_out.empty()) life::say(env, Level::warning, left_out);
    HUSK_TRY(tell_systemd(home, cgroup->mode, resources));
  }
  if (resources.devices.empty()) return cgroup::update(*cgroup, std::move(resources));
  HUSK_LET(const std::vector<spec::DeviceRule> configured, configured_devices(env, found.state.id));
  return cgroup::update(*cgroup, std::move(resources), &configured);
}

// A container that had no class of its own gets one now; its processes are all below init or come by exec.
Status give_class(const Environment& env, store::State& state, const std::string& root) {
  const intelrdt::Plan plan = intelrdt::plan({}, state.id);
  state.rdt = intelrdt::locate(root, plan);
  HUSK_TRY(store::save(env.root, state));
  HUSK_TRY(intelrdt::create(root, plan, state.rdt));
  HUSK_LET(const std::vector<pid_t> pids, cgroup::processes(state.cgroup.directories));
  for (const pid_t pid : pids) {
    Status joined = intelrdt::join(state.rdt, pid);
    if (!joined.ok() && joined.error().errnum != ESRCH) return joined;
  }
  return {};
}

Status update_rdt(const Environment& env, store::State state, const UpdateOptions& options) {
  HUSK_LET(const std::string root, intelrdt::root());
  if (state.rdt.group.empty()) HUSK_TRY(give_class(env, state, root));
  return intelrdt::update(root, state.rdt, options.l3_cache_schema, options.mem_bw_schema);
}

}  // namespace

Status update(const Environment& env, const UpdateOptions& options) {
  HUSK_LET(const life::Found found, life::find_locked(env, options.id));
  HUSK_LET(spec::Resources resources, spec::parse_resources(options.resources_json));
  HUSK_TRY(spec::validate_resources(resources));
  if (found.phase == Phase::stopped) return Error{"container not running"};
  HUSK_TRY(update_cgroup(env, found, std::move(resources)));
  if (options.l3_cache_schema.empty() && options.mem_bw_schema.empty()) return {};
  return update_rdt(env, found.state, options);
}

}  // namespace husk
