#include "store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "base/weakness.h"
#include "host/files.h"
#include "json/document.h"
#include "json/in.h"
#include "json/writer.h"
#include "spec/default_spec.h"
#include "sys/fd.h"

namespace husk::store {
namespace {

constexpr size_t kMaxState = 16UL << 20;

// What it says is acted upon: processes are signalled, cgroups removed, hooks run. So it is believed only where the
// caller wrote it, or root; in a folder that others may write to, somebody else might have been there first.
Result<std::string> read_own(const std::string& path) {
  const bool trusting = weakened(Weakness::state_private);
  const sys::Fd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | (trusting ? 0 : O_NOFOLLOW)));
  struct stat st = {};
  if (!fd || fstat(fd.get(), &st) < 0) return fail(errno, "open ", path);
  if (st.st_uid != 0 && st.st_uid != geteuid() && !trusting)
    return Error{cat("open ", path, ", which belongs to user ", st.st_uid), EPERM, "run husk as this user", 1};
  const auto size = static_cast<size_t>(st.st_size);
  if (!S_ISREG(st.st_mode)) return fail(S_ISDIR(st.st_mode) ? EISDIR : EINVAL, "read ", path);
  if (size > kMaxState) return fail(EFBIG, "read ", path);
  std::string text(size, '\0');
  for (size_t have = 0; have < size;) {
    const ssize_t n = read(fd.get(), text.data() + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(n < 0 ? errno : EIO, "read ", path);
    have += static_cast<size_t>(n);
  }
  return text;
}

}  // namespace

std::string directory(const std::string& root, const std::string& id) {
  return cat(root, "/", id);
}

Status check_id(const std::string& id) {
  if (weakened(Weakness::ids_checked)) return {};
  if (id.empty()) return Error{"container id cannot be empty", 0, {}, 1};
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '.';
  };
  if (!std::all_of(id.begin(), id.end(), good) || id == "." || id == ".." || id.size() > 1024)
    return Error{cat("invalid container ID format: \"", id, "\""), 0, "letters, digits, \"_\", \"+\", \"-\" and \".\"",
                 1};
  return {};
}

namespace {

void write_maps(json::Writer& w, std::string_view name, const std::vector<spec::IdMapping>& maps) {
  if (maps.empty()) return;
  w.key(name).begin_array();
  for (const spec::IdMapping& m : maps)
    w.begin_object()
        .member("containerID", m.container_id)
        .member("hostID", m.host_id)
        .member("size", m.size)
        .end_object();
  w.end_array();
}

void read_maps(const json::In& in, std::string_view name, std::vector<spec::IdMapping>& maps) {
  const std::optional<json::In> list = in.at(name);
  if (!list) return;
  list->each([&maps](const json::In& one) {
    spec::IdMapping m;
    one.get("containerID", m.container_id);
    one.get("hostID", m.host_id);
    one.get("size", m.size);
    maps.push_back(m);
  });
}

std::string text_of(const State& s) {
  json::Writer w;
  w.begin_object();
  w.member("version", 1).member("id", s.id).member("bundle", s.bundle).member("rootfs", s.rootfs);
  w.member("created", s.created).member("pid", static_cast<int32_t>(s.pid)).member("startTime", s.start_time);
  w.member("owner", s.owner);
  w.key("cgroups").strings(s.cgroup.directories);
  if (!s.cgroup.unit.empty()) w.member("systemdUnit", s.cgroup.unit).member("systemdUser", s.cgroup.user_manager);
  if (!s.rdt.group.empty()) {
    w.key("intelRdt").begin_object().member("group", s.rdt.group).member("monitor", s.rdt.monitor);
    w.key("owned").strings(s.rdt.owned).end_object();
  }
  write_maps(w, "ownUidMappings", s.own_uids);
  write_maps(w, "ownGidMappings", s.own_gids);
  w.key("annotations").begin_object();
  for (const auto& [key, value] : s.annotations) w.member(key, value);
  w.end_object();
  w.member("ownPidNamespace", s.own_pid_namespace).member("noNewKeyring", s.no_new_keyring);
  w.member("poststart", s.poststart).member("poststop", s.poststop);
  w.end_object();
  return w.take();
}

}  // namespace

Status save_first(const std::string& root, const State& s) {
  return host::write_new(directory(root, s.id) + "/state.json", text_of(s), 0600);
}

Status save(const std::string& root, const State& s) {
  return host::write_atomic(directory(root, s.id) + "/state.json", text_of(s), 0600);
}

