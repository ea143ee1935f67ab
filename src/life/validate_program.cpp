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
#include "life/validate_format.h"
#include "life/validate_host.h"
#include "spec/questions.h"
#include "sys/fd.h"
#include "sys/path.h"

namespace husk::life {
namespace {

enum class Look { found, absent, not_executable, masked, unknown };

// The root file system as it lies on disk, and where something is mounted over it.
struct Disk {
  sys::RootDir root;
  std::vector<std::string> mounted = {};  // in the order of the mounts; an empty one may be anywhere
  std::vector<std::string> masked = {};   // where nothing is mounted, and nothing is to be seen
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
  const std::optional<std::string> real = follow(disk.root, disk.mounted, path);
  if (!real) return Look::unknown;
  const sys::Fd file(sys::open_in(disk.root, Str(path.c_str(), path.size()), O_PATH));
  struct stat st = {};
  if (!file) return file.get() == -ENOENT || file.get() == -ENOTDIR ? Look::absent : Look::unknown;
  if (fstat(file.get(), &st) < 0) return Look::unknown;
  const auto hides = [&real](const std::string& masked) { return json::is_in(*real, masked); };
  if (std::any_of(disk.masked.begin(), disk.masked.end(), hides)) return Look::masked;
  constexpr mode_t kExecute = 0111;
  return S_ISREG(st.st_mode) && (st.st_mode & kExecute) != 0 ? Look::found : Look::not_executable;
}

// Why a program cannot be started; empty: no reason is known.
struct Verdict {
  Look look = Look::unknown;
  std::string why = {};
  bool host = false;  // another kernel might start it
};

std::string why(Look look, const std::string& what) {
  switch (look) {
    case Look::absent:
      return cat(what, " is not in the root file system");
    case Look::not_executable:
      return cat(what, " in the root file system cannot be executed");
    case Look::masked:
      return cat(what, " is hidden by linux.maskedPaths");
    default:
      return {};
  }
}

// The program, and what the kernel needs to execute it: the interpreter of a script, the loader of an ELF file. One
// step is looked at and not the interpreter's own.
Verdict judge(const Disk& disk, const std::string& path, const std::string& written) {
  const std::string name = json::shown(written);
  Verdict out = {look(disk, path)};
  out.why = why(out.look, name);
  if (out.look != Look::found) return out;
  const sys::Fd file(sys::open_in(disk.root, Str(path.c_str(), path.size()), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return out;
  const Format format = format_of(file.get());
  if (format.kind == Format::Kind::foreign) out.why = cat(name, " is a program of another machine");
  if (format.kind == Format::Kind::none) out.why = cat(name, " is neither a program nor a script with #!");
  out.host = !out.why.empty();
  if (!format.interpreter.starts_with('/')) return out;
  const bool script = format.kind == Format::Kind::script;
  const Look needed = look(disk, format.interpreter);
  out.why =
      why(needed, cat(script ? "the interpreter " : "the loader ", json::shown(format.interpreter), " of ", name));
  return out;
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
  // A file on the way, where only a directory will do.
  const auto is_barred = [&](const std::string& path, std::span<const std::string> mounted, std::string pointer) {
    for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
      const std::string above = path.substr(0, end);
      const mode_t there = kind_of(above, 0);
      if (there == 0 || S_ISDIR(there) || path.find_first_not_of('/', end) == std::string::npos) continue;
      if (path.find("..") != std::string::npos || !follow(disk.root, mounted, path)) return false;
      out.add(true, {std::move(pointer),
                     cat(json::shown(above), " in the root file system is no directory that ", json::shown(path),
                         " could be in"),
                     {},
                     {},
                     false});
      return true;
    }
    return false;
  };
  for (size_t i = 0; i < bundle.spec.mounts.size(); ++i) {
    const spec::Mount& mount = bundle.spec.mounts[i];
    struct stat source = {};
    const std::string place = cat("/mounts/", i, "/destination");
    if (is_barred(mount.destination, std::span(disk.mounted).first(i), place) || bundle.portable) continue;
    if (!spec::is_bind(mount) || !mount.source.starts_with('/') || !mount.destination.starts_with('/')) continue;
    const auto before = std::span(disk.mounted).first(i);
    if (!follow(disk.root, before, mount.destination) || stat(mount.source.c_str(), &source) < 0) continue;
    const mode_t there = kind_of(mount.destination, 0);
    if (there != 0 && S_ISDIR(there) != S_ISDIR(source.st_mode))
      out.add(true,
              {place,
               cat(json::shown(mount.destination), " in the root file system is ",
                   S_ISDIR(there) ? "a directory, and the source is none" : "no directory, and the source is one"),
               {},
               {},
               true});
  }
  for (size_t i = 0; i < bundle.spec.lx.devices.size(); ++i) {
    const std::string& path = bundle.spec.lx.devices[i].path;
    if (!path.starts_with('/') || path.find_first_not_of('/') == std::string::npos ||
        is_barred(path, disk.mounted, cat("/linux/devices/", i, "/path")) || !follow(disk.root, disk.mounted, path))
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

// Some directory of PATH has it, or may have. Otherwise: what is wrong with the first that is there.
Verdict judge_in_path(const Disk& disk, std::string path, const std::string& program) {
  Verdict out = {Look::absent, why(Look::absent, json::shown(program))};
  while (!path.empty()) {
    const size_t colon = std::min(path.find(':'), path.size());
    const std::string directory = path.substr(0, colon);
    path.erase(0, std::min(colon + 1, path.size()));
    if (!directory.starts_with('/')) return {};
    Verdict one = judge(disk, cat(directory, "/", program), program);
    if (one.why.empty()) return one;
    const bool runs_into_it = one.look == Look::found || one.look == Look::masked;
    if (runs_into_it && out.look == Look::absent) out = std::move(one);
  }
  return out;
}

void add_masked(const spec::Linux& lx, Disk& disk) {
  for (const std::string& path : lx.masked_paths)
    if (std::optional<std::string> real = follow(disk.root, disk.mounted, path); real && !real->empty())
      disk.masked.push_back(*std::move(real));
}

void add_verdict(const Bundle& bundle, const Verdict& verdict, std::string pointer, Findings& out) {
  if (verdict.why.empty() || (verdict.host && (bundle.portable || takes_other_formats()))) return;
  out.add(true, {std::move(pointer), verdict.why, {}, {}, verdict.host});
}

}  // namespace

void check_program(const Bundle& bundle, const Here& here, Findings& out) {
  const spec::Hooks& hooks = bundle.spec.hooks;
  const bool hooked = !hooks.prestart.empty() || !hooks.create_runtime.empty() || !hooks.create_container.empty();
  const sys::Fd directory(open(bundle.rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return;
  Disk disk = disk_of(bundle.spec, {directory.get(), here.facts.openat2});
  if (spec::makes(bundle.spec.lx, spec::NsType::mount)) {
    check_targets(bundle, disk, out);
    add_masked(bundle.spec.lx, disk);
  }
  if (hooked || !bundle.spec.process || bundle.spec.process->args.empty()) return;
  const std::string& program = bundle.spec.process->args[0];
  if (program.empty()) return;
  Verdict verdict;
  if (program[0] == '/')
    verdict = judge(disk, program, program);
  else if (program.find('/') == std::string::npos)
    verdict = judge_in_path(disk, path_of(*bundle.spec.process), program);
  else
    verdict = judge(disk, cat(bundle.spec.process->cwd, "/", program), program);
  add_verdict(bundle, verdict, "/process/args/0", out);
  for (size_t i = 0; i < hooks.start_container.size(); ++i) {
    const std::string& path = hooks.start_container[i].path;
    if (path.starts_with('/'))
      add_verdict(bundle, judge(disk, path, path), cat("/hooks/startContainer/", i, "/path"), out);
  }
}

}  // namespace husk::life
