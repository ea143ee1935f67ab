#pragma once

#include "base/reader.h"
#include "plan/header.h"
#include "start/protocol.h"
#include "sys/identity.h"
#include "sys/timeline.h"

namespace husk::init {

// The caller's procfs, that labels, limits and sysctls are written through: opened before anything is joined or
// mounted. Empty if /proc is none.
sys::Fd open_procfs();

// Carries out all steps. Returns only on failure, which was reported to the
// parent: the exit status.
int run_steps(const plan::Header& header, Reader& reader, starting::InitEnd parent, sys::Fd procfs,
              sys::Recorder recorder, sys::Narrator narrator, Arena& arena);

}  // namespace husk::init
