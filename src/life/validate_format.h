// What the kernel would make of a file that is to be executed, by what is at its beginning.
#pragma once

#include <cstdint>
#include <string>

namespace husk::life {

struct Format {
  enum class Kind : uint8_t {
    unknown,  // cannot be read, or is of a sort that nothing is said of
    script,   // begins with "#!"
    elf,      // of this machine
    foreign,  // an ELF file of another machine
    none,     // nothing that a kernel executes by itself
  };
  Kind kind = Kind::unknown;
  std::string interpreter;  // of a script, or the loader of an ELF file; empty: it needs none
};

// `file` is open for reading. What is no regular file is unknown.
[[nodiscard]] Format format_of(int file);

// Formats that this host's kernel was told of (binfmt_misc): what is foreign or none may be executed all the same.
[[nodiscard]] bool takes_other_formats();

}  // namespace husk::life
