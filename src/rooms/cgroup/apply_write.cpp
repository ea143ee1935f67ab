// Writing limits.
#include <fcntl.h>

#include <algorithm>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/locate.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

std::string first_word(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of(" \n")));
}

class Writer {
 public:
  Writer(const std::vector<Directory>& directories, bool undo) : directories_(directories), undo_(undo) {}

  Status run(const std::vector<Write>& writes) {
    for (size_t i = 0; i < writes.size(); ++i) {
      const Write& w = writes[i];
      HUSK_LET(int error, put(w));
      if (w.or_next && i + 1 < writes.size()) {
        ++i;
        if (error == 0) continue;
        if (error == -ENOENT) {
          HUSK_LET(error, put(writes[i]));
        }
        if (error != 0) return give_up(error == -ENOENT ? w : writes[i], error);
        continue;
      }
      if (error != 0 && w.either_order && i + 1 < writes.size()) {
        // Lowering both limit and swap the kernel wants the first before the second, raising them the reverse.
        HUSK_LET(const int next, put(writes[i + 1]));
        if (next == 0) {
          HUSK_LET(error, put(w));
          if (error == 0) ++i;
        }
      }
      if (error != 0) return give_up(w, error);
    }
    return {};
  }

 private:
  struct Old {
    std::string path, value;
  };

  // 0 or -errno of one write; an Error when the host has no place for it.
  Result<int> put(const Write& w) {
    const Directory* d = directory_of(directories_, w.controller);
    if (d == nullptr) {
      if (w.optional) return 0;
      put_back();
      return Error{cat("failed to write \"", w.value, "\" to ", w.file, ": the ", w.controller,
                       " controller is not mounted on this host")};
    }
    if (d->path != open_path_) {
      dir_.reset(open_directory_at(AT_FDCWD, d->path.c_str()));
      if (!dir_) return fail(-dir_.get(), "open ", d->path);
      open_path_ = d->path;
    }
    std::string before;
    const bool known = undo_ && read_at(dir_.get(), w.file.c_str(), &before) == 0;
    const int error = write_at(dir_.get(), w.file.c_str(), w.value);
    if (error == 0 && known) remember(w.file, std::move(before));
    return error == -ENOENT && w.optional ? 0 : error;
  }

  // Files with several lines are lists, which cannot be written as a whole.
  void remember(const std::string& file, std::string value) {
    if (value.find('\n') + 1 == value.size()) old_.push_back({cat(open_path_, '/', file), std::move(value)});
  }

  // Twice: of two limits that depend on each other, one may have to go first.
  void put_back() {
    for (int round = 0; round < 2; ++round)
      for (size_t i = old_.size(); i-- > 0;) (void)write_at(AT_FDCWD, old_[i].path.c_str(), old_[i].value);
  }

  Error give_up(const Write& w, int error) {
    Error out = explain(w, error);
    put_back();
    return out;
  }

  Error explain(const Write& w, int error) const {
    Error out = fail(-error, "failed to write \"", w.value, "\" to ", open_path_, "/", w.file);
    if (error == -EBUSY && w.file == "memory.limit_in_bytes") {
      out = Error{cat("unable to set memory limit to ", w.value, " (current usage: ", present("memory.usage_in_bytes"),
                      ", peak usage: ", present("memory.max_usage_in_bytes"), ")")};
    } else if (error == -EINVAL && w.file == "memory.limit_in_bytes") {
      out.hint = cat("memory and swap together are limited to ", present("memory.memsw.limit_in_bytes"));
    } else if (error == -ENOENT && w.file.find("memsw") != std::string::npos) {
      out.hint = "the kernel was started without swap accounting";
    } else if (error == -ENOENT && w.controller == "hugetlb") {
      out.hint = "is the hugetlb controller available to this cgroup, and are there huge pages of this size?";
    } else if (error == -ENOENT || error == -EACCES) {
      out.hint = w.controller.empty() ? "" : cat("is the ", w.controller, " controller available to this cgroup?");
    }
    return out;
  }

  [[nodiscard]] std::string present(const char* file) const {
    std::string text;
    return read_at(dir_.get(), file, &text) == 0 ? first_word(text) : "unknown";
  }

  const std::vector<Directory>& directories_;
  bool undo_;
  std::vector<Old> old_;
  std::string open_path_;
  sys::Fd dir_;
};

}  // namespace

Status write_resources(const std::vector<Directory>& directories, const ResourcePlan& resources, bool undo) {
  return Writer(directories, undo).run(resources.writes);
}

}  // namespace husk::cgroup
