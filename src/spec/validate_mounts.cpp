#include <algorithm>
#include <array>

#include "json/document.h"
#include "spec/names.h"
#include "spec/validate_detail.h"

namespace husk::spec {

using json::shown;

namespace {

// Options that are not data for the file system. "defaults" asks for nothing. crun's own extensions are in it too.
constexpr auto kFlagOptions = std::to_array<std::string_view>({
    "async",          "atime",         "bind",         "copy-symlink",
    "defaults",       "dest-nofollow", "dev",          "diratime",
    "dirsync",        "exec",          "idmap",        "iversion",
    "lazytime",       "loud",          "mand",         "noatime",
    "nodev",          "nodiratime",    "noexec",       "noiversion",
    "nolazytime",     "nomand",        "norelatime",   "nostrictatime",
    "nosuid",         "nosymfollow",   "private",      "ratime",
    "rbind",          "rdev",          "rdiratime",    "relatime",
    "remount",        "rexec",         "ridmap",       "rnoatime",
    "rnodev",         "rnodiratime",   "rnoexec",      "rnorelatime",
    "rnostrictatime", "rnosuid",       "rnosymfollow", "ro",
    "rprivate",       "rrelatime",     "rro",          "rrw",
    "rshared",        "rslave",        "rstrictatime", "rsuid",
    "rsymfollow",     "runbindable",   "rw",           "shared",
    "silent",         "slave",         "src-nofollow", "strictatime",
    "suid",           "symfollow",     "sync",         "tmpcopyup",
    "unbindable",
});

bool has(const Mount& mount, std::string_view option) {
  return std::find(mount.options.begin(), mount.options.end(), option) != mount.options.end();
}

bool is_bind(const Mount& mount) {
  return has(mount, "bind") || has(mount, "rbind");
}

bool is_idmap_option(std::string_view option) {
  return option == "idmap" || option == "ridmap" || option.starts_with("idmap=") || option.starts_with("ridmap=");
}

bool is_idmapped(const Mount& mount) {
  return !mount.uid_mappings.empty() || !mount.gid_mappings.empty() ||
         std::any_of(mount.options.begin(), mount.options.end(), is_idmap_option);
}

}  // namespace

void check_mounts(const Spec& spec, Report& report) {
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    if (mount.destination.empty()) report.add(element("/mounts", i, "/destination"), "must not be empty");
    if (!is_bind(mount)) continue;
    // The kernel takes no data with a bind mount; ignoring it would give another mount than what was asked for.
    for (size_t k = 0; k < mount.options.size(); ++k) {
      const std::string& option = mount.options[k];
      if (option.empty() || contains(kFlagOptions, option) || is_idmap_option(option)) continue;
      report.add(element(element("/mounts", i, "/options"), k), shown(option),
                 " is an option of a file system, which a bind mount cannot have");
    }
  }
}

void check_idmapped_mounts(const Spec& spec, Report& report) {
  const Namespace* user = spec.lx.find(NsType::user);
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    if (!is_idmapped(mount)) continue;
    check_mapping_list(mount.uid_mappings, element("/mounts", i, "/uidMappings"), report);
    check_mapping_list(mount.gid_mappings, element("/mounts", i, "/gidMappings"), report);
    if (!is_bind(mount)) report.add(element("/mounts", i), "only bind mounts can be id-mapped");
    if (mount.uid_mappings.empty() != mount.gid_mappings.empty()) {
      report.add(element("/mounts", i), "needs both uidMappings and gidMappings, or neither");
      continue;
    }
    const bool in_option = std::any_of(mount.options.begin(), mount.options.end(), [](const std::string& option) {
      return is_idmap_option(option) && option.find('=') != std::string::npos;
    });
    // Without its own, the mount takes the mappings of the container's user namespace.
    const bool inherited =
        user != nullptr && (!user->path.empty() || (!spec.lx.uid_mappings.empty() && !spec.lx.gid_mappings.empty()));
    if (mount.uid_mappings.empty() && !in_option && !inherited) {
      report.add(element("/mounts", i), "an id-mapped mount needs uidMappings and gidMappings, or a user namespace");
      report.needs("/linux/namespaces");
    }
  }
}

void check_masks(const Spec& spec, Report& report) {
  const auto look = [&](std::string_view list, const std::vector<std::string>& paths) {
    if (!paths.empty() && spec.lx.find(NsType::mount) == nullptr) {
      report.add(list, "cannot be hidden or made read-only without a mount namespace");
      report.hint("add {\"type\": \"mount\"} to /linux/namespaces");
      report.needs("/linux/namespaces");
    }
    for (size_t i = 0; i < paths.size(); ++i)
      if (!is_absolute(paths[i])) report.add(element(list, i), "must be an absolute path, found ", shown(paths[i]));
  };
  look("/linux/maskedPaths", spec.lx.masked_paths);
  look("/linux/readonlyPaths", spec.lx.readonly_paths);
}

void check_propagation(const Spec& spec, Report& report) {
  const std::string& value = spec.lx.rootfs_propagation;
  if (!value.empty() && !contains(kPropagations, value))
    report.add("/linux/rootfsPropagation", shown(value), " is not a propagation (known: ", known(kPropagations), ")");
}

void warn_mounts(const Spec& spec, Report& report) {
  for (size_t i = 0; i < spec.mounts.size(); ++i)
    if (const std::string& to = spec.mounts[i].destination; !to.empty() && !is_absolute(to))
      report.add(element("/mounts", i, "/destination"), shown(to), " is not absolute: taken as relative to /");
}

}  // namespace husk::spec
