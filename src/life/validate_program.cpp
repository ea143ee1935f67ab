// The program, looked for in the root file system as it lies on disk. That is the container's only where nothing else
// comes there: a mount or a hook may bring what is missing, and then nothing is said.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "base/str.h"
#include "json/document.h"
#include "life/validate_host.h"
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

// Some directory of PATH has it, or may have.
Look look_in_path(const Bundle& bundle, sys::RootDir root, const std::string& program) {
  std::string path = path_of(*bundle.spec.process);
  if (path.empty()) return Look::unknown;
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
  if (bundle.rootfs.empty() || hooked || !bundle.spec.process || bundle.spec.process->args.empty()) return;
  const std::string& program = bundle.spec.process->args[0];
  if (program.empty()) return;
  const sys::Fd directory(open(bundle.rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return;
  const sys::RootDir root = {directory.get(), host::probe().openat2};
  Look found = Look::unknown;
  if (program[0] == '/')
    found = look(bundle, root, program);
  else if (program.find('/') == std::string::npos)
    found = look_in_path(bundle, root, program);
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
