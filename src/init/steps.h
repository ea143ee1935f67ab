#pragma once

#include "base/reader.h"
#include "plan/header.h"
#include "start/protocol.h"

namespace husk::init {

// Carries out all steps; `mounts` are those that the parent made. Returns only on failure, which was reported to the
// parent: the exit status.
int run_steps(const plan::Header& header, Reader& reader, starting::InitEnd parent, std::span<sys::Fd> mounts,
              Arena& arena);

}  // namespace husk::init
