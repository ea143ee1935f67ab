// The list of writes while it is being made. Private to the room.
#pragma once

#include <string>

#include "rooms/cgroup/cgroup.h"
#include "spec/types.h"

namespace husk::cgroup {

class Draft {
 public:
  Draft(Mode mode, bool fresh) : v2_(mode == Mode::v2), fresh_(fresh) {}

  [[nodiscard]] bool v2() const { return v2_; }
  [[nodiscard]] bool fresh() const { return fresh_; }  // for a new container, not an update

  // Adds a write; on v2 the controller will be enabled.
  Write& write(const char* controller, std::string file, std::string value);

  // What the host has no way to give is an error: a container that silently lacks a limit is worse than none.
  // `pointer`: below /linux/resources.
  [[nodiscard]] static Error not_on_v2(std::string_view pointer, std::string_view why);

  ResourcePlan out;

 private:
  bool v2_, fresh_;
};

// resources_memory.cpp, resources_cpu.cpp, resources_block.cpp
[[nodiscard]] Status plan_memory(const spec::Memory& memory, Draft* draft);
[[nodiscard]] Status plan_cpu(const spec::Cpu& cpu, Draft* draft);
[[nodiscard]] Status plan_block_io(const spec::BlockIo& block, Draft* draft);

}  // namespace husk::cgroup
