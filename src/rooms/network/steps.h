#pragma once

namespace husk::network {

struct LoopbackUp {
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

}  // namespace husk::network
