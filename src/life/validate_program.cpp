// The program, looked for in the root file system as it lies on disk. That is the container's only where nothing else
// comes there: a mount or a hook may bring what is missing, and then nothing is said.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "base/str.h"
#include "json/document.h"
#include "life/validate_host.h"
#include "rooms/rootfs/options.h"
#include "sys/fd.h"
#include "sys/path.h"

namespace husk::life {
namespace {

enum class Look { found, absent, not_executable, unknown };

bool is_covered(const spec::Spec& spec, const std::string& path) {
  for (const spec::Mount& mount : spec.mounts) {
    std::string to = mount.destination;
    while (to.size() > 1 && to.back() == '/') to.pop_back();
    if (!to.starts_with('/')) to.insert(0, "/");
    if (to.find("..") != std::string::npos || path.starts_with(to + "/") || path == to) return true;
  }
  return false;
}

Look look(const Bundle& bundle, sys::RootDir root, const std::string& path) {
  if (is_covered(bundle.spec, path)) return Look::unknown;
  const sys::Fd file(sys::open_in(root, Str(path.c_str(), path.size()), O_PATH));
  struct stat st = {};
  if (!file) return file.get() == -ENOENT || file.get() == -ENOTDIR ? Look::absent : Look::unknown;
  if (fstat(file.get(), &st) < 0) return Look::unknown;
  constexpr mode_t kExecute = 0111;
  return S_ISREG(st.st_mode) && (st.st_mode & kExecute) != 0 ? Look::found : Look::not_executable;
}

std::string path_of(const spec::Process& process) {
  std::string out;
  for (const std::string& entry : process.env)
    if (entry.starts_with("PATH=")) out = entry.substr(5);
  return out;
}

// What lies where a file is to be bound or a device to be made. Nothing is said where a mount lies above.
void check_targets(const Bundle& bundle, sys::RootDir root, Findings& out) {
  const auto kind_of = [&](const std::string& path, int flags) -> mode_t {
    const sys::Fd file(sys::open_in(root, Str(path.c_str(), path.size()), O_PATH | flags));
    struct stat st = {};
    return file && fstat(file.get(), &st) == 0 ? st.st_mode & S_IFMT : 0;
  };
  for (size_t i = 0; !bundle.portable && i < bundle.spec.mounts.size(); ++i) {
    const spec::Mount& mount = bundle.spec.mounts[i];
    struct stat source = {};
    spec::Spec before;
    before.mounts.assign(bundle.spec.mounts.begin(), bundle.spec.mounts.begin() + static_cast<std::ptrdiff_t>(i));
    const bool bind = rootfs::parse_options(mount.options).bind || mount.type == "bind";
    if (!bind || !mount.source.starts_with('/') || !mount.destination.starts_with('/')) continue;
    if (is_covered(before, mount.destination) || stat(mount.source.c_str(), &source) < 0) continue;
    const mode_t there = kind_of(mount.destination, 0);
    if (there != 0 && S_ISDIR(there) != S_ISDIR(source.st_mode))
      out.add(true,
              {cat("/mounts/", i, "/destination"),
               cat(json::shown(mount.destination), " in the root file system is ",
                   S_ISDIR(there) ? "a directory, and the source is none" : "no directory, and the source is one"),
               {},
               {},
               true});
  }
  for (size_t i = 0; i < bundle.spec.lx.devices.size(); ++i) {
    const std::string& path = bundle.spec.lx.devices[i].path;
    if (!path.starts_with('/') || path.find_first_not_of('/') == std::string::npos || is_covered(bundle.spec, path))
      continue;
    const mode_t there = kind_of(path, O_NOFOLLOW);
    if (S_ISDIR(there) || S_ISREG(there))
      out.add(true, {cat("/linux/devices/", i, "/path"),
                     cat("something else is at ", json::shown(path), " in the root file system"),
                     {},
                     {},
                     false});
  }
}

// Some directory of PATH has it, or may have.
Look look_in_path(const Bundle& bundle, sys::RootDir root, const std::string& program) {
  std::string path = path_of(*bundle.spec.process);
  while (!path.empty()) {
    const size_t colon = std::min(path.find(':'), path.size());
    const std::string directory = path.substr(0, colon);
    path.erase(0, std::min(colon + 1, path.size()));
    if (!directory.starts_with('/')) return Look::unknown;
    if (const Look one = look(bundle, root, cat(directory, "/", program)); one == Look::found || one == Look::unknown)
      return one;
  }
  return Look::absent;
}

}  // namespace

void check_program(const Bundle& bundle, Findings& out) {
  const spec::Hooks& hooks = bundle.spec.hooks;
  const bool hooked = !hooks.prestart.empty() || !hooks.create_runtime.empty() || !hooks.create_container.empty();
  const sys::Fd directory(open(bundle.rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return;
  const sys::RootDir root = {directory.get(), host::probe().openat2};
  const spec::Namespace* space = bundle.spec.lx.find(spec::NsType::mount);
  if (space != nullptr && space->path.empty()) check_targets(bundle, root, out);
  if (hooked || !bundle.spec.process || bundle.spec.process->args.empty()) return;
  const std::string& program = bundle.spec.process->args[0];
  if (program.empty()) return;
  Look found = Look::unknown;
  if (program[0] == '/')
    found = look(bundle, root, program);
  else if (program.find('/') == std::string::npos)
    found = look_in_path(bundle, root, program);
  else
    found = look(bundle, root, cat(bundle.spec.process->cwd, "/", program));
  if (found == Look::absent)
    out.add(true, {"/process/args/0", cat(json::shown(program), " is not in the root file system"), {}, {}, false});
  if (found == Look::not_executable)
    out.add(
        true,
        {"/process/args/0", cat(json::shown(program), " in the root file system cannot be executed"), {}, {}, false});
  for (size_t i = 0; i < hooks.start_container.size(); ++i) {
    const std::string& path = hooks.start_container[i].path;
    if (path.starts_with('/') && look(bundle, root, path) == Look::absent)
      out.add(true, {cat("/hooks/startContainer/", i, "/path"),
                     cat(json::shown(path), " is not in the root file system"),
                     {},
                     {},
                     false});
  }
}

}  // namespace husk::life
