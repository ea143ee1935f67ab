// Gathering namespaces; see ns_scan.cpp.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "husk/ns_list.h"
#include "sys/fd.h"

namespace husk::life {

struct NamespaceName {
  NamespaceKind kind = NamespaceKind::user;
  uint64_t id = 0;
};
// "net:[4026531840]", as readlink(1) and mountinfo have it. Pure.
[[nodiscard]] std::optional<NamespaceName> namespace_named(std::string_view text);
// The lines of /proc/PID/uid_map. Pure.
[[nodiscard]] std::vector<NamespaceMap> maps_in(std::string_view text);

struct NamespaceMounted {
  NamespaceName name;
  std::string path;
};
// The namespaces in the text of a /proc/PID/mountinfo. Pure.
[[nodiscard]] std::vector<NamespaceMounted> namespaces_mounted(std::string_view mountinfo);

// The errno of what is there and was not seen for want of descriptors or memory.
[[nodiscard]] constexpr bool is_want(int err) {
  return err == EMFILE || err == ENFILE || err == ENOMEM;
}

// Collects them one by one; each is asked for its owner and parent once.
class Namespaces {
 public:
  NamespaceEntry& at(NamespaceName name);
  [[nodiscard]] bool was_asked(uint64_t id) const;
  // `fd`: the namespace itself, open.
  void ask(NamespaceName name, int fd);
  // `dir`/`path`: a file that should be this namespace. Whatever else it is by now, it is not opened.
  void ask_at(NamespaceName name, int dir, const char* path);
  [[nodiscard]] std::vector<NamespaceEntry> take();
  // What is_want() of something that was asked for; 0: nothing was.
  [[nodiscard]] int wanted() const { return wanted_; }

 private:
  struct Known {
    NamespaceEntry entry;
    bool asked = false;
  };
  Known& known(NamespaceName name);
  void note(int err);

  int wanted_ = 0;
  std::unordered_map<uint64_t, Known> known_;
};

}  // namespace husk::life
