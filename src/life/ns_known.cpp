// Containers by the state directories of runtimes: a container whose cgroup has a name of somebody's choice, or that
// has none, is only known there.
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "host/files.h"
#include "json/in.h"
#include "life/ns_names.h"
#include "store/store.h"

namespace husk::life {
namespace {

constexpr size_t kMaxState = 16UL << 20;

struct DirCloser {
  void operator()(DIR* dir) const { (void)::closedir(dir); }
};

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> out;
  const std::unique_ptr<DIR, DirCloser> dir(::opendir(path.c_str()));
  if (dir == nullptr) return out;
  while (const dirent* entry = ::readdir(dir.get()))
    if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
  return out;
}

// A number may belong to another process by now: only one that began when the container's did is its init.
pid_t living(pid_t pid, uint64_t start_time) {
  if (pid <= 0) return 0;
  const store::ProcessFacts facts = store::look_at(pid);
  return !facts.ended && facts.start_time == start_time ? pid : 0;
}

std::vector<pid_t> processes_in(const std::vector<std::string>& directories) {
  Result<std::vector<pid_t>> found = cgroup::processes(directories);
  return found.ok() ? *std::move(found) : std::vector<pid_t>();
}

std::optional<KnownContainer> of_husk(const std::string& root, const std::string& id) {
  const Result<store::State> state = store::load(root, id);
  if (!state.ok()) return {};
  return KnownContainer{"husk", state->id, living(state->pid, state->start_time),
                        processes_in(state->cgroup.directories), state->own_pid_namespace};
}

std::optional<KnownContainer> of_runc(const std::string& root, const std::string& name) {
  const Result<std::string> text = host::read_file(cat(root, "/", name, "/state.json"), kMaxState);
  if (!text.ok()) return {};
  const Result<json::Document> doc = json::Document::parse(*text);
  if (!doc.ok()) return {};
  json::Failure failure;
  const json::In in(doc->root(), failure);
  KnownContainer out{"runc", "", 0, {}, false};
  int64_t pid = 0, start_time = 0;
  in.get("id", out.id);
  in.get("init_process_pid", pid);
  in.get("init_process_start", start_time);
  std::vector<std::string> directories;
  if (const std::optional<json::In> paths = in.at("cgroup_paths"); paths && paths->expect(json::Kind::object))
    for (const json::Value path : paths->value().children()) directories.emplace_back(path.text());
  if (failure.first || out.id.empty()) return {};
  out.init = living(static_cast<pid_t>(pid), static_cast<uint64_t>(start_time));
  out.processes = processes_in(directories);
  return out;
}

void add_unique(std::vector<std::string>& to, std::string path) {
  if (std::find(to.begin(), to.end(), path) == to.end()) to.push_back(std::move(path));
}

}  // namespace

std::vector<KnownContainer> known_containers(const std::vector<std::string>& roots) {
  std::vector<std::string> of_ours = roots;
  std::vector<std::string> of_runcs = {"/run/runc"};
  add_unique(of_ours, "/run/husk");
  if (const char* runtime_dir = ::getenv("XDG_RUNTIME_DIR"); runtime_dir != nullptr && runtime_dir[0] == '/') {
    add_unique(of_ours, cat(runtime_dir, "/husk"));
    add_unique(of_runcs, cat(runtime_dir, "/runc"));
  }
  std::vector<KnownContainer> out;
  const auto add = [&out](std::optional<KnownContainer> found) {
    if (found && (found->init != 0 || !found->processes.empty())) out.push_back(*std::move(found));
  };
  for (const std::string& root : of_ours)
    for (const std::string& id : store::ids(root)) add(of_husk(root, id));
  for (const std::string& root : of_runcs)
    for (const std::string& name : names_in(root)) add(of_runc(root, name));
  return out;
}

}  // namespace husk::life
