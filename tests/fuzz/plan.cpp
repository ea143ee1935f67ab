// A plan as init receives it: decoding never leaves the buffer.
#include <cstddef>
#include <cstdint>

#include "base/reader.h"
#include "plan/header.h"
#include "plan/steps.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  husk::Arena arena;
  husk::Reader reader(reinterpret_cast<const char*>(data), size, arena);
  husk::plan::Header header;
  reader.read(header);
  husk::hooks::Hook hook;
  reader.read(hook);
  husk::rootfs::Mount mount;
  reader.read(mount);
  return 0;
}
