// The cgroup room: where a container's control group lies, how it is made, limited, emptied and removed.
//
// Two doors. probe() looks at the host once; plan() and plan_resources() decide everything from that without a system
// call; Cgroup and the free functions below carry it out. Whatever is needed after the runtime has ended (kill, delete,
// update) works from the directories' paths alone, as kept in the container's state file.
//
// Three kinds of hosts: v2 has one tree for all controllers; v1 has a tree for each; hybrid is v1 plus a v2 tree that
// holds processes but no controllers (its leaf is made too, for cgroup.kill).
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/devices.h"
#include "spec/types.h"
#include "sys/fd.h"

namespace husk::cgroup {

enum class Mode { none, v1, hybrid, v2 };

// ---------------------------------------------------------------- facts

struct Hierarchy {
  std::string controllers;  // "cpu,cpuacct", "name=systemd"; empty for the v2 tree
  std::string mountpoint;   // absolute
  std::string own_path;     // this process's cgroup relative to what is mounted there: "/", "/user.slice"; "/" also
                            // when the mount shows another part of the tree
  // Where find_writable() has looked; a cgroup that nobody has named goes only where it may.
  bool writable = true;
  bool below_own = false;  // v2: below own_path instead of beside it
};

// Whether one is in such a list, with commas: "cpu" in "cpu,cpuacct".
[[nodiscard]] bool has_controller(std::string_view list, std::string_view item);

struct Host {
  Mode mode = Mode::none;
  std::vector<Hierarchy> hierarchies;
};

// Looks at /sys/fs/cgroup, and on v1 at /proc/self/mountinfo. On v2 that is one statfs and, only when
// `want_own_path`, a read of /proc/self/cgroup (needed for a relative cgroupsPath: see needs_own_path).
[[nodiscard]] Result<Host> probe(bool want_own_path = true);

// Finds out in which hierarchies the caller may make a cgroup where plan() puts one that has no linux.cgroupsPath. For
// root, who mostly may, this is one system call. On v2, a user whose own cgroup was delegated to him and not the one
// above (a service with Delegate=) has it below his own.
void find_writable(Host* host);

// A mount may lie below another one, and then it is in mountinfo and nowhere else: such hierarchies go. For who wants
// to know exactly: it is a statfs(2) for each.
void drop_covered(Host* host);

// True when plan() will ask for Hierarchy::own_path with this linux.cgroupsPath.
[[nodiscard]] bool needs_own_path(std::string_view cgroups_path);

// The v1 half of probe(), from the texts of /proc/self/mountinfo and /proc/self/cgroup. Pure.
[[nodiscard]] Result<Host> parse_host(std::string_view mountinfo, std::string_view own_cgroups);

// ---------------------------------------------------------------- plan

struct Directory {
  std::string controllers;  // as Hierarchy::controllers
  std::string mountpoint;
  std::string path;  // of the leaf, absolute: mountpoint + cgroup
};

struct Write {
  std::string
      controller;    // which v1 hierarchy: "memory"; on v2 the controller that must be enabled, empty for core files
  std::string file;  // "memory.max"
  std::string value;
  bool either_order = false;  // the kernel may want the next write before this one (limit and swap, quota and period)
  bool optional = false;      // a file that is not there is fine: the value asked for is what happens without it
  bool or_next = false;       // only where there is such a file: the next write is for kernels with another one
};

// A property of a systemd unit. `type` is that of D-Bus: "b", "i", "u", "x", "t", "d", "s", "as", "ay" (values are
// decimal numbers), "a(ss)" (values in pairs).
struct Property {
  std::string name;
  std::string type;
  std::vector<std::string> values;
  bool optional = false;  // a systemd that does not know it does without: the files have it as well
};

// The scope of a container that systemd makes the cgroup for (see systemd.h).
struct Unit {
  std::string name;   // "husk-demo.scope"
  std::string slice;  // "system.slice"
  bool user = false;  // of the user's instance of systemd
  std::vector<Property> properties;
};

// v2: device rules are a program and not files.
struct DevicePlan {
  DeviceList list;        // linux.resources.devices with the runtime's own devices
  bool optional = false;  // nobody asked for rules: a host that does not let us set any will do
};

struct ResourcePlan {
  std::vector<Write> writes;             // in order
  std::vector<Write> late;               // those that come when nobody but init is left
  std::vector<std::string> controllers;  // v2: what has to be enabled above the leaf: "memory"
  std::optional<DevicePlan> devices;     // v2, for a new container
};

struct Plan {
  Mode mode = Mode::none;
  std::string path;  // of the cgroup below its mount points: "/demo"; where v1 hierarchies differ, that of the first
  std::vector<Directory> directories;  // with a unit: where it is expected to be; empty for a user's instance
  ResourcePlan resources;
  std::optional<Unit> unit;    // systemd makes it
  std::string id;              // of the container
  std::optional<uid_t> owner;  // v2: whose the cgroup becomes (owner.h)
  // v2: somebody chose the place, who will want to read what is used there: it gets every controller. A container of
  // nobody else's has those that its limits need, as each costs the kernel time.
  bool named = false;
};

// Where the cgroup of container `id` goes. An absolute `cgroups_path` starts at each mount point. A relative one, or
// none (then the id), starts at this process's own cgroup on v1 and at its parent on v2, as in runc: a v2 cgroup with
// processes in it cannot hand controllers down. ".." is refused. `resources` may be null. Without a path, hierarchies
// that are not writable are left out, as long as no resource needs them.
[[nodiscard]] Result<Plan> plan(const Host& host, const std::string& cgroups_path, const std::string& id,
                                const spec::Resources* resources = nullptr);

// The same where systemd makes it, that of the system or the user's. Annotations org.systemd.property.* are properties.
[[nodiscard]] Result<Plan> plan_systemd(const Host& host, const spec::Spec& spec, const std::string& id, bool user);

// The writes that make a cgroup what linux.resources asks for. `fresh`: for a new container (on v1 all devices are
// denied first and the runtime's own list is allowed); otherwise for an update of a running one.
[[nodiscard]] Result<ResourcePlan> plan_resources(Mode mode, const spec::Resources* resources, bool fresh = true);

// ---------------------------------------------------------------- apply

// What of a cgroup is kept in the container's state, and enough to find, change and remove it.
struct Home {
  std::vector<std::string> directories;
  std::string unit;           // of systemd; empty: the directories were made by us
  bool user_manager = false;  // the unit is of the user's instance
};

[[nodiscard]] Home home_of(const Plan& plan);

class Bus;  // systemd.h

// One container's cgroup, whoever makes it.
class Cgroup {
 public:
  // Makes the directories, enables controllers above a v2 leaf, gives an empty v1 cpuset its parent's, and writes the
  // resources. Fails when a directory exists and has processes in it or is frozen. What was made is removed again on
  // failure. With a unit all that is left to join(), as systemd makes none without a process: here the way to systemd
  // is opened only, which takes its time beside ours.
  [[nodiscard]] static Result<Cgroup> create(const Plan& plan);
  // The unit of a container that exists, for a further process that its files do not take from us: a user who is in
  // another part of the tree (a session) may not move processes between the two, systemd may.
  [[nodiscard]] static Result<Cgroup> open_unit(const Home& home, const std::vector<std::string>& below);
  // The cgroup of a container that exists, for a further process: the directories of its state file, or cgroups below
  // them as `below` says: one path for all, or "controller[,controller]:path" for v1 hierarchies.
  [[nodiscard]] static Result<Cgroup> open(const std::vector<std::string>& directories,
                                           const std::vector<std::string>& below);
  // v2: the cgroup below `directory` that process `pid` is in now. For a container that has moved its processes down
  // and handed controllers on: the kernel takes no process into the directory itself then (EBUSY).
  [[nodiscard]] static Result<Cgroup> open_of_process(const std::string& directory, pid_t pid);

