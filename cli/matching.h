// --regex of kill and delete, an option of crun's: every container whose id matches.
#pragma once

#include <functional>

#include "cli/command.h"

namespace husk::cli {

// Calls `act` with each id in which the POSIX extended expression is found. What fails is logged and does not keep the
// others from their turn; a container that has gone meanwhile is none. 1 if anything failed, for the exit status.
Result<int> for_each_match(const Environment& env, const Log& log, const char* pattern,
                           const std::function<Status(const std::string& id)>& act);

}  // namespace husk::cli
