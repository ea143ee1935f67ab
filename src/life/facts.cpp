// What the library says about itself.
#include "host/facts.h"

#include "husk/husk.h"
#include "rooms/cgroup/cgroup.h"
#include "spec/default_spec.h"

namespace husk {

std::string default_config(bool rootless, uint32_t uid, uint32_t gid) {
  const Result<cgroup::Host> host = cgroup::probe(false);
  return spec::default_config(rootless, uid, gid, host.ok() && host->mode == cgroup::Mode::v2);
}

bool in_user_namespace() {
  return host::in_user_namespace();
}

const char* spec_version() {
  return spec::kOciVersion;
}
const char* version() {
  return HUSK_VERSION;
}

}  // namespace husk