  Cgroup();
  Cgroup(Cgroup&& other) noexcept;
  Cgroup& operator=(Cgroup&& other) noexcept;
  ~Cgroup();

  // v2: the leaf, for clone3(CLONE_INTO_CGROUP); -1 otherwise. Owned by this object.
  [[nodiscard]] int directory_fd() const { return leaf_.get(); }
  // Moves a process that does nothing yet into it. With a unit, the directories are known afterwards.
  [[nodiscard]] Status join(pid_t pid);
  // The device rules of v2, in two parts; nothing on v1, where apply() writes them. The first takes its time in the
  // kernel and may run while init sets up; the second is quick and comes before the container's program. A failure
  // that devices_unavailable() knows may be forgiven where root's devices are out of reach anyway.
  [[nodiscard]] Status prepare_devices();
  [[nodiscard]] Status attach_devices();
  // The leaves; with a unit that was not joined yet, where they are expected.
  [[nodiscard]] std::vector<std::string> directories() const;
  // For the state file.
  [[nodiscard]] Home home() const;
  // After clone(2) refused the cgroup with EOPNOTSUPP: makes it threaded where that is why (see apply_threaded.cpp).
  // Worth another try when it is ok.
  [[nodiscard]] Status become_threaded();
  // The leaves that create() made (a leaf that was there before is not among them). A caller that gives up hands them
  // to remove().
  [[nodiscard]] const std::vector<std::string>& created() const { return created_; }
  // What create() made above the leaves, outermost first. Others may have put their cgroups there since, so these are
  // never for remove(), at most for rmdir(2); runc leaves them.
  [[nodiscard]] const std::vector<std::string>& created_parents() const { return created_parents_; }

