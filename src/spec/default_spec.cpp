#include "spec/default_spec.h"

#include <initializer_list>
#include <string_view>

#include "json/writer.h"

namespace husk::spec {
namespace {

using json::Writer;
using Strings = std::initializer_list<std::string_view>;

void write_capabilities(Writer& w) {
  w.key("capabilities").begin_object();
  for (const std::string_view set : {"bounding", "effective", "permitted"})
    w.key(set).strings(Strings{"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"});
  w.end_object();
}

void write_process(Writer& w) {
  w.key("process").begin_object();
  w.member("terminal", true);
  w.key("user").begin_object().member("uid", 0).member("gid", 0).end_object();
  w.key("args").strings(Strings{"sh"});
  w.key("env").strings(Strings{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"});
  w.member("cwd", "/");
  write_capabilities(w);
  w.key("rlimits").begin_array().begin_object();
  w.member("type", "RLIMIT_NOFILE").member("hard", 1024).member("soft", 1024);
  w.end_object().end_array();
  w.member("noNewPrivileges", true).end_object();
}

void write_mount(Writer& w, std::string_view to, std::string_view type, std::string_view source, Strings options) {
  w.begin_object().member("destination", to).member("type", type).member("source", source);
  if (options.size() != 0) w.key("options").strings(options);
  w.end_object();
}

void write_mounts(Writer& w, bool rootless) {
  w.key("mounts").begin_array();
  write_mount(w, "/proc", "proc", "proc", {});
  write_mount(w, "/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"});
  // Group 5 (tty) is not mapped in a user namespace with one id.
  if (rootless) {
    write_mount(w, "/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"});
  } else {
    write_mount(w, "/dev/pts", "devpts", "devpts",
                {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"});
  }
  write_mount(w, "/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"});
  write_mount(w, "/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"});
  // Only the owner of the network namespace may mount a new sysfs.
  if (rootless) {
    write_mount(w, "/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"});
  } else {
    write_mount(w, "/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"});
  }
  write_mount(w, "/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"});
  w.end_array();
}

void write_mapping(Writer& w, std::string_view name, uint32_t host_id) {
  w.key(name).begin_array().begin_object();
  w.member("containerID", 0).member("hostID", host_id).member("size", 1);
  w.end_object().end_array();
}

void write_namespaces(Writer& w, bool rootless, bool cgroup2) {
  const auto add = [&w](std::string_view type) { w.begin_object().member("type", type).end_object(); };
  w.key("namespaces").begin_array();
  add("pid");
  if (!rootless) add("network");
  for (const std::string_view type : {"ipc", "uts", "mount"}) add(type);
  if (cgroup2) add("cgroup");
  if (rootless) add("user");
  w.end_array();
}

}  // namespace

std::string default_config(bool rootless, uint32_t uid, uint32_t gid, bool cgroup2) {
  Writer w(json::Style::pretty);
  w.begin_object().member("ociVersion", kOciVersion);
  write_process(w);
  w.key("root").begin_object().member("path", "rootfs").member("readonly", true).end_object();
  w.member("hostname", "runc");  // what tools that compare the two expect
  write_mounts(w, rootless);
  w.key("linux").begin_object();
  if (rootless) {
    write_mapping(w, "uidMappings", uid);
    write_mapping(w, "gidMappings", gid);
  } else {
    w.key("resources").begin_object().key("devices").begin_array();
    w.begin_object().member("allow", false).member("access", "rwm").end_object();
    w.end_array().end_object();
  }
  write_namespaces(w, rootless, cgroup2);
  w.key("maskedPaths")
      .strings(Strings{"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                       "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"});
  w.key("readonlyPaths").strings(Strings{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
  w.end_object().end_object();
  return w.take();
}

}  // namespace husk::spec
