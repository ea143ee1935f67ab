// The program, looked for in the root file system as it lies on disk. That is the container's only where nothing else
// comes there: a mount or a hook may bring what is missing, and then nothing is said.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>

#include "base/str.h"
#include "json/document.h"
#include "life/validate_host.h"
#include "spec/questions.h"
#include "sys/fd.h"
#include "sys/path.h"

namespace husk::life {
namespace {

enum class Look { found, absent, not_executable, unknown };

// The root file system as it lies on disk, and where something is mounted over it.
struct Disk {
  sys::RootDir root;
  std::vector<std::string> mounted = {};  // in the order of the mounts; an empty one may be anywhere
};

// Where `path` leads, its links followed one by one; empty: to the root. Nothing where something is mounted on the way
// or there are too many links. What is not there goes by its name.
std::optional<std::string> follow(sys::RootDir root, std::span<const std::string> mounted, std::string rest) {
  constexpr int kMostLinks = 40;
  std::string at;
  for (int links = 0; !rest.empty();) {
    const std::string name = rest.substr(0, rest.find('/'));
    rest.erase(0, name.size() + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      at.erase(std::min(at.rfind('/'), at.size()));
      continue;
    }
    std::string next = cat(at, "/", name);
    const auto covers = [&next](const std::string& to) { return to.empty() || to == next; };
    if (std::any_of(mounted.begin(), mounted.end(), covers)) return std::nullopt;
    const sys::Fd file(sys::open_in(root, Str(next.c_str(), next.size()), O_PATH | O_NOFOLLOW));
    char target[PATH_MAX];
    const ssize_t size = file ? readlinkat(file.get(), "", target, sizeof target) : -1;
    if (size <= 0) {  // no link
      at = std::move(next);
      continue;
    }
    if (++links > kMostLinks) return std::nullopt;
    if (target[0] == '/') at.clear();
    rest.insert(0, cat(std::string_view(target, static_cast<size_t>(size)), "/"));
  }
  return at;
}

Disk disk_of(const spec::Spec& spec, sys::RootDir root) {
  Disk disk = {root};
  for (const spec::Mount& mount : spec.mounts) {
    const bool unknown = mount.destination.find("..") != std::string::npos;
    disk.mounted.push_back(unknown ? "" : follow(root, {}, mount.destination).value_or(""));
  }
  return disk;
}

Look look(const Disk& disk, const std::string& path) {
  if (!follow(disk.root, disk.mounted, path)) return Look::unknown;
  const sys::Fd file(sys::open_in(disk.root, Str(path.c_str(), path.size()), O_PATH));
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
void check_targets(const Bundle& bundle, const Disk& disk, Findings& out) {
  const auto kind_of = [&](const std::string& path, int flags) -> mode_t {
    const sys::Fd file(sys::open_in(disk.root, Str(path.c_str(), path.size()), O_PATH | flags));
    struct stat st = {};
    return file && fstat(file.get(), &st) == 0 ? st.st_mode & S_IFMT : 0;
  };
  for (size_t i = 0; !bundle.portable && i < bundle.spec.mounts.size(); ++i) {
    const spec::Mount& mount = bundle.spec.mounts[i];
    struct stat source = {};
    if (!spec::is_bind(mount) || !mount.source.starts_with('/') || !mount.destination.starts_with('/')) continue;
    const auto before = std::span(disk.mounted).first(i);
    if (!follow(disk.root, before, mount.destination) || stat(mount.source.c_str(), &source) < 0) continue;
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
    if (!path.starts_with('/') || path.find_first_not_of('/') == std::string::npos ||
        !follow(disk.root, disk.mounted, path))
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
Look look_in_path(const Disk& disk, std::string path, const std::string& program) {
  while (!path.empty()) {
    const size_t colon = std::min(path.find(':'), path.size());
    const std::string directory = path.substr(0, colon);
    path.erase(0, std::min(colon + 1, path.size()));
    if (!directory.starts_with('/')) return Look::unknown;
    if (const Look one = look(disk, cat(directory, "/", program)); one == Look::found || one == Look::unknown)
      return one;
  }
  return Look::absent;
}

}  // namespace

void check_program(const Bundle& bundle, const Here& here, Findings& out) {
  const spec::Hooks& hooks = bundle.spec.hooks;
  const bool hooked = !hooks.prestart.empty() || !hooks.create_runtime.empty() || !hooks.create_container.empty();
  const sys::Fd directory(open(bundle.rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return;
  const Disk disk = disk_of(bundle.spec, {directory.get(), here.facts.openat2});
  if (spec::makes(bundle.spec.lx, spec::NsType::mount)) check_targets(bundle, disk, out);
  if (hooked || !bundle.spec.process || bundle.spec.process->args.empty()) return;
  const std::string& program = bundle.spec.process->args[0];
  if (program.empty()) return;
  Look found = Look::unknown;
  if (program[0] == '/')
    found = look(disk, program);
  else if (program.find('/') == std::string::npos)
    found = look_in_path(disk, path_of(*bundle.spec.process), program);
  else
    found = look(disk, cat(bundle.spec.process->cwd, "/", program));
  if (found == Look::absent)
    out.add(true, {"/process/args/0", cat(json::shown(program), " is not in the root file system"), {}, {}, false});
  if (found == Look::not_executable)
    out.add(
        true,
        {"/process/args/0", cat(json::shown(program), " in the root file system cannot be executed"), {}, {}, false});
  for (size_t i = 0; i < hooks.start_container.size(); ++i) {
    const std::string& path = hooks.start_container[i].path;
    if (path.starts_with('/') && look(disk, path) == Look::absent)
      out.add(true, {cat("/hooks/startContainer/", i, "/path"),
                     cat(json::shown(path), " is not in the root file system"),
                     {},
                     {},
                     false});
  }
}

}  // namespace husk::life