  // The limits that would have been in the way of a start with two processes.
  [[nodiscard]] Status write_late_limits() const;
  // For a container that comes to nothing: what create() and join() have made goes, and with `kill` whoever is in it.
  [[nodiscard]] Status undo(bool kill);

 private:
  [[nodiscard]] Status make_directories();
  [[nodiscard]] Status write_limits() const;
  [[nodiscard]] Status join_unit(pid_t pid);
  [[nodiscard]] Status find_directories(pid_t pid);

  Plan plan_;
  std::unique_ptr<Bus> bus_;  // of a unit
  std::string below_;         // of an open unit's cgroup
  sys::Fd leaf_;
  sys::Fd device_program_, replaced_program_;  // between prepare_devices() and attach_devices()
  std::vector<std::string> created_, created_parents_;
  bool existed_ = false;  // opened, not created
};

// Whether this error of prepare_devices() or attach_devices() means that bpf(2) is not for this process at all: one in
// a user namespace or without CAP_SYS_ADMIN (EPERM), or on a kernel without such programs (ENOSYS, EINVAL). Inside a
// user namespace runc goes on without device rules then.
[[nodiscard]] bool devices_unavailable(const Error& error);

// Writes resources into directories that exist. A v1 controller without a directory is an error. `undo`: when a value
// is refused, put those before it back to what they were (update).
[[nodiscard]] Status write_resources(const std::vector<Directory>& directories, const ResourcePlan& resources,
                                     bool undo = false);

// Writes the pid to cgroup.procs of each directory.
[[nodiscard]] Status join(const std::vector<std::string>& directories, pid_t pid);

// Whether the caller may move a process from his own cgroup into these: a user may not, who is in a part of the tree
// that is not his (a session) and wants to go to one that is. For after a failure: it looks at several files.
[[nodiscard]] bool may_join(const std::vector<std::string>& directories);

// Removes the directories at once if they are empty, as they mostly are; false if any is still there.
[[nodiscard]] bool remove_empty(const std::vector<std::string>& directories);

// Ends the unit, if there is one, and removes the directories as below.
[[nodiscard]] Status remove(const Home& home);

// An error when somebody is in the directories who is not about to end; waits a moment for those who are.
[[nodiscard]] Status refuse_living(const std::vector<std::string>& directories);

// Removes the directories and the cgroups inside them. Waits up to some seconds while the kernel still reaps their
// processes (EBUSY). A directory that is not there is fine; nothing outside the given ones is touched.
[[nodiscard]] Status remove(const std::vector<std::string>& directories);

// Sends SIGKILL to every process in the directories and their sub-cgroups: by cgroup.kill where it is, otherwise by
// freezing, signalling and thawing. Frozen cgroups are thawed, so that their processes can die.
[[nodiscard]] Status kill_all(const std::vector<std::string>& directories);

// Signals those of `pids` that are in the directories (still), and never a process outside that has got such a number
// meanwhile. Our own process is left out. The first error, after all have been tried; one that is gone is none.
[[nodiscard]] Status signal_processes(const std::vector<std::string>& directories, const std::vector<pid_t>& pids,
                                      int signal);

// The processes in the directories and their sub-cgroups, each once, ascending.
[[nodiscard]] Result<std::vector<pid_t>> processes(const std::vector<std::string>& directories);

}  // namespace husk::cgroup
