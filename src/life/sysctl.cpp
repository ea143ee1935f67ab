// Only this host can tell which namespace a path leads to.
#include <sys/stat.h>

#include "json/document.h"
#include "life/container.h"

namespace husk::life {

// The specification knows of a network namespace that is joined; whose it is can be seen here alone. One who names the
// caller's own would have the settings of the whole machine changed.
Status check_sysctl_of_network(const spec::Spec& spec) {
  const spec::Namespace* network = spec.lx.find(spec::NsType::network);
  if (network == nullptr || network->path.empty()) return {};
  for (const auto& [key, value] : spec.lx.sysctl) {
    if (!key.starts_with("net.") && !key.starts_with("net/")) continue;
    struct stat joined = {};
    struct stat own = {};
    if (stat(network->path.c_str(), &joined) < 0) return {};  // joining it will say why
    if (stat("/proc/self/ns/net", &own) < 0 || joined.st_dev != own.st_dev || joined.st_ino != own.st_ino) return {};
    return Error{cat("/linux/sysctl: sysctl ", json::shown(key), " not allowed in host network namespace, which ",
                     network->path, " is"),
                 0, "leave the path out, and the container has a network namespace of its own", 1};
  }
  return {};
}

}  // namespace husk::life
