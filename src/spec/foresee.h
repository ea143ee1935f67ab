// What is right by the specification and by the types of its members, and what a start would be refused for all the
// same: by the kernel, or by the plan. A start finds it out by trying; this is for who wants to know before.
//
// Only what is sure to fail is a problem. Pure: what is known of the host is handed in.
#pragma once

#include <cstdint>
#include <vector>

#include "spec/types.h"
#include "spec/validate.h"

namespace husk::spec {

// The host that a container is to be started on; as it is here, nothing is known of it.
struct Around {
  enum class Cgroups : uint8_t { unknown, v1, v2 };
  Cgroups cgroups = Cgroups::unknown;
  uint64_t capabilities = ~uint64_t{0};  // that init will have
  uint64_t stack = 0;                    // soft RLIMIT_STACK of the caller; 0: unknown
  int64_t monotonic = 0, boottime = 0;   // the clocks in seconds; 0: unknown
};

[[nodiscard]] std::vector<Problem> foresee(const Spec& spec, const Around& around);
[[nodiscard]] std::vector<Problem> foresee_process(const Process& process, const Around& around);

// foresee_mounts.cpp, foresee_resources.cpp: its parts.
class Report;
void foresee_mounts(const Spec& spec, Report& report);
void foresee_devices(const Spec& spec, Report& report);
void foresee_resources(const Resources& resources, const Around& around, Report& report);

}  // namespace husk::spec
