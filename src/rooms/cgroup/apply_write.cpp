// Writing limits.
#include <fcntl.h>

#include <algorithm>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

const Directory* directory_of(const std::vector<Directory>& directories, const std::string& controller) {
  for (const Directory& d : directories)
    if (d.controllers.empty() ? directories.size() == 1 : has_controller(d.controllers, controller)) return &d;
  return nullptr;
}

class Writer {
 public:
  explicit Writer(const std::vector<Directory>& directories) : directories_(directories) {}

  Status run(const std::vector<Write>& writes) {
    for (size_t i = 0; i < writes.size(); ++i) {
      const Write& w = writes[i];
      HUSK_LET(int error, put(w));
      if (error != 0 && w.either_order && i + 1 < writes.size()) {
        // Lowering both limit and swap the kernel wants the first before the second, raising them the reverse.
        HUSK_LET(const int next, put(writes[i + 1]));
        if (next == 0) {
          HUSK_LET(error, put(w));
          if (error == 0) ++i;
        }
      }
      if (error != 0) return explain(w, error);
    }
    return {};
  }

 private:
  // 0 or -errno of one write; an Error when the host has no place for it.
  Result<int> put(const Write& w) {
    const Directory* d = directory_of(directories_, w.controller);
    if (d == nullptr) {
      if (w.optional) return 0;
      return Error{cat("failed to write \"", w.value, "\" to ", w.file, ": the ", w.controller,
                       " controller is not mounted on this host")};
    }
    if (d->path != open_path_) {
      dir_.reset(open_directory_at(AT_FDCWD, d->path.c_str()));
      if (!dir_) return fail(errno, "open ", d->path);
      open_path_ = d->path;
    }
    const int error = write_at(dir_.get(), w.file.c_str(), w.value);
    return error == -ENOENT && w.optional ? 0 : error;
  }

  Error explain(const Write& w, int error) const {
    Error out = fail(-error, "failed to write \"", w.value, "\" to ", open_path_, "/", w.file);
    if (error == -ENOENT && w.file.find("memsw") != std::string::npos)
      out.hint = "the kernel was started without swap accounting";
    else if (error == -ENOENT || error == -EACCES)
      out.hint = w.controller.empty() ? "" : cat("is the ", w.controller, " controller available to this cgroup?");
    return out;
  }

  const std::vector<Directory>& directories_;
  std::string open_path_;
  sys::Fd dir_;
};

}  // namespace

Status write_resources(const std::vector<Directory>& directories, const ResourcePlan& resources) {
  return Writer(directories).run(resources.writes);
}

}  // namespace husk::cgroup
