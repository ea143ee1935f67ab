// state, list and ps: containers are only looked at.
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "json/writer.h"
#include "life/container.h"
#include "rooms/cgroup/cgroup.h"

namespace husk {
namespace {

Container describe(life::Found&& found) {
  Container out;
  out.id = std::move(found.state.id);
  out.bundle = std::move(found.state.bundle);
  out.rootfs = std::move(found.state.rootfs);
  out.created = std::move(found.state.created);
  out.pid = found.phase == Phase::stopped ? 0 : found.state.pid;
  out.phase = found.phase;
  out.owner = found.state.owner;
  out.annotations = std::move(found.state.annotations);
  std::sort(out.annotations.begin(), out.annotations.end());
  return out;
}

// A directory without a state belongs to a create or a delete that is at work, or it was left by one that was killed.
// Between its mkdir(2) and its lock a create cannot be told from the latter but by the age of the directory.
bool is_in_the_making(const Environment& env, const std::string& id) {
  struct stat st = {};
  if (stat(store::directory(env.root, id).c_str(), &st) < 0) return true;  // gone by now
  struct timespec now = {};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec - st.st_ctim.tv_sec <= 1 || store::is_locked(env.root, id);
}

void write_pids(json::Writer& w, const std::vector<pid_t>& pids) {
  w.key("nsPids").begin_array();
  for (const pid_t pid : pids) w.number(static_cast<int32_t>(pid));
  w.end_array();
}

}  // namespace

Result<Container> state(const Environment& env, const std::string& id) {
  life::Found found;
  HUSK_LET(found.state, store::load(env.root, id));
  // Before it is looked at: a number that is init's afterwards was init's all the time.
  std::vector<pid_t> ns_pids = life::levels_of(found.state.pid).ns_pids;
  found.phase = life::phase_of(env, found.state);
  Container out = describe(std::move(found));
  if (out.pid > 0) out.ns_pids = std::move(ns_pids);
  return out;
}

std::vector<Container> list(const Environment& env) {
  std::vector<Container> out;
  for (const std::string& id : store::ids(env.root)) {
    Result<life::Found> found = life::find(env, id);
    if (found.ok())
      out.push_back(describe(*std::move(found)));
    else if (found.error().errnum != ENOENT || !is_in_the_making(env, id))
      life::say(env, Level::warning, cat("load container ", id, ": ", found.error().text()));
  }
  return out;
}

std::vector<std::string> list_ids(const Environment& env) {
  return store::ids(env.root);
}

Result<std::vector<pid_t>> processes(const Environment& env, const std::string& id) {
  HUSK_LET(const store::State state, store::load(env.root, id));
  if (!state.cgroup.directories.empty()) return cgroup::processes(state.cgroup.directories);
  if (const Result<sys::Fd> init = life::open_init(state); !init.ok() && init.error().errnum == ESRCH)
    return std::vector<pid_t>();
  return Error{cat("container ", id, " has no cgroup"), 0, "its processes cannot be told from others", 1};
}

std::string process_json(const ProcessLevels& process) {
  json::Writer w;
  w.begin_object().member("pid", static_cast<int32_t>(process.ns_pids.front()));
  write_pids(w, process.ns_pids);
  w.member("name", process.name).end_object();
  return w.take();
}

std::string state_json(const Container& container, const std::string& owner, bool pretty) {
  json::Writer w(pretty ? json::Style::pretty : json::Style::compact, "  ");
  w.begin_object();
  w.member("ociVersion", spec_version()).member("id", container.id);
  w.member("pid", static_cast<int32_t>(container.pid)).member("status", phase_name(container.phase));
  w.member("bundle", container.bundle).member("rootfs", container.rootfs).member("created", container.created);
  if (!container.annotations.empty()) {
    w.key("annotations").begin_object();
    for (const auto& [key, value] : container.annotations) w.member(key, value);
    w.end_object();
  }
  w.member("owner", owner);
  if (!container.ns_pids.empty()) write_pids(w, container.ns_pids);
  w.end_object();
  return w.take();
}

}  // namespace husk
