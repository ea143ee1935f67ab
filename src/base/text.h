// The public printable() and shortened(), under the name the inner layers use.
#pragma once

#include "husk/text.h"  // IWYU pragma: export
