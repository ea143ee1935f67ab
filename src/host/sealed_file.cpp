#include "host/sealed_file.h"

#include <fcntl.h>
#include <linux/memfd.h>

#include <cerrno>

#include "sys/calls.h"

namespace husk::host {

Result<sys::Fd> sealed_file(const char* name, const char* begin, const char* end) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  constexpr unsigned kExec = 0x10;  // MFD_EXEC, Linux 6.3: where vm.memfd_noexec makes "not executable" the default
  int fd = static_cast<int>(sys::call(SYS_memfd_create, name, flags | kExec));
  if (fd == -EINVAL) fd = static_cast<int>(sys::call(SYS_memfd_create, name, flags));
  if (fd < 0) return fail(-fd, "memfd_create for ", name);
  sys::Fd out(fd);
  for (const char* at = begin; at != end;) {
    const long n = sys::write(fd, at, static_cast<size_t>(end - at));
    if (n < 0) return fail(static_cast<int>(-n), "write ", name, " to memory");
    at += n;
  }
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (const long ret = sys::call(SYS_fcntl, fd, F_ADD_SEALS, kSeals); ret < 0)
    return fail(static_cast<int>(-ret), "seal ", name);
  return out;
}

}  // namespace husk::host
