// Compiled filters, kept between starts. Compiling an engine's profile takes longer than the rest of a start's planning
// together; the same profile comes with every container.
#pragma once

#include <string>

#include "base/result.h"
#include "rooms/seccomp/seccomp.h"
#include "spec/types.h"

namespace husk::seccomp {

// compile(), or what an earlier compile() of the same profile, libseccomp and kernel gave. A cache that cannot be used
// is no error: the filter is compiled then. `directory`: absolute, made if it is not there; empty: none is used.
[[nodiscard]] Result<Filter> compile_cached(const spec::Seccomp& seccomp, const std::string& directory);

}  // namespace husk::seccomp
