// A directory in memory (or in TMPDIR) whose files all have one text: hard links of one file, so that an input costs
// one write(2).
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "host/files.h"

namespace husk::fuzz {

class MemoryFiles {
 public:
  // `folder`: below root(), where the files are.
  explicit MemoryFiles(const std::vector<std::string>& names, const std::string& folder = "files") {
    if (const char* other = getenv("TMPDIR")) root_ = cat(other, "/husk-fuzz-XXXXXX");
    demand(mkdtemp(root_.data()) != nullptr, "/dev/shm can be written to");
    directory_ = root_ + "/" + folder;
    demand(host::make_directories(directory_, 0700).ok(), "/dev/shm can be written to");
    const std::string first = directory_ + "/" + names.front();
    file_ = open(first.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    demand(file_ >= 0, "/dev/shm can be written to");
    for (const std::string& name : names)
      if (const std::string other = directory_ + "/" + name; other != first)
        demand(link(first.c_str(), other.c_str()) == 0, "/dev/shm has hard links");
  }
  MemoryFiles(const MemoryFiles&) = delete;
  MemoryFiles& operator=(const MemoryFiles&) = delete;
  ~MemoryFiles() {
    close(file_);
    (void)host::remove_tree(root_);
  }

  void put(std::string_view text) const {
    const auto size = static_cast<ssize_t>(text.size());
    demand(ftruncate(file_, 0) == 0 && pwrite(file_, text.data(), text.size(), 0) == size, "a file can be written");
  }
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string root_ = "/dev/shm/husk-fuzz-XXXXXX", directory_;
  int file_ = -1;
};

}  // namespace husk::fuzz
