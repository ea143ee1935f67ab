// The seccomp room: from linux.seccomp to a classic BPF program. Only the plan lives here; init loads the program with
// seccomp(SECCOMP_SET_MODE_FILTER) and knows nothing of libseccomp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "spec/types.h"

namespace husk::seccomp {

struct Filter {
  std::vector<uint8_t> program;      // struct sock_filter[], host byte order
  uint32_t flags = 0;                // SECCOMP_FILTER_FLAG_*, for seccomp(2); NEW_LISTENER exactly when `notify`
  bool notify = false;               // a rule has SCMP_ACT_NOTIFY: loading gives a listener descriptor
  std::vector<std::string> skipped;  // system calls that libseccomp does not know and that were left out, for the log

  // Number of instructions.
  [[nodiscard]] uint16_t length() const { return static_cast<uint16_t>(program.size() / 8); }
};

// Compiles a profile. Errors name the place: "/linux/seccomp/syscalls/3/action: ...". Takes milliseconds for an
// engine's default profile, so callers cache the result.
[[nodiscard]] Result<Filter> compile(const spec::Seccomp& seccomp);

}  // namespace husk::seccomp
