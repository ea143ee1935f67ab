// The process that `exec` adds: the container's own with some changes, or one of the caller's making.
#pragma once

#include "base/result.h"
#include "husk/husk.h"
#include "spec/types.h"

namespace husk::life {

// Puts it in the place of the container's own process, and checks it.
Status put_process(const ExecOptions& options, spec::Spec& spec);

}  // namespace husk::life
