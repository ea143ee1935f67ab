#include <seccomp.h>

#include "husk/husk.h"

#define HUSK_TEXT2(x) #x
#define HUSK_TEXT(x) HUSK_TEXT2(x)

namespace husk {

// It is linked statically, so the header tells the truth, and asking for the version runs none of its code.
const char* libseccomp_version() {
  return HUSK_TEXT(SCMP_VER_MAJOR) "." HUSK_TEXT(SCMP_VER_MINOR) "." HUSK_TEXT(SCMP_VER_MICRO);
}

}  // namespace husk
