// Options of file systems. The kernel itself is asked: a context of a file system takes options one by one and says
// what it does not like, and nothing is mounted or made as long as nobody asks for that.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/files.h"
#include "json/document.h"
#include "life/validate_host.h"
#include "rooms/rootfs/options.h"
#include "spec/questions.h"
#include "sys/fd.h"

namespace husk::life {
namespace {

// "tmpfs: Unknown parameter 'foo'", or nothing.
std::string words_of(int context) {
  char line[256];
  const ssize_t n = ::read(context, line, sizeof line);
  if (n <= 2) return {};
  std::string out(line + 2, static_cast<size_t>(n) - 2);  // behind its letter and blank
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

long set(int context, const std::string& option) {
  const size_t equals = option.find('=');
  if (equals == std::string::npos) return syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, option.c_str(), nullptr, 0);
  const std::string key = option.substr(0, equals);
  return syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key.c_str(), option.c_str() + equals + 1, 0);
}

std::string pointer_of(const spec::Mount& mount, size_t index, const std::string& option) {
  for (size_t k = 0; k < mount.options.size(); ++k)
    if (mount.options[k].find(option) != std::string::npos) return cat("/mounts/", index, "/options/", k);
  return cat("/mounts/", index, "/options");
}

// In a user namespace its ids are meant, which here are others.
bool is_id(const std::string& option) {
  return option.starts_with("uid=") || option.starts_with("gid=");
}

}  // namespace

void check_options(const spec::Spec& spec, const Here& here, Findings& out) {
  constexpr size_t kMaxFile = 1 << 20;
  constexpr size_t kLongest = 255;  // of a value; longer ones are given to mount(2)
  const Result<std::string> types = host::read_file("/proc/filesystems", kMaxFile);
  if (!types.ok() || !here.facts.mount_api || !spec::makes(spec.lx, spec::NsType::mount)) return;
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const spec::Mount& mount = spec.mounts[i];
    const rootfs::Options options = rootfs::parse_options(mount.options);
    // Opening one that is not there would have the kernel look for a module.
    if (spec::is_bind(mount) || mount.type.empty() || mount.type == "cgroup" ||
        types->find(cat("\t", mount.type, "\n")) == std::string::npos)
      continue;
    const sys::Fd context(static_cast<int>(syscall(SYS_fsopen, mount.type.c_str(), FSOPEN_CLOEXEC)));
    if (!context) continue;
    for (const std::string& option : options.data) {
      if ((here.user_namespace && is_id(option)) || option.size() > kLongest) continue;
      if (set(context.get(), option) == 0 || errno != EINVAL) continue;
      const std::string words = words_of(context.get());
      out.missing_here(pointer_of(mount, i, option),
                       words.empty() ? cat(mount.type, " does not take ", json::shown(option)) : words);
    }
  }
}

}  // namespace husk::life
