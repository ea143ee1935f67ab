// The network room, planning: linux.netDevices, and the annotation org.husk.network. No system calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "spec/types.h"

namespace husk::network {

inline constexpr const char* kAnnotation = "org.husk.network";

// A device of the runtime's network namespace that is to be in the container's.
struct Move {
  std::string name;
  std::string wanted;  // its name there, or a template ("eth%d"); empty: the same
};

struct IpAddress {
  int family = 0;     // AF_INET, AF_INET6; 0: none
  std::string bytes;  // in the network's order
  uint8_t prefix = 0;
};

struct Interface {
  enum class Type { loopback, veth, device };
  Type type = Type::loopback;
  std::string name;               // in the container
  std::string host_name, bridge;  // of a veth: its other end, and what that is put into
  bool hairpin = false;
  std::string mac;  // six bytes, or empty
  uint32_t mtu = 0;
  std::optional<uint32_t> tx_queue;
  std::vector<IpAddress> addresses;
  IpAddress gateway, gateway6;
};

struct Route {
  IpAddress destination;  // prefix 0: the default route
  IpAddress gateway, source;
  std::string interface;
};

struct Plan {
  std::vector<Move> moves;
  std::vector<Interface> interfaces;
  std::vector<Route> routes;
  [[nodiscard]] bool empty() const { return moves.empty() && interfaces.empty() && routes.empty(); }
};

// `net_admin`: the caller has CAP_NET_ADMIN, without which nothing leaves his network namespace.
[[nodiscard]] Result<Plan> plan(const spec::Spec& spec, bool net_admin);

// The value of the annotation; an error names the place in it.
[[nodiscard]] Result<Plan> parse_annotation(const std::string& json);

}  // namespace husk::network
