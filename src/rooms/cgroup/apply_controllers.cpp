// A controller's files appear in a cgroup when its parent's cgroup.subtree_control names it, and so on up to the root.
#include <fcntl.h>

#include <algorithm>

#include "rooms/cgroup/controllers.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// The words of a file; none where it cannot be read.
Names words_in(int dir, const char* file) {
  Names out;
  std::string text;
  if (read_at(dir, file, &text) < 0) return out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(" \n", at), text.size());
    if (end != at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Names missing_from(const Names& have, const Names& wanted) {
  Names out;
  for (const std::string& name : wanted)
    if (!contains(have, name)) out.push_back(name);
  return out;
}

// One cgroup above the leaf.
class Above {
 public:
  explicit Above(const std::string& path) : dir_(open_directory_at(AT_FDCWD, path.c_str())) {}

  // Whether it hands down what is wanted already, and with `all` whatever it has itself.
  bool is_done(const Names& wanted, bool all) {
    if (!dir_) return false;
    enabled_ = words_in(dir_.get(), "cgroup.subtree_control");
    if (!missing_from(enabled_, wanted).empty()) return false;
    return !all || missing_from(enabled_, words_in(dir_.get(), "cgroup.controllers")).empty();
  }

  void enable(const Names& wanted, bool all) {
    if (!dir_) return;
    enabled_ = words_in(dir_.get(), "cgroup.subtree_control");
    if (all && enable_all()) return;
    // One by one: a single unknown name would have the whole write refused.
    for (const std::string& name : missing_from(enabled_, wanted))
      (void)write_at(dir_.get(), "cgroup.subtree_control", cat('+', name));
  }

 private:
  // In one write, which the kernel refuses as a whole where processes are: with controllers that can tell threads apart
  // alone it would not, and make those processes the root of a threaded domain, which nobody asked for.
  bool enable_all() {
    const Names available = words_in(dir_.get(), "cgroup.controllers");
    if (!contains(available, "memory") && !contains(available, "io")) return false;
    std::string text;
    for (const std::string& name : missing_from(enabled_, available)) text += cat(text.empty() ? "+" : " +", name);
    return text.empty() || write_at(dir_.get(), "cgroup.subtree_control", text) == 0;
  }

  sys::Fd dir_;
  Names enabled_;
};

}  // namespace

void enable_controllers(const Directory& leaf, const Names& wanted, bool all) {
  const size_t last = leaf.path.rfind('/');
  // The parent first: it can only have what all above it have, so mostly this is the one cgroup looked at.
  if (last == std::string::npos || Above(leaf.path.substr(0, last)).is_done(wanted, all)) return;
  for (size_t end = leaf.mountpoint.size(); end != std::string::npos && end <= last; end = leaf.path.find('/', end + 1))
    Above(leaf.path.substr(0, end)).enable(wanted, all);
}

}  // namespace husk::cgroup
