#include "spec/parse.h"

#include "spec/parse_detail.h"

namespace husk::spec {

void read(const json::In& in, Root& out) {
  in.need("path", out.path);
  in.get("readonly", out.readonly);
}

void read(const json::In& in, IdMapping& out) {
  in.need("containerID", out.container_id);
  in.need("hostID", out.host_id);
  in.need("size", out.size);
}

void read(const json::In& in, Mount& out) {
  in.need("destination", out.destination);
  in.get("type", out.type);
  in.get("source", out.source);
  in.get("options", out.options);
  in.get("uidMappings", out.uid_mappings);
  in.get("gidMappings", out.gid_mappings);
}

void read(const json::In& in, Hook& out) {
  in.need("path", out.path);
  in.get("args", out.args);
  in.get("env", out.env);
  in.get("timeout", out.timeout);
}

void read(const json::In& in, Hooks& out) {
  in.get("prestart", out.prestart);
  in.get("createRuntime", out.create_runtime);
  in.get("createContainer", out.create_container);
  in.get("startContainer", out.start_container);
  in.get("poststart", out.poststart);
  in.get("poststop", out.poststop);
}

void read(const json::In& in, Spec& out) {
  in.need("ociVersion", out.oci_version);
  in.get("process", out.process);
  in.get("root", out.root);  // whether it may be absent is for validate() to say
  in.get("hostname", out.hostname);
  in.get("domainname", out.domainname);
  in.get("mounts", out.mounts);
  in.get("hooks", out.hooks);
  in.get("annotations", out.annotations);
  in.get("linux", out.lx);
}

Result<Spec> parse(std::string_view json) {
  return json::parse_as<Spec>(json);
}
Result<Process> parse_process(std::string_view json) {
  return json::parse_as<Process>(json);
}
Result<Resources> parse_resources(std::string_view json) {
  return json::parse_as<Resources>(json, true);
}

std::string map_text(const std::vector<IdMapping>& mappings) {
  std::string out;
  for (const IdMapping& m : mappings) out += cat(m.container_id, " ", m.host_id, " ", m.size, "\n");
  return out;
}

}  // namespace husk::spec
