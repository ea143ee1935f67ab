// A program that is carried inside: as a file without a name, which nobody can change.
#pragma once

#include "base/result.h"
#include "sys/fd.h"

namespace husk::host {

// A memfd named `name` with the bytes from `begin` to `end`, sealed against writing and executable. See
// memfd_create(2).
[[nodiscard]] Result<sys::Fd> sealed_file(const char* name, const char* begin, const char* end);

}  // namespace husk::host
