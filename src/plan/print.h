// A plan for people and for machines: `husk run --dry-run`.
#pragma once

#include <string>

#include "plan/plan.h"

namespace husk::plan {

// Who the plan is for; the plan itself does not know.
struct Subject {
  std::string id, bundle, rootfs;
  const spec::Hooks* hooks = nullptr;  // those in the runtime's namespaces are no steps of init's
};

// The parent's part, the way into the namespaces, then init's steps in their order, a line each.
[[nodiscard]] std::string text_of(const Plan& plan, const Subject& subject);

// The same as one JSON object. Its "steps" have the step's name ("op"), what it does in words ("does") and its members
// as they travel to init; numbers that are bit masks come with the names of their bits.
[[nodiscard]] std::string json_of(const Plan& plan, const Subject& subject);

}  // namespace husk::plan
