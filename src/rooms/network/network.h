// The network room, applying: what the parent does to the networks of host and container while init waits, and how it
// takes that back.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rooms/network/moved.h"
#include "rooms/network/plan.h"
#include "sys/fd.h"

namespace husk::network {

class Network {
 public:
  // `container`: its network namespace. What was done before an error is taken back by undo().
  [[nodiscard]] Status set_up(const Plan& plan, sys::Fd container);

  // Brings devices back and deletes what was made. Our sockets keep the container's network namespace alive, so it does
  // not matter whether its processes live. What did not succeed, in sentences.
  std::vector<std::string> undo();

  // All is well: what was done stays.
  void keep() { *this = Network(); }

 private:
  [[nodiscard]] Status open(sys::Fd container, bool watch);

  Sides sides_;
  MovedDevices moved_;
  std::vector<std::string> made_;  // host ends of veths
};

// What the annotation asks for; host ends of veths that it makes are added to `made`.
[[nodiscard]] Status configure(const Plan& plan, Sides& sides, std::vector<std::string>& made);

}  // namespace husk::network
