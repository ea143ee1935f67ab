#include "life/filter.h"

#include "json/writer.h"
#include "life/sockets.h"
#include "rooms/seccomp/cache.h"
#include "spec/default_spec.h"

namespace husk::life {

Result<seccomp::Filter> filter_of(const Environment& env, const spec::Spec& spec) {
  if (!spec.lx.seccomp) return seccomp::Filter{};
  return seccomp::compile_cached(*spec.lx.seccomp, env.seccomp_cache);
}

Status tell_agent(const spec::Seccomp& seccomp, const store::State& state, std::string_view status, pid_t pid,
                  int listener) {
  json::Writer w(json::Style::compact);
  w.begin_object().member("ociVersion", spec::kOciVersion);
  w.key("fds").begin_array().string("seccompFd").end_array();
  w.member("pid", static_cast<int32_t>(pid));
  if (!seccomp.listener_metadata.empty()) w.member("metadata", seccomp.listener_metadata);
  w.key("state").raw(store::oci_state(state, status, false)).end_object();
  return send_listener(seccomp.listener_path, w.take(), listener);
}

}  // namespace husk::life
