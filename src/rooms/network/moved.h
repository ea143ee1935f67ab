// Devices that were moved into the container's network namespace, with what it takes to bring them back.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rooms/network/links.h"
#include "rooms/network/plan.h"

namespace husk::network {

// Both ends of a move: the runtime's network namespace and the container's.
struct Sides {
  Netlink here, there;
  Netlink watch;  // there
  sys::Fd here_namespace, there_namespace;
};

class MovedDevices {
 public:
  // All are looked for, and the names that they are to have, before the first is moved.
  [[nodiscard]] Status move(const std::vector<Move>& moves, Sides& sides);

  // Names, addresses, state and routes as they were. What cannot be had back is said, and the rest done.
  void give_back(Sides& sides, std::vector<std::string>& troubles);

 private:
  struct Device {
    Link before;
    std::string wanted;
    std::vector<Answer> addresses, routes;
    bool moved = false;
    int index = 0;  // there; 0: nobody knows
  };
  static Status look_at(const Move& move, Sides& sides, Device& device);
  static Status request_move(Device& device, std::string_view name, Sides& sides);
  static Status move_one(Device& device, Sides& sides);
  static Status settle(const Device& device, Sides& sides);
  static Status request_back(const Device& device, Sides& sides);
  static Status bring_back(const Device& device, Sides& sides);
  static Status restore(const Device& device, const Link& now, Netlink& here);

  std::vector<Device> devices_;
};

}  // namespace husk::network
