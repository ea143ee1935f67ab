#include "life/validate_format.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <string_view>

#include "sys/fd.h"

namespace husk::life {
namespace {

constexpr size_t kBeginning = 256;  // that is what the kernel looks at
constexpr unsigned char kOwnOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

template <class T>
bool read_at(int file, uint64_t offset, T& out) {
  return offset < uint64_t{LONG_MAX} &&
         pread(file, &out, sizeof out, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof out);
}

Format script(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace, 2), text.size()));
  const size_t end = text.find_first_of(std::string_view(" \t\n\0", 4));
  const bool cut = end == std::string_view::npos && text.size() + 2 >= kBeginning;
  if (end == 0 || text.empty()) return {Format::Kind::none, {}};
  if (cut) return {};
  return {Format::Kind::script, std::string(text.substr(0, end))};
}

// The loader that the file names. Nothing is said of a file that is damaged.
template <class Header, class Segment>
Format elf(int file) {
  constexpr int kMostSegments = 1000;
  Header header = {};
  if (!read_at(file, 0, header) || (header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
      header.e_phentsize != sizeof(Segment))
    return {};
  for (int i = 0; i < std::min<int>(header.e_phnum, kMostSegments); ++i) {
    Segment segment = {};
    if (!read_at(file, header.e_phoff + static_cast<uint64_t>(i) * sizeof segment, segment)) return {};
    if (segment.p_type != PT_INTERP) continue;
    std::array<char, PATH_MAX> name = {};
    if (segment.p_filesz < 2 || segment.p_filesz > name.size() || segment.p_offset > uint64_t{LONG_MAX}) return {};
    const ssize_t size = pread(file, name.data(), segment.p_filesz, static_cast<off_t>(segment.p_offset));
    if (size != static_cast<ssize_t>(segment.p_filesz) || name[segment.p_filesz - 1] != 0) return {};
    return {Format::Kind::elf, name.data()};
  }
  return {Format::Kind::elf, {}};
}

// Of machines that a kernel may run beside its own.
bool is_kin(uint16_t own, uint16_t other) {
  return own == other || (own == EM_X86_64 && other == EM_386) || (own == EM_AARCH64 && other == EM_ARM) ||
         (own == EM_PPC64 && other == EM_PPC) || (own == EM_SPARCV9 && (other == EM_SPARC || other == EM_SPARC32PLUS));
}

// The two headers begin alike.
Format of_machine(int file) {
  Elf32_Ehdr other = {};
  Elf32_Ehdr own = {};
  const sys::Fd self(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!self || !read_at(file, 0, other) || !read_at(self.get(), 0, own)) return {};
  const unsigned char wide = other.e_ident[EI_CLASS];
  if (other.e_ident[EI_DATA] != kOwnOrder || !is_kin(own.e_machine, other.e_machine) ||
      (wide == ELFCLASS64 && own.e_ident[EI_CLASS] != ELFCLASS64))
    return {Format::Kind::foreign, {}};
  // Whether a kernel takes what is narrower than its own depends on how it was built.
  if (wide != own.e_ident[EI_CLASS] || own.e_machine != other.e_machine) return {};
  return wide == ELFCLASS64 ? elf<Elf64_Ehdr, Elf64_Phdr>(file) : elf<Elf32_Ehdr, Elf32_Phdr>(file);
}

}  // namespace

Format format_of(int file) {
  struct stat st = {};
  std::array<char, kBeginning> bytes = {};
  if (fstat(file, &st) < 0 || !S_ISREG(st.st_mode)) return {};
  const ssize_t size = pread(file, bytes.data(), bytes.size(), 0);
  if (size < 0) return {};
  const std::string_view text(bytes.data(), static_cast<size_t>(size));
  if (text.starts_with("#!")) return script(text);
  if (text.starts_with(std::string_view(ELFMAG, SELFMAG))) return of_machine(file);
  return {Format::Kind::none, {}};
}

bool takes_other_formats() {
  const std::unique_ptr<DIR, int (*)(DIR*)> all(opendir("/proc/sys/fs/binfmt_misc"), closedir);
  if (!all) return false;
  while (const dirent* entry = readdir(all.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name != "register" && name != "status") return true;
  }
  return false;
}

}  // namespace husk::life
