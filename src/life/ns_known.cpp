// Containers by the state directories of runtimes: a container whose cgroup has a name of somebody's choice, or that
// has none, is only known there.
//
// What is written there gives names to processes. So it is believed only where nobody but root or the caller can have
// written it, and no more than it has to be: a directory that is named as a cgroup must be one, and not one that the
// caller or the host's first process is in.
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "json/in.h"
#include "life/ns_names.h"
#include "store/store.h"
#include "sys/fd.h"

namespace husk::life {
namespace {

struct DirCloser {
  void operator()(DIR* dir) const { (void)::closedir(dir); }
};

bool is_ours(const struct stat& st) {
  return (st.st_uid == 0 || st.st_uid == ::geteuid()) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// A directory that only root or the caller can have put something in; its name is no link. Empty: it is none.
sys::Fd directory_of_ours(int at, const char* name) {
  sys::Fd out(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat st = {};
  if (!out || ::fstat(out.get(), &st) < 0 || !is_ours(st)) return {};
  return out;
}

std::vector<std::string> names_in(int dir) {
  std::vector<std::string> out;
  sys::Fd fd(::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, DirCloser> stream(fd ? ::fdopendir(fd.get()) : nullptr);
  if (stream == nullptr) return out;
  (void)fd.release();
  while (const dirent* entry = ::readdir(stream.get()))
    if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
  return out;
}

// A regular file of ours; what else is found under its name is not waited for, and nothing is read without end.
std::optional<std::string> text_of_ours(int dir, const char* name) {
  const sys::Fd fd(::openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat st = {};
  if (!fd || ::fstat(fd.get(), &st) < 0 || !S_ISREG(st.st_mode) || !is_ours(st)) return {};
  if (st.st_size < 0 || static_cast<size_t>(st.st_size) > json::kMaxBytes) return {};
  std::string out(static_cast<size_t>(st.st_size), '\0');
  for (size_t have = 0; have < out.size();) {
    const ssize_t n = ::read(fd.get(), out.data() + have, out.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};
    have += static_cast<size_t>(n);
  }
  return out;
}

// A number may belong to another process by now: only one that began when the container's did is its init.
pid_t living(pid_t pid, uint64_t start_time) {
  if (pid <= 0) return 0;
  const store::ProcessFacts facts = store::look_at(pid);
  return !facts.ended && facts.start_time == start_time ? pid : 0;
}

bool has(const std::vector<pid_t>& sorted, pid_t pid) {
  return std::binary_search(sorted.begin(), sorted.end(), pid);
}

// Those in the cgroups that are named. A cgroup that the caller or process 1 is in (or below it) is no container's.
std::vector<pid_t> processes_in(const std::vector<std::string>& directories) {
  std::vector<pid_t> out;
  for (const std::string& path : directories) {
    const sys::Fd dir(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct statfs fs = {};
    if (!dir || ::fstatfs(dir.get(), &fs) < 0) continue;
    if (fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC) continue;
    const Result<std::vector<pid_t>> found = cgroup::processes({cat("/proc/self/fd/", dir.get(), "/.")});
    if (found.ok() && !has(*found, 1) && !has(*found, ::getpid())) out.insert(out.end(), found->begin(), found->end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::optional<KnownContainer> of_husk(const std::string& root, const std::string& id) {
  const Result<store::State> state = store::load(root, id);
  if (!state.ok() || state->id != id) return {};
  const pid_t init = living(state->pid, state->start_time);
  return KnownContainer{"husk",
                        state->id,
                        init,
                        processes_in(state->cgroup.directories),
                        state->own_pid_namespace,
                        state->pid > 0 && init == 0};
}

std::optional<KnownContainer> of_runc(int root, const std::string& name) {
  const sys::Fd dir = directory_of_ours(root, name.c_str());
  const std::optional<std::string> text = dir ? text_of_ours(dir.get(), "state.json") : std::nullopt;
  if (!text) return {};
  const Result<json::Document> doc = json::Document::parse(*text);
  if (!doc.ok()) return {};
  json::Failure failure;
  const json::In in(doc->root(), failure);
  KnownContainer out;
  out.runtime = "runc";
  int64_t pid = 0, start_time = 0;
  in.get("id", out.id);
  in.get("init_process_pid", pid);
  in.get("init_process_start", start_time);
  std::vector<std::string> directories;
  if (const std::optional<json::In> paths = in.at("cgroup_paths"); paths && paths->expect(json::Kind::object))
    for (const json::Value path : paths->value().children()) directories.emplace_back(path.text());
  if (failure.first || out.id != name) return {};
  out.init = living(static_cast<pid_t>(pid), static_cast<uint64_t>(start_time));
  out.stopped = pid > 0 && out.init == 0;
  out.processes = processes_in(directories);
  return out;
}

// Where runtimes keep their states: named by the caller, usual, or named by the environment. The environment may be
// that of somebody else (sudo keeps it): his directory is not believed.
struct Roots {
  std::vector<std::string> named;
  std::vector<sys::Fd> husk, runc;
};

Roots roots_beside(const std::vector<std::string>& named) {
  Roots out{named, {}, {}};
  const auto add = [](std::vector<sys::Fd>* to, int at, const char* name) {
    if (sys::Fd fd = directory_of_ours(at, name)) to->push_back(std::move(fd));
  };
  add(&out.husk, AT_FDCWD, "/run/husk");
  for (const char* root :
       {"/run/runc", "/run/docker/runtime-runc/moby", "/run/containerd/runc/k8s.io", "/run/containerd/runc/default"})
    add(&out.runc, AT_FDCWD, root);
  const char* runtime_dir = ::getenv("XDG_RUNTIME_DIR");
  if (runtime_dir == nullptr || runtime_dir[0] != '/') return out;
  const sys::Fd own(::open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat st = {};
  if (!own || ::fstat(own.get(), &st) < 0 || st.st_uid != ::geteuid() || !is_ours(st)) return out;
  add(&out.husk, own.get(), "husk");
  add(&out.runc, own.get(), "runc");
  return out;
}

}  // namespace

std::vector<KnownContainer> known_containers(const std::vector<std::string>& named) {
  std::vector<KnownContainer> out;
  const auto add = [&out](std::optional<KnownContainer> found) {
    if (found && (found->init != 0 || found->stopped || !found->processes.empty())) out.push_back(*std::move(found));
  };
  Roots roots = roots_beside(named);
  for (const sys::Fd& root : roots.husk) roots.named.push_back(cat("/proc/self/fd/", root.get()));
  for (const std::string& root : roots.named)
    for (const std::string& id : store::ids(root)) add(of_husk(root, id));
  for (const sys::Fd& root : roots.runc)
    for (const std::string& name : names_in(root.get())) add(of_runc(root.get(), name));
  return out;
}

}  // namespace husk::life
