// What the parent does while init waits, and after: hooks and network. For plan/print.
#pragma once

#include <string>

#include "json/writer.h"
#include "plan/print.h"

namespace husk::plan {

void add_parents(std::string& out, const Plan& plan, const Subject& subject);
// The members "hooks" and "network" of the object that is being written.
void add_parents(json::Writer& w, const Plan& plan, const Subject& subject);

}  // namespace husk::plan
