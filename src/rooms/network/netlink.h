// A conversation with the kernel about the devices, addresses and routes of one network namespace.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "rooms/network/message.h"
#include "sys/fd.h"

namespace husk::network {

class Netlink {
 public:
  Netlink() = default;
  // In the network namespace of the calling thread.
  static Result<Netlink> here();
  // In another one. The calling thread does not enter it.
  static Result<Netlink> inside(int network_namespace);

  // The error is `doing` with the kernel's errno, and its own words as the hint.
  [[nodiscard]] Status request(Message message, std::string_view doing);
  [[nodiscard]] Result<std::vector<Answer>> ask(Message message, std::string_view doing);

  // From here on, departures of devices are counted. On a socket that serves nothing else.
  [[nodiscard]] Status watch_links();
  // How often a device of that number went away since the last call. Where some news was lost: more than once.
  [[nodiscard]] int departures(int index);

  explicit operator bool() const { return static_cast<bool>(socket_); }
  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  static Result<Netlink> prepared(sys::Fd socket);
  Result<std::vector<Answer>> once(Message& message, std::string_view doing, bool& interrupted);
  sys::Fd socket_;
  uint32_t number_ = 0;
};

}  // namespace husk::network
