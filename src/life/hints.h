// What is said below the error of a create or run: how to see more.
#pragma once

#include <string>

#include "husk/husk.h"

namespace husk::life {

// Nothing has been made yet: the configuration is at fault, or the host for it.
void point_to_validate(Error& error, const CreateOptions& options, const std::string& bundle);

// Later. An error that names its step already gets the ways to see all steps.
void point_to_more(Error& error, const CreateOptions& options, const std::string& bundle);

}  // namespace husk::life
