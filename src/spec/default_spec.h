// The configuration that `husk spec` writes.
#pragma once

#include <cstdint>
#include <string>

namespace husk::spec {

// The newest version of the specification that husk implements, for ociVersion, `features` and `--version`.
inline constexpr char kOciVersion[] = "1.3.0";

// A config.json that runs a shell in ./rootfs, without a newline at its end. With `rootless`, it has a user namespace
// in which root is the host's `uid` and `gid`, no network namespace of its own, and no cgroup limits. With `cgroup2`
// (the host's hierarchy is the unified one) it has a cgroup namespace.
[[nodiscard]] std::string default_config(bool rootless, uint32_t uid = 0, uint32_t gid = 0, bool cgroup2 = false);

}  // namespace husk::spec
