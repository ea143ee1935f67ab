// Hosts and configurations for the tests of plan::build().
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "plan/plan.h"
#include "spec/default_spec.h"
#include "spec/parse.h"

namespace husk::test {

inline host::Facts root_on_new_kernel() {
  host::Facts f;
  f.clone3 = f.openat2 = f.mount_api = f.pidfd = true;
  f.capabilities = (uint64_t{1} << 41) - 1;
  return f;
}

inline host::Facts user_on_new_kernel() {
  host::Facts f = root_on_new_kernel();
  f.euid = f.egid = 1000;
  f.capabilities = 0;
  return f;
}

inline cgroup::Host v2_host() {
  return {cgroup::Mode::v2, {{"", "/sys/fs/cgroup", "/user.slice/session-1.scope"}}};
}

inline cgroup::Host v1_host() {
  return {cgroup::Mode::v1,
          {{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"},
           {"memory", "/sys/fs/cgroup/memory", "/outer"},
           {"name=systemd", "/sys/fs/cgroup/systemd", "/"}}};
}

inline cgroup::Host hybrid_host() {
  cgroup::Host host = v1_host();
  host.mode = cgroup::Mode::hybrid;
  host.hierarchies.push_back({"", "/sys/fs/cgroup/unified", "/"});
  return host;
}

inline spec::Spec parsed(const std::string& json) {
  Result<spec::Spec> s = spec::parse(json);
  EXPECT_TRUE(s.ok()) << s.error().text();
  return s.ok() ? *std::move(s) : spec::Spec();
}

inline spec::Spec default_spec(bool rootless = false) {
  return parsed(spec::default_config(rootless, rootless ? 1000 : 0, rootless ? 1000 : 0, true));
}

// All that plan::build() takes, with what most tests want as defaults.
struct Case {
  spec::Spec spec = default_spec();
  host::Facts facts = root_on_new_kernel();
  cgroup::Host cgroups = v2_host();

  [[nodiscard]] plan::Input input() const { return {spec, facts, cgroups, "demo", "/bundle/rootfs", "/bundle", {}}; }
};

}  // namespace husk::test
