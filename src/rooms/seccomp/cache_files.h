// The directory with compiled filters: who may have written what is read there. Private to the room.
#pragma once

#include <string>
#include <string_view>

#include "sys/fd.h"

namespace husk::seccomp {

// Nothing here fails: what cannot be read is not there, what cannot be written is not kept.
class CacheFiles {
 public:
  // `path` is absolute.
  explicit CacheFiles(std::string path) : path_(std::move(path)) {}

  // The bytes of a file that nobody but us can have written; empty: there is none.
  [[nodiscard]] std::string read(const char* name);
  // Replaces the file, whatever it was. The directory is made if need be, and made not to grow beyond kMaxFiles.
  void write(const char* name, std::string_view content);

  // A name of the cache's own: others in the directory are left alone.
  static constexpr std::string_view kSuffix = ".filter";
  static constexpr size_t kMaxFiles = 64;
  static constexpr size_t kMaxSize = size_t{1} << 20;

 private:
  void make_room() const;

  std::string path_;
  sys::Fd directory_;
};

}  // namespace husk::seccomp
