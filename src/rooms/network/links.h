// What the kernel knows about a device, and the requests that several of our jobs make.
#pragma once

#include <net/if.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rooms/network/message.h"
#include "rooms/network/netlink.h"

namespace husk::network {

struct Link {
  int index = 0;
  std::string name, kind;  // "veth", "bridge" ...; empty for hardware
  std::string mac;         // its bytes
  unsigned flags = 0;
  uint32_t mtu = 0, tx_queue = 0, master = 0;
};

[[nodiscard]] Link link_of(const Answer& answer);

[[nodiscard]] Result<std::optional<Link>> find_link(Netlink& where, std::string_view name);
[[nodiscard]] Result<std::optional<Link>> find_link(Netlink& where, int index);

// A name that nobody has and nobody can foresee.
[[nodiscard]] std::string unheard_of(std::string_view prefix);

// A request about one device.
[[nodiscard]] Message change_of(int index, unsigned flags = 0, unsigned which_flags = 0);
[[nodiscard]] Message deletion_of(int index);
[[nodiscard]] Status set_up(Netlink& where, int index, std::string_view name);

// All addresses of the device, and those of its routes that somebody configured.
[[nodiscard]] Result<std::vector<Answer>> addresses_of(Netlink& where, int index);
[[nodiscard]] Result<std::vector<Answer>> routes_of(Netlink& where, int index);

// One that is to go where the device goes: permanent, and of global scope.
[[nodiscard]] bool is_to_be_carried(const Answer& address);
// One that the kernel itself makes where a device is up.
[[nodiscard]] bool is_made_by_kernel(const Answer& address);

// The request that makes it once more, on a device that may have another number and name.
struct Place {
  int index;
  std::string_view old_name, name;
};
[[nodiscard]] Message address_again(const Answer& address, const Place& place);
[[nodiscard]] Message route_again(const Answer& route, int index);

}  // namespace husk::network
