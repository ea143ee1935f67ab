// The defences that the tests of tests/attacks can switch off, one at a time, to show that an attack that fails against
// husk would succeed without them. In every other build weakened() is false when the code is compiled, and nothing of
// this is in the program. A weak build (cmake -DHUSK_WEAK=ON) reads the names from the environment variable
// HUSK_WEAKEN.
//
// Each is asked for in one place: the place where the defence is. `grep -rn 'Weakness::' src` is the map of them.
#pragma once

#include <cstdint>
#include <string_view>

namespace husk {

// clang-format off
#define HUSK_WEAKNESSES(X)                                                                                     \
  /* files of the container */                                                                                 \
  X(paths_in_root,        "paths of the container are resolved below its root")                                \
  X(mount_points_in_root, "a mount point is opened once, and mounted on by descriptor")                        \
  X(proc_is_directory,    "/proc and /sys are directories of the root itself and no links")                    \
  X(no_mounts_in_proc,    "nothing is mounted inside /proc, and nothing but a proc on it")                     \
  X(own_procfs,           "sysctls and labels are written through the caller's procfs, checked to be one")     \
  X(null_device_checked,  "what masks a file, and what becomes stdio, is character device 1:3")                \
  X(console_by_peer,      "the terminal's other end is opened by TIOCGPTPEER, and bound by descriptor")        \
  X(console_file_in_root, "/dev/console is made below the root, and not through a link")                       \
  X(device_inode_checked, "a device that is bound or made is looked at before it is given away")               \
  X(links_below_dev,      "/dev is opened in the root before anything is made or unlinked below it")           \
  X(readonly_by_fd,       "remounts are done on the descriptor that was looked up")                            \
  X(cgroup_readonly,      "/sys/fs/cgroup without a cgroup namespace is read-only where that is asked for")    \
  X(sysfs_submounts,      "what is mounted below the host's /sys is read-only in a bound copy, too")           \
  X(masks,                "masked and read-only paths")                                                        \
  X(masks_by_mount,       "they are laid on the proc and sysfs that were mounted, wherever these are by then") \
  X(old_root_gone,        "the old root is unmounted, and no descriptor of it is left")                        \
  X(cwd_inside,           "the working directory is inside the root")                                          \
  /* processes */                                                                                              \
  X(init_sealed,          "husk-init is a sealed memory file, not a file of the host")                         \
  X(not_dumpable,         "a process that joins or sets up a container cannot be traced from inside")          \
  X(close_descriptors,    "everything but what is passed on is closed at execve")                              \
  X(inheritable_empty,    "no capability is inheritable unless asked for")                                     \
  X(ambient_cleared,      "ambient capabilities are cleared")                                                  \
  X(bounding_dropped,     "the bounding set is cut down")                                                      \
  X(groups_dropped,       "supplementary groups of the caller are dropped")                                    \
  X(numeric_user,         "a numeric user is an id, whatever the image's passwd says")                         \
  X(devices_denied,       "device rules begin with: none")                                                     \
  X(no_new_privs,         "no_new_privs is set, and the filter is loaded in the right order")                  \
  X(speaker_checked,      "who says a line of the start is told by the kernel")                                \
  X(pids_checked,         "a process is known by its start time, not by its number alone")                     \
  X(lengths_checked,      "lengths in what travels from parent to init")                                       \
  X(maps_checked,         "id maps and setgroups: what a user may not map is refused")                         \
  X(environment_dropped,  "the caller's environment is not the process's")                                     \
  X(exec_cgroup_beneath,  "exec --cgroup leads down only")                                                     \
  X(ids_checked,          "an id of a container is a name, not a path")                                        \
  X(keyring_own,          "a session keyring of its own")                                                      \
  X(listener_closed,      "the seccomp listener is in no process of the container")                            \
  X(cache_checked,        "files of the filter cache are ours, and what they say they are")                    \
  X(apparmor_name,        "only the profile \"unconfined\" itself means none")                                 \
  X(annotations_checked,  "annotations that become properties of a unit are checked")                          \
  X(state_private,        "state directories belong to the caller and are not followed through links")
// clang-format on

enum class Weakness : unsigned {
#define HUSK_WEAKNESS(name, what) name,
  HUSK_WEAKNESSES(HUSK_WEAKNESS)
#undef HUSK_WEAKNESS
};

#ifdef HUSK_WEAK
// Bits by Weakness. The parent has them from its environment, init from the parent, in the plan's header.
inline uint64_t weaknesses = 0;

constexpr uint64_t weaknesses_of(std::string_view names) {
  uint64_t out = 0;
  const auto named = [names](std::string_view name) {
    for (size_t at = names.find(name); at != std::string_view::npos; at = names.find(name, at + 1)) {
      const size_t end = at + name.size();
      if ((at == 0 || names[at - 1] == ',') && (end == names.size() || names[end] == ',')) return true;
    }
    return false;
  };
#define HUSK_WEAKNESS(name, what) \
  if (named(#name)) out |= uint64_t{1} << static_cast<unsigned>(Weakness::name);
  HUSK_WEAKNESSES(HUSK_WEAKNESS)
#undef HUSK_WEAKNESS
  return out;
}

inline bool weakened(Weakness which) {
  return (weaknesses >> static_cast<unsigned>(which) & 1) != 0;
}
#else
constexpr bool weakened(Weakness /*which*/) {
  return false;
}
#endif

}  // namespace husk
