// The members that the specification knows, for who wants to be told of those that it does not. A start ignores them,
// as it has to; but whoever wrote "argz" has meant something.
#pragma once

#include <vector>

#include "json/document.h"
#include "spec/validate.h"

namespace husk::spec {

// Each member of a config.json, or of a process.json, that no version of the specification has. What other platforms
// have, and what lies in it, is known. Pointers are those of the file.
[[nodiscard]] std::vector<Problem> unknown_members(json::Value config);
[[nodiscard]] std::vector<Problem> unknown_members_of_process(json::Value process);

}  // namespace husk::spec
