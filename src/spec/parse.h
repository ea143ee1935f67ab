// config.json and its parts, from text to the structs of types.h.
//
// Every error is one sentence that starts with the JSON pointer of what is wrong:
//   /linux/namespaces/2/type: "nett" is not a namespace type (known: pid, network, ...)
// A syntax error has line and column instead. Unknown members are ignored, as the specification asks; a key that
// appears twice in one object is refused, because two programs that read the file could see two different containers.
// `null` counts as absent. parse() says nothing about values that only make sense together: see validate.h.
#pragma once

#include <string_view>

#include "base/result.h"
#include "spec/types.h"

namespace husk::spec {

// The text of config.json. At most 16 MiB and 64 levels deep.
Result<Spec> parse(std::string_view json);

// The text of the file given to `exec --process`.
Result<Process> parse_process(std::string_view json);

// The text of the file given to `update --resources`: what linux.resources holds. Names of members are taken in any
// case: clients that were made for runc never had to care.
Result<Resources> parse_resources(std::string_view json);

}  // namespace husk::spec
