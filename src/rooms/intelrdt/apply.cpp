#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "host/files.h"
#include "rooms/intelrdt/files.h"
#include "rooms/intelrdt/intelrdt.h"

namespace husk::intelrdt {
namespace {

constexpr size_t kMaxFile = 1UL << 20;

bool owns(const Home& home, const std::string& directory) {
  return std::find(home.owned.begin(), home.owned.end(), directory) != home.owned.end();
}

Status add_task(const std::string& directory, pid_t pid) {
  Status status = host::write_file(directory + "/tasks", std::to_string(pid));
  if (!status.ok()) return std::move(status).error().within("/linux/intelRdt");
  return {};
}

Status write_schemata(const std::string& root, const std::string& directory, const std::string& schemata) {
  Status status = host::write_file(directory + "/schemata", schemata);
  if (!status.ok()) return explained(std::move(status).error().within("/linux/intelRdt"), root);
  return {};
}

Status make(const std::string& root, const std::string& directory, bool* existed = nullptr) {
  const int error = ::mkdir(directory.c_str(), 0755) == 0 ? 0 : errno;
  if (existed != nullptr) *existed = error == EEXIST;
  if (error == 0 || error == EEXIST) return {};
  Error out = fail(error, "/linux/intelRdt: mkdir ", directory);
  if (error == ENOSPC) out.hint = "the processors have no class of service or monitoring group left";
  return explained(std::move(out), root);
}

}  // namespace

Error explained(Error error, const std::string& root) {
  const std::string status = text_of(root + "/info/last_cmd_status");
  if (!status.empty() && status != "ok") error.hint = cat("last_cmd_status: ", status);
  return error;
}

std::string text_of(const std::string& path) {
  Result<std::string> text = host::read_file(path, kMaxFile);
  if (!text.ok()) return "";
  constexpr const char* kBlank = " \t\n";
  text->erase(text->find_last_not_of(kBlank) + 1);
  text->erase(0, std::min(text->find_first_not_of(kBlank), text->size()));
  return *std::move(text);
}

uint64_t number_of(const std::string& path) {
  const std::string text = text_of(path);
  uint64_t out = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

bool is_directory(const std::string& path) {
  struct stat st = {};
  return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

Result<std::string> root() {
  if (const char* elsewhere = ::secure_getenv("HUSK_RESCTRL"); elsewhere != nullptr && *elsewhere == '/')
    return std::string(elsewhere);
  HUSK_LET(const std::string mounts, host::read_file("/proc/self/mountinfo", kMaxFile * 16));
  std::string out = mountpoint_in(mounts);
  if (out.empty())
    return Error{"/linux/intelRdt: resctrl is not mounted on this host", 0,
                 "mount -t resctrl resctrl /sys/fs/resctrl, on processors with Intel RDT or the like"};
  return out;
}

Home locate(const std::string& root, const Plan& plan) {
  Home out;
  out.group = plan.group.empty() ? root : cat(root, '/', plan.group);
  if (!plan.named && !is_directory(out.group)) out.owned.push_back(out.group);
  if (plan.monitor.empty()) return out;
  out.monitor = cat(out.group, "/mon_groups/", plan.monitor);
  if (!is_directory(out.monitor)) out.owned.push_back(out.monitor);
  return out;
}

Status make_group(const std::string& root, const Plan& plan, const Home& home, bool* existed) {
  *existed = true;
  if (plan.group.empty()) return {};
  if (plan.named && plan.schemata.empty()) {
    if (is_directory(home.group)) return {};
    return Error{cat("/linux/intelRdt/closID: there is no class of service ", home.group), 0,
                 "without schemata it has to be made beforehand"};
  }
  return make(root, home.group, existed);
}

Status configure(const std::string& root, const Plan& plan, const Home& home, bool existed) {
  if (!plan.schemata.empty()) {
    if (existed && plan.named) {
      const uint64_t step = number_of(root + "/info/MB/bandwidth_gran");
      const std::string present = text_of(home.group + "/schemata");
      if (!schemata_match(plan.schemata, present, step)) {
        std::string asked = plan.schemata;
        asked.pop_back();
        std::replace(asked.begin(), asked.end(), '\n', ' ');
        return Error{
            cat("/linux/intelRdt: the class of service ", home.group, " exists and has other schemata than ", asked), 0,
            "others may be in it: name another closID, or change its schemata beforehand"};
      }
    } else {
      HUSK_TRY(write_schemata(root, home.group, plan.schemata));
    }
  }
  if (!home.monitor.empty()) HUSK_TRY(make(root, home.monitor));
  return {};
}

Status create(const std::string& root, const Plan& plan, const Home& home) {
  bool existed = false;
  HUSK_TRY(make_group(root, plan, home, &existed));
  Status status = configure(root, plan, home, existed);
  if (!status.ok()) {
    // A named class that did not exist a moment ago is nobody's yet.
    if (!existed && !owns(home, home.group)) (void)::rmdir(home.group.c_str());
    (void)remove(home);
  }
  return status;
}

Status join(const Home& home, pid_t pid) {
  if (home.group.empty()) return {};
  HUSK_TRY(add_task(home.group, pid));
  return home.monitor.empty() ? Status() : add_task(home.monitor, pid);
}

Status update(const std::string& root, const Home& home, const std::string& l3_cache_schema,
              const std::string& mem_bw_schema) {
  if (!l3_cache_schema.empty() && !is_directory(root + "/info/L3"))
    return Error{"Intel RDT/CAT: l3 cache schema is not enabled"};
  if (!mem_bw_schema.empty() && !is_directory(root + "/info/MB"))
    return Error{"Intel RDT/MBA: memory bandwidth schema is not enabled"};
  std::string schemata;
  for (const std::string* line : {&l3_cache_schema, &mem_bw_schema}) {
    if (line->find('\n') != std::string::npos) return Error{"a schema of Intel RDT must be a single line"};
    if (!line->empty()) schemata += *line + '\n';
  }
  return schemata.empty() ? Status() : write_schemata(root, home.group, schemata);
}

Status remove(const Home& home) {
  // The monitoring group is inside of the class.
  for (auto it = home.owned.rbegin(); it != home.owned.rend(); ++it)
    if (::rmdir(it->c_str()) < 0 && errno != ENOENT) return fail(errno, "rmdir ", *it);
  return {};
}

}  // namespace husk::intelrdt
