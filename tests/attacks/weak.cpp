// Only in a weak build (HUSK_WEAK): the names of what is switched off, from the environment.
#include <cstdlib>

#include "base/weakness.h"

namespace husk {
namespace {

struct FromEnvironment {
  FromEnvironment() {
    if (const char* names = getenv("HUSK_WEAKEN")) weaknesses = weaknesses_of(names);
  }
} from_environment;

}  // namespace
}  // namespace husk
