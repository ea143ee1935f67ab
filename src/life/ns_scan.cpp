// What a namespace is known by, and what it says about itself. The kernel names it by the inode of its file; the file,
// once open, leads to the user namespace that owns it and to its parent. These may have no process and no mount any
// more: they live on as what their children hang on, and this is the only way to them.
#include "life/ns_scan.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <charconv>

#include "host/lines.h"

namespace husk {
namespace {

constexpr const char* kNames[kNamespaceKinds] = {"user", "pid", "mnt", "net", "uts", "ipc", "cgroup", "time"};

}  // namespace

const char* namespace_kind_name(NamespaceKind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<NamespaceKind> namespace_kind(std::string_view name) {
  for (size_t i = 0; i < kNamespaceKinds; ++i)
    if (name == kNames[i]) return static_cast<NamespaceKind>(i);
  return {};
}

const NamespaceEntry* NamespaceView::find(uint64_t id) const {
  for (const NamespaceEntry& entry : namespaces)
    if (entry.id == id) return &entry;
  return nullptr;
}

namespace life {

std::optional<NamespaceName> namespace_named(std::string_view text) {
  const size_t colon = text.find(":[");
  if (colon == std::string_view::npos || !text.ends_with(']')) return {};
  const std::optional<NamespaceKind> kind = namespace_kind(text.substr(0, colon));
  const std::string_view number = text.substr(colon + 2, text.size() - colon - 3);
  NamespaceName out;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.id);
  if (!kind || error != std::errc() || end != number.data() + number.size() || out.id == 0) return {};
  out.kind = *kind;
  return out;
}

std::vector<NamespaceMap> maps_in(std::string_view text) {
  std::vector<NamespaceMap> out;
  while (!text.empty()) {
    std::string_view line = host::take(text, '\n');
    uint32_t numbers[3] = {};
    size_t count = 0;
    while (!line.empty() && count < 3) {
      const std::string_view word = host::take(line, ' ');
      if (word.empty()) continue;
      if (std::from_chars(word.data(), word.data() + word.size(), numbers[count]).ec != std::errc()) break;
      ++count;
    }
    if (count == 3) out.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return out;
}

std::vector<NamespaceMounted> namespaces_mounted(std::string_view mountinfo) {
  std::vector<NamespaceMounted> out;
  while (!mountinfo.empty()) {
    std::string_view line = host::take(mountinfo, '\n');
    for (int i = 0; i < 3; ++i) host::take(line, ' ');
    const std::optional<NamespaceName> name = namespace_named(host::take(line, ' '));
    if (!name) continue;  // what is mounted of another file system is no such name, or that of a file
    const std::string_view place = host::take(line, ' ');
    while (!line.empty() && host::take(line, ' ') != "-") {
    }
    if (host::take(line, ' ') == "nsfs") out.push_back({*name, host::unescape_mountinfo(place)});
  }
  return out;
}

Namespaces::Known& Namespaces::known(NamespaceName name) {
  Known& out = known_[name.id];
  out.entry.kind = name.kind;
  out.entry.id = name.id;
  return out;
}

NamespaceEntry& Namespaces::at(NamespaceName name) {
  return known(name).entry;
}

void Namespaces::note(int err) {
  if (is_want(err)) wanted_ = err;
}

bool Namespaces::was_asked(uint64_t id) const {
  const auto found = known_.find(id);
  return found != known_.end() && found->second.asked;
}

void Namespaces::ask(NamespaceName name, int fd) {
  if (was_asked(name.id)) return;
  known(name).asked = true;
  const auto related = [this](NamespaceKind kind, int related_fd) -> uint64_t {
    const sys::Fd owned(related_fd);
    struct stat st = {};
    if (!owned) note(errno);
    if (!owned || ::fstat(owned.get(), &st) < 0) return 0;
    ask({kind, st.st_ino}, owned.get());
    return st.st_ino;
  };
  // An owner or parent outside of the caller's own is none of its business: EPERM.
  const uint64_t owner = related(NamespaceKind::user, ::ioctl(fd, NS_GET_USERNS));
  uint64_t parent = owner;
  if (name.kind == NamespaceKind::pid) parent = related(NamespaceKind::pid, ::ioctl(fd, NS_GET_PARENT));
  NamespaceEntry& entry = at(name);
  entry.owner = owner;
  if (name.kind == NamespaceKind::user || name.kind == NamespaceKind::pid) entry.parent = parent;
  uid_t creator = 0;
  if (name.kind == NamespaceKind::user && ::ioctl(fd, NS_GET_OWNER_UID, &creator) == 0) entry.creator = creator;
}

void Namespaces::ask_at(NamespaceName name, int dir, const char* path) {
  if (was_asked(name.id)) return;
  // Looked at before it is opened: what has become a fifo or a device meanwhile would do something.
  const sys::Fd place(::openat(dir, path, O_PATH | O_CLOEXEC));
  struct statfs fs = {};
  struct stat st = {};
  if (!place) note(errno);
  if (!place || ::fstatfs(place.get(), &fs) < 0 || fs.f_type != NSFS_MAGIC) return;
  if (::fstat(place.get(), &st) < 0 || st.st_ino != name.id) return;
  const sys::Fd fd(::open(cat("/proc/self/fd/", place.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) note(errno);
  if (fd) ask(name, fd.get());
}

std::vector<NamespaceEntry> Namespaces::take() {
  std::vector<NamespaceEntry> out;
  out.reserve(known_.size());
  for (auto& [id, known] : known_) out.push_back(std::move(known.entry));
  known_.clear();
  std::sort(out.begin(), out.end(), [](const NamespaceEntry& a, const NamespaceEntry& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.id < b.id;
  });
  return out;
}

}  // namespace life
}  // namespace husk
