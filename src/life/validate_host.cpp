#include "life/validate_host.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/files.h"
#include "host/lines.h"
#include "json/document.h"
#include "json/in.h"
#include "rooms/intelrdt/intelrdt.h"
#include "rooms/namespaces/plan.h"
#include "spec/names.h"
#include "spec/questions.h"
#include "sys/fd.h"

namespace husk::life {
namespace {

using json::shown;
constexpr size_t kMaxFile = 16UL << 20;

bool has(const spec::Mount& mount, std::string_view option) {
  return std::find(mount.options.begin(), mount.options.end(), option) != mount.options.end();
}

// "does not exist on this host", or why else it cannot be looked at.
std::string trouble(const std::string& path, int error) {
  if (error == ENOENT) return cat(shown(path), " does not exist on this host");
  return cat(shown(path), " cannot be had on this host: ", errno_text(error));
}

void check_sources(const Bundle& bundle, Findings& out) {
  for (size_t i = 0; i < bundle.spec.mounts.size(); ++i) {
    const spec::Mount& mount = bundle.spec.mounts[i];
    if (!spec::is_bind(mount) || mount.source.empty()) continue;
    const bool relative = mount.source[0] != '/';
    if (relative && bundle.path.empty()) continue;
    const std::string path = relative ? cat(bundle.path, "/", mount.source) : mount.source;
    // What lies in the root file system may be made by an earlier mount.
    if (!bundle.rootfs.empty() && json::is_in(path, bundle.rootfs)) continue;
    if (path.starts_with("/proc/self/") || path.starts_with("/dev/fd/")) continue;
    struct stat st = {};
    const bool link = has(mount, "copy-symlink") || has(mount, "src-nofollow");
    if ((link ? lstat(path.c_str(), &st) : stat(path.c_str(), &st)) < 0)
      out.missing_here(cat("/mounts/", i, "/source"), trouble(path, errno));
  }
}

void check_hooks(const spec::Hooks& hooks, Findings& out) {
  const auto look = [&out](const char* kind, const std::vector<spec::Hook>& list, bool fatal) {
    for (size_t i = 0; i < list.size(); ++i) {
      const std::string& path = list[i].path;
      if (path.empty() || path[0] != '/') continue;
      struct stat st = {};
      std::string why;
      if (stat(path.c_str(), &st) < 0)
        why = trouble(path, errno);
      else if (!S_ISREG(st.st_mode) || access(path.c_str(), X_OK) < 0)
        why = cat(shown(path), " cannot be executed");
      if (!why.empty()) out.add(fatal, {cat("/hooks/", kind, "/", i, "/path"), why, {}, {}, true});
    }
  };
  look("prestart", hooks.prestart, true);
  look("createRuntime", hooks.create_runtime, true);
  look("createContainer", hooks.create_container, true);
  look("poststart", hooks.poststart, true);
  look("poststop", hooks.poststop, false);  // the container has run by then: delete says so, and goes on
}

void check_namespace(const spec::Namespace& ns, const std::string& pointer, Findings& out) {
  struct statfs fs = {};
  if (statfs(ns.path.c_str(), &fs) < 0) return out.missing_here(pointer, trouble(ns.path, errno));
  if (fs.f_type != NSFS_MAGIC) return out.missing_here(pointer, cat(shown(ns.path), " is no namespace file"));
  const sys::Fd file(open(ns.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return out.missing_here(pointer, trouble(ns.path, errno));
  if (ioctl(file.get(), NS_GET_NSTYPE) != static_cast<int>(namespaces::clone_flag(ns.type)))
    return out.missing_here(pointer, cat(shown(ns.path), " is a namespace of another kind"));
  struct stat own = {};
  struct stat there = {};
  if (ns.type == spec::NsType::user && stat("/proc/self/ns/user", &own) == 0 && fstat(file.get(), &there) == 0 &&
      own.st_ino == there.st_ino && own.st_dev == there.st_dev)
    out.missing_here(pointer, "is the user namespace that husk is in, which cannot be joined once more",
                     "leave {\"type\": \"user\"} out");
}

void check_namespaces(const spec::Spec& spec, Findings& out) {
  for (size_t i = 0; i < spec.lx.namespaces.size(); ++i) {
    const spec::Namespace& ns = spec.lx.namespaces[i];
    if (ns.path.starts_with('/')) check_namespace(ns, cat("/linux/namespaces/", i, "/path"), out);
    const std::string file = cat("/proc/self/ns/", namespaces::file_name(ns.type));
    if (ns.path.empty() && access(file.c_str(), F_OK) < 0 && access("/proc/self/ns", F_OK) == 0)
      out.missing_here(cat("/linux/namespaces/", i, "/type"),
                       cat("this kernel has no ", spec::namespace_name(ns.type), " namespaces"));
  }
}

bool is_module(const std::string& type) {
  struct utsname name = {};
  if (uname(&name) < 0) return true;
  for (const char* list : {"modules.dep", "modules.alias", "modules.builtin"}) {
    const Result<std::string> text = host::read_file(cat("/lib/modules/", name.release, "/", list), kMaxFile);
    if (!text.ok()) continue;
    if (text->find(cat("/", type, ".ko")) != std::string::npos ||
        text->find(cat("fs-", type, " ")) != std::string::npos)
      return true;
  }
  return false;
}

void check_types(const spec::Spec& spec, Findings& out) {
  const Result<std::string> known = host::read_file("/proc/filesystems", kMaxFile);
  if (!known.ok()) return;
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const spec::Mount& mount = spec.mounts[i];
    if (spec::is_bind(mount) || mount.type == "cgroup") continue;
    const std::string line = cat("\t", mount.type, "\n");
    if (const size_t at = known->find(line); at != std::string::npos) {
      const bool on_device = at == 0 || (*known)[at - 1] == '\n';  // else "nodev" stands before it
      struct stat st = {};
      if (on_device && mount.source.starts_with('/') && stat(mount.source.c_str(), &st) < 0)
        out.missing_here(cat("/mounts/", i, "/source"), trouble(mount.source, errno));
      continue;
    }
    const std::string name = mount.type.substr(0, mount.type.find('.'));  // "fuse.sshfs"
    if (known->find(cat("\t", name, "\n")) != std::string::npos && name != mount.type) continue;
    if (!mount.type.empty() && mount.type.find('/') == std::string::npos && is_module(name)) continue;
    out.missing_here(cat("/mounts/", i, "/type"), cat(shown(mount.type), " is no file system of this host's kernel"),
                     "one that is a module has to be loaded");
  }
}

// In a user namespace nodes cannot be made: the host's are bound.
void check_devices(const spec::Spec& spec, Findings& out) {
  for (size_t i = 0; i < spec.lx.devices.size(); ++i) {
    const spec::Device& device = spec.lx.devices[i];
    struct stat st = {};
    if (device.type == "p" || !device.path.starts_with('/') || device.path == "/dev/ptmx") continue;
    const std::string pointer = cat("/linux/devices/", i, "/path");
    const bool block = device.type == "b";
    if (lstat(device.path.c_str(), &st) < 0)
      out.missing_here(pointer, cat(trouble(device.path, errno), ", and no node can be made in a user namespace"));
    else if (static_cast<int64_t>(major(st.st_rdev)) != device.major ||
             static_cast<int64_t>(minor(st.st_rdev)) != device.minor ||
             (block ? !S_ISBLK(st.st_mode) : !S_ISCHR(st.st_mode)))
      out.missing_here(pointer, cat(shown(device.path),
                                    " is another device on this host, and no node can be made in a "
                                    "user namespace"));
  }
}

void check_labels(const spec::Spec& spec, Findings& out) {
  const std::string mount_label = spec.lx.mount_label;
  const bool selinux = host::selinux_enabled();
  if (!mount_label.empty() && !selinux)
    out.missing_here("/linux/mountLabel", "SELinux is not enabled on this host", "leave the label out");
  if (!spec.process) return;
  if (!spec.process->selinux_label.empty() && !selinux)
    out.missing_here("/process/selinuxLabel", "SELinux is not enabled on this host", "leave the label out");
  const std::string& profile = spec.process->apparmor_profile;
  if (profile.empty() || profile == "unconfined") return;
  if (!host::apparmor_enabled())
    return out.missing_here("/process/apparmorProfile", "AppArmor is not enabled on this host",
                            "leave the profile out");
  const Result<std::string> loaded = host::read_file("/sys/kernel/security/apparmor/profiles", kMaxFile);
  if (loaded.ok() && !loaded->starts_with(cat(profile, " (")) &&
      loaded->find(cat("\n", profile, " (")) == std::string::npos)
    out.missing_here("/process/apparmorProfile", cat(shown(profile), " is not loaded on this host"),
                     "apparmor_parser -r FILE");
}

}  // namespace

void Findings::add(bool fatal, spec::Problem problem) {
  const auto known = [&problem](const Finding& other) {
    if (!other.fatal) return false;
    // What this host says of no member in particular says nothing of the members.
    if (problem.pointer.empty() || (other.pointer.empty() && other.host)) return problem.pointer == other.pointer;
    return json::is_in(problem.pointer, other.pointer) || json::is_in(other.pointer, problem.pointer);
  };
  if (problem.host && std::any_of(all_.begin(), all_.end(), known)) return;
  all_.push_back(
      {fatal, problem.host, file_, std::move(problem.pointer), std::move(problem.message), std::move(problem.hint)});
}

void Findings::add(const Error& error, bool host) {
  constexpr std::string_view kAnnotation = "annotation ";  // KEY: sentence
  const size_t colon = error.what.find(": ");
  const bool annotation = error.what.starts_with(kAnnotation);
  const bool pointer = (annotation || error.what.starts_with('/')) && colon != std::string::npos;
  std::string message = pointer ? error.what.substr(colon + 2) : error.what;
  if (error.errnum != 0 && !error.said) message += cat(": ", errno_text(error.errnum));
  std::string place = pointer ? error.what.substr(0, colon) : "";
  if (pointer && annotation) {
    const std::string key = place.substr(kAnnotation.size());
    place = "/annotations";
    json::append_token(place, key);
  }
  add(true, {std::move(place), std::move(message), error.hint, {}, host});
}

bool Findings::fatal() const {
  return std::any_of(all_.begin(), all_.end(), [](const Finding& f) { return f.fatal; });
}

void check_paths(const Bundle& bundle, const Here& here, Findings& out) {
  if (spec::makes(bundle.spec.lx, spec::NsType::mount)) {
    check_sources(bundle, out);
    check_types(bundle.spec, out);
    if (here.user_namespace) check_devices(bundle.spec, out);
  }
  check_hooks(bundle.spec.hooks, out);
  check_namespaces(bundle.spec, out);
  if (!bundle.spec.lx.seccomp || !spec::asks_agent(*bundle.spec.lx.seccomp)) return;
  struct stat st = {};
  const std::string& agent = bundle.spec.lx.seccomp->listener_path;
  if (agent.empty() || agent.starts_with('@')) return;  // an abstract socket is no file
  if (stat(agent.c_str(), &st) < 0)
    out.missing_here("/linux/seccomp/listenerPath", trouble(agent, errno), "start the agent");
  else if (!S_ISSOCK(st.st_mode))
    out.missing_here("/linux/seccomp/listenerPath", cat(shown(agent), " is no socket"));
}

void check_kernel(const spec::Spec& spec, Findings& out) {
  check_labels(spec, out);
  for (const spec::NetDevice& device : spec.lx.net_devices) {
    std::string pointer = "/linux/netDevices";
    json::append_token(pointer, device.host_name);
    if (if_nametoindex(device.host_name.c_str()) == 0)
      out.missing_here(pointer, "there is no network device of that name where husk runs");
  }
  if (!spec.lx.intel_rdt) return;
  if (const Result<std::string> root = intelrdt::root(); !root.ok()) out.add(root.error(), true);
}

}  // namespace husk::life
