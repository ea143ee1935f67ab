#include "spec/names.h"
#include "spec/parse_detail.h"

namespace husk::spec {

void read(const json::In& in, Namespace& out) {
  std::string type;
  in.need("type", type);
  in.get("path", out.path);
  if (const std::optional<NsType> known_type = namespace_type(type)) {
    out.type = *known_type;
  } else if (const std::optional<json::In> member = in.at("type")) {
    member->fail(json::shown(type), " is not a namespace type (known: ", known(kNamespaces), ")");
  }
}

void read(const json::In& in, TimeOffset& out) {
  in.get("secs", out.secs);
  in.get("nanosecs", out.nanosecs);
}

void read(const json::In& in, TimeOffsets& out) {
  in.get("monotonic", out.monotonic);
  in.get("boottime", out.boottime);
  // The keys name clocks, so an unknown one is not an unknown member but a clock that cannot be moved.
  in.each([](const json::In& clock) {
    const std::string_view name = clock.value().key();
    if (name != "monotonic" && name != "boottime")
      clock.fail(json::shown(name), " is not a clock of a time namespace (known: monotonic, boottime)");
  });
}

void read(const json::In& in, Device& out) {
  in.need("type", out.type);
  in.need("path", out.path);
  if (out.type == "p") {
    in.get("major", out.major);
    in.get("minor", out.minor);
  } else {
    in.need("major", out.major);
    in.need("minor", out.minor);
  }
  in.get("fileMode", out.file_mode);
  in.get("uid", out.uid);
  in.get("gid", out.gid);
}

void read(const json::In& in, std::vector<NetDevice>& out) {
  if (!in.expect(json::Kind::object)) return;
  in.each([&out](const json::In& device) {
    NetDevice& entry = out.emplace_back();
    json::read_key(device, entry.host_name);
    if (device.value().kind() != json::Kind::null) device.get("name", entry.name);
  });
}

void read(const json::In& in, SeccompArg& out) {
  in.need("index", out.index);
  in.need("value", out.value);
  in.get("valueTwo", out.value_two);
  in.need("op", out.op);
}

void read(const json::In& in, SeccompRule& out) {
  in.need("names", out.names);
  in.need("action", out.action);
  in.get("errnoRet", out.errno_ret);
  in.get("args", out.args);
}

void read(const json::In& in, Seccomp& out) {
  in.need("defaultAction", out.default_action);
  in.get("defaultErrnoRet", out.default_errno_ret);
  in.get("architectures", out.architectures);
  out.flags_given = in.has("flags");
  in.get("flags", out.flags);
  in.get("listenerPath", out.listener_path);
  in.get("listenerMetadata", out.listener_metadata);
  in.get("syscalls", out.syscalls);
}

void read(const json::In& in, IntelRdt& out) {
  in.get("closID", out.clos_id);
  in.get("schemata", out.schemata);
  in.get("l3CacheSchema", out.l3_cache_schema);
  in.get("memBwSchema", out.mem_bw_schema);
  in.get("enableMonitoring", out.enable_monitoring);
}

void read(const json::In& in, MemoryPolicy& out) {
  in.get("mode", out.mode);  // required, but validate() has the words that clients look for
  in.get("nodes", out.nodes);
  in.get("flags", out.flags);
}

namespace {

// A seccomp object with neither a default action nor rules asks for no filter: engines write it for "unconfined".
void read_seccomp(const json::In& in, std::optional<Seccomp>& out) {
  const std::optional<json::In> member = in.at("seccomp");
  if (!member || !member->expect(json::Kind::object)) return;
  const std::optional<json::In> action = member->at("defaultAction");
  const std::optional<json::In> rules = member->at("syscalls");
  const bool no_action = !action || (action->value().kind() == json::Kind::string && action->value().text().empty());
  if (no_action && (!rules || rules->size() == 0)) return;
  read(*member, out.emplace());
}

}  // namespace

void read(const json::In& in, Linux& out) {
  in.get("namespaces", out.namespaces);
  in.get("uidMappings", out.uid_mappings);
  in.get("gidMappings", out.gid_mappings);
  in.get("timeOffsets", out.time_offsets);
  in.get("devices", out.devices);
  in.get("netDevices", out.net_devices);
  in.get("cgroupsPath", out.cgroups_path);
  in.get("resources", out.resources);
  in.get("rootfsPropagation", out.rootfs_propagation);
  read_seccomp(in, out.seccomp);
  in.get("sysctl", out.sysctl);
  in.get("maskedPaths", out.masked_paths);
  in.get("readonlyPaths", out.readonly_paths);
  in.get("mountLabel", out.mount_label);
  if (const std::optional<json::In> personality = in.at("personality")) {
    personality->need("domain", out.personality);
    personality->get("flags", out.personality_flags);
    // validate() takes an empty one for "no personality asked for".
    if (out.personality.empty()) personality->fail("domain is empty (known: ", known(kPersonalities), ")");
  }
  in.get("intelRdt", out.intel_rdt);
  in.get("memoryPolicy", out.memory_policy);
}

}  // namespace husk::spec
