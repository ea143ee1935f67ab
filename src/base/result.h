// The public Result and Error, under the name the inner layers use.
#pragma once

#include "husk/result.h"  // IWYU pragma: export