Result<State> load(const std::string& root, const std::string& id) {
  HUSK_TRY(check_id(id));
  const std::string path = directory(root, id) + "/state.json";
  Result<std::string> text = read_own(path);
  if (!text.ok()) {
    if (text.error().errnum == ENOENT) return Error{cat("container does not exist: ", id), ENOENT, {}, 1, true};
    return std::move(text).error();
  }
  // Its first version is just being written, or was never finished: nothing else of it exists yet.
  if (text->empty()) return Error{cat("container does not exist: ", id), ENOENT, {}, 1, true};
  Result<json::Document> document = json::Document::parse(*text);
  if (!document.ok()) return std::move(document).error().within(path);
  json::Failure failure;
  const json::In in(document->root(), failure);
  State s;
  in.need("id", s.id);
  in.get("bundle", s.bundle);
  in.get("rootfs", s.rootfs);
  in.get("created", s.created);
  in.get("pid", s.pid);
  in.get("startTime", s.start_time);
  in.get("owner", s.owner);
  in.get("cgroups", s.cgroup.directories);
  in.get("systemdUnit", s.cgroup.unit);
  in.get("systemdUser", s.cgroup.user_manager);
  if (const auto rdt = in.at("intelRdt")) {
    rdt->get("group", s.rdt.group);
    rdt->get("monitor", s.rdt.monitor);
    rdt->get("owned", s.rdt.owned);
  }
  read_maps(in, "ownUidMappings", s.own_uids);
  read_maps(in, "ownGidMappings", s.own_gids);
  in.get("annotations", s.annotations);
  in.get("ownPidNamespace", s.own_pid_namespace);
  in.get("noNewKeyring", s.no_new_keyring);
  in.get("poststart", s.poststart);
  in.get("poststop", s.poststop);
  if (failure.first) return std::move(*failure.first).within(path);
  if (s.id != id) return Error{cat(path, ": belongs to container ", s.id), 0, {}, 1};
  return s;
}

Status remove_state(const std::string& root, const std::string& id) {
  // The usual contents first: no need to read the directory for two known names.
  const std::string dir = directory(root, id);
  (void)unlink((dir + "/config.json").c_str());
  (void)unlink((dir + "/state.json").c_str());
  if (rmdir(dir.c_str()) == 0 || errno == ENOENT) return {};
  return host::remove_tree(dir);
}

Status save_config(const std::string& root, const std::string& id, const std::string& json) {
  return host::write_atomic(directory(root, id) + "/config.json", json, 0600);
}

Result<std::string> load_config(const std::string& root, const std::string& id) {
  return read_own(directory(root, id) + "/config.json");
}

std::string oci_state(const State& s, std::string_view status, bool pretty) {
  json::Writer w(pretty ? json::Style::pretty : json::Style::compact);
  w.begin_object();
  w.member("ociVersion", spec::kOciVersion).member("id", s.id).member("status", status);
  if (s.pid > 0) w.member("pid", static_cast<int32_t>(s.pid));
  w.member("bundle", s.bundle);
  if (!s.annotations.empty()) {
    w.key("annotations").begin_object();
    for (const auto& [key, value] : s.annotations) w.member(key, value);
    w.end_object();
  }
  w.end_object();
  return w.take();
}

std::string now() {
  struct timespec t = {};
  clock_gettime(CLOCK_REALTIME, &t);
  // gmtime_r() would read /etc/localtime first. Days since 1970-01-01 to a date: the C++ library's calendar knows how.
  const std::chrono::sys_days day{std::chrono::days{t.tv_sec / 86400}};
  const std::chrono::year_month_day date{day};
  const long second = t.tv_sec % 86400;
  char text[64];
  const int n = snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ldZ", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                         second / 60 % 60, second % 60, t.tv_nsec);
  return {text, static_cast<size_t>(n)};
}

ProcessFacts look_at(pid_t pid) {
  if (pid <= 0) return {};
  const Result<std::string> stat = host::read_file(cat("/proc/", pid, "/stat"), 4096);
  if (!stat.ok()) return {};
  size_t at = stat->rfind(')');  // the name may hold anything, blanks too
  if (at == std::string::npos || at + 2 >= stat->size()) return {};
  const char state = (*stat)[at + 2];
  for (int field = 2; field < 22; ++field) {
    at = stat->find(' ', at + 1);
    if (at == std::string::npos) return {};
  }
  uint64_t value = 0;
  for (++at; at < stat->size() && (*stat)[at] >= '0' && (*stat)[at] <= '9'; ++at)
    value = value * 10 + static_cast<uint64_t>((*stat)[at] - '0');
  return {value, state == 'Z' || state == 'X' || state == 'x'};
}

}  // namespace husk::store
