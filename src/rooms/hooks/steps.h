#pragma once

#include <cstdint>
#include <span>

#include "base/str.h"

namespace husk::hooks {

// One createContainer or startContainer hook: init runs it, in the container's namespaces.
struct Hook {
  Str kind;  // "createContainer", "startContainer"
  uint64_t number = 0;
  Str path;
  std::span<const Str> args, env;
  uint64_t timeout = 0;  // seconds, 0: none
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("kind", s.kind)("number", s.number)("path", s.path)("args", s.args)("env", s.env)("timeout", s.timeout);
  }
};

}  // namespace husk::hooks
