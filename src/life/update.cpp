// update: other limits for a container that exists.
#include "rooms/cgroup/update.h"

#include <cerrno>

#include "host/files.h"
#include "life/container.h"
#include "rooms/cgroup/systemd.h"
#include "spec/parse.h"
#include "spec/validate.h"

namespace husk {
namespace {

// Before the files, as runc: it knows the order in which what excludes each other can be changed (a weight, and idle).
Status tell_systemd(const cgroup::Home& home, cgroup::Mode mode, const spec::Resources& resources) {
  HUSK_LET(const std::vector<cgroup::Property> properties, cgroup::resource_properties(mode, resources, false));
  if (properties.empty()) return {};
  HUSK_LET(cgroup::Bus bus, cgroup::Bus::open(home.user_manager));
  return bus.set_properties(home.unit, properties);
}

// An update that has changed the rules of devices, as it was given: they are what the next one is compared with.
std::string device_file(const Environment& env, const std::string& id) {
  return store::directory(env.root, id) + "/devices.json";
}

// The rules that the container was made with, or has got from husk since.
Result<std::vector<spec::DeviceRule>> configured_devices(const Environment& env, const std::string& id) {
  if (const Result<std::string> later = host::read_file(device_file(env, id), json::kMaxBytes); later.ok()) {
    HUSK_LET(spec::Resources resources, spec::parse_resources(*later));
    return std::move(resources.devices);
  } else if (later.error().errnum != ENOENT) {
    return later.error();
  }
  HUSK_LET(const std::string text, store::load_config(env.root, id));
  HUSK_LET(const spec::Spec config, spec::parse(text));
  return config.lx.resources ? config.lx.resources->devices : std::vector<spec::DeviceRule>();
}

Status write_files(const Environment& env, const std::string& id, const cgroup::Located& cgroup,
                   const spec::Resources& resources, const std::string& json) {
  if (resources.devices.empty()) return cgroup::update(cgroup, resources);
  HUSK_LET(const std::vector<spec::DeviceRule> configured, configured_devices(env, id));
  const Result<cgroup::DeviceList> before = cgroup::fold_devices(configured);
  const Result<cgroup::DeviceList> after = cgroup::fold_devices(resources.devices);
  HUSK_TRY(cgroup::update(cgroup, resources, &configured));
  if (before.ok() && after.ok() && *before == *after) return {};
  return host::write_atomic(device_file(env, id), json, 0600);
}

Status update_cgroup(const Environment& env, const life::Found& found, spec::Resources resources,
                     const std::string& json) {
  const cgroup::Home& home = found.state.cgroup;
  Result<cgroup::Located> cgroup = cgroup::locate(home.directories);
  if (!cgroup.ok()) return std::move(cgroup).error().within(cat("cannot update container ", found.state.id));
  if (!home.unit.empty()) {
    HUSK_TRY(cgroup::complete(*cgroup, &resources));
    const std::string left_out = cgroup::fit_to_systemd(cgroup->mode, &resources);
    if (!left_out.empty()) life::say(env, Level::warning, left_out);
    HUSK_TRY(tell_systemd(home, cgroup->mode, resources));
  }
  return write_files(env, found.state.id, *cgroup, resources, json);
}

// A container that had no class of its own gets one now; its processes are all below init or come by exec.
Status give_class(const Environment& env, store::State& state, const std::string& root) {
  const intelrdt::Plan plan = intelrdt::plan({}, state.id);
  state.rdt = intelrdt::locate(root, plan);
  HUSK_TRY(store::save(env.root, state));
  if (Status made = intelrdt::create(root, plan, state.rdt); !made.ok()) {
    state.rdt = {};
    HUSK_TRY(store::save(env.root, state));
    return made;
  }
  // Whom a process has made while they were listed is found the second time.
  for (int round = 0; round < 2; ++round) {
    HUSK_LET(const std::vector<pid_t> pids, cgroup::processes(state.cgroup.directories));
    for (const pid_t pid : pids) {
      Status joined = intelrdt::join(state.rdt, pid);
      if (!joined.ok() && joined.error().errnum != ESRCH) return joined;
    }
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
  HUSK_TRY(update_cgroup(env, found, std::move(resources), options.resources_json));
  if (options.l3_cache_schema.empty() && options.mem_bw_schema.empty()) return {};
  return update_rdt(env, found.state, options);
}

}  // namespace husk
