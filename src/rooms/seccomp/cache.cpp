// What is kept, and when it may be used.
//
// A filter depends on the profile, on this room's code, on libseccomp, and on what libseccomp found the kernel to know.
// All of that, written out in one way only, is the key. The file's name is a hash of it, but only the key says what a
// file is for: it stands in the file, and is compared byte for byte, so neither chance nor a file under a wrong name
// gives a container the filter of another profile. Who may have written the file is cache_files.cpp's question.
#include "rooms/seccomp/cache.h"

#include <seccomp.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <cstring>

#include "base/weakness.h"
#include "rooms/seccomp/cache_files.h"

namespace husk::seccomp {
namespace {

constexpr uint32_t kNewListener = 1U << 3;  // SECCOMP_FILTER_FLAG_NEW_LISTENER

struct Header {
  char magic[8];                   // with the format's number
  uint64_t checksum;               // of all that follows
  uint32_t key, program, skipped;  // sizes, in this order
  uint32_t flags;
};
constexpr char kMagic[sizeof Header::magic] = {'h', 'u', 's', 'k', 'b', 'p', 'f', '1'};
constexpr size_t kChecked = offsetof(Header, key);  // where what the checksum is about begins

// Against chance, not against malice: files of others are not read.
uint64_t hash(std::string_view bytes) {
  uint64_t out = bytes.size();
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t n = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), n);
    bytes.remove_prefix(n);
    out = (out ^ word) * 0x9e3779b97f4a7c15;
    out ^= out >> 29;
  }
  return out;
}

class Key {
 public:
  Key() { text_.reserve(8192); }
  void put(uint64_t value) { text_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(std::string_view text) {
    put(text.size());
    text_.append(text);
  }
  void put(const std::optional<uint32_t>& value) { put(value ? uint64_t{*value} : ~uint64_t{0}); }
  void put(const std::vector<std::string>& list) {
    put(list.size());
    for (const std::string& one : list) put(std::string_view(one));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void put(Key& key, const spec::SeccompRule& rule) {
  key.put(rule.names);
  key.put(std::string_view(rule.action));
  key.put(rule.errno_ret);
  key.put(rule.args.size());
  for (const spec::SeccompArg& arg : rule.args) {
    key.put(arg.index);
    key.put(arg.value);
    key.put(arg.value_two);
    key.put(std::string_view(arg.op));
  }
}

// The listener's path and metadata are left out: they do not change the filter.
std::string key_of(const spec::Seccomp& s) {
  Key key;
  key.put(std::string_view(HUSK_SECCOMP_SOURCES));
  const scmp_version* version = ::seccomp_version();
  key.put(version->major);
  key.put(version->minor);
  key.put(version->micro);
  struct utsname kernel = {};
  if (::uname(&kernel) == 0) key.put(std::string_view(kernel.release));
  key.put(::seccomp_arch_native());
  key.put(std::string_view(s.default_action));
  key.put(s.default_errno_ret);
  key.put(s.architectures);
  key.put(s.flags);
  key.put(s.flags_given);
  key.put(s.syscalls.size());
  for (const spec::SeccompRule& rule : s.syscalls) put(key, rule);
  return key.take();
}

std::string encode(const Filter& filter, const std::string& key) {
  Key skipped;
  for (const std::string& name : filter.skipped) skipped.put(std::string_view(name));
  const std::string names = skipped.take();
  Header h = {};
  std::memcpy(h.magic, kMagic, sizeof kMagic);
  h.key = static_cast<uint32_t>(key.size());
  h.program = static_cast<uint32_t>(filter.program.size());
  h.skipped = static_cast<uint32_t>(names.size());
  h.flags = filter.flags;
  std::string out(reinterpret_cast<const char*>(&h), sizeof h);
  out += key;
  out.append(reinterpret_cast<const char*>(filter.program.data()), filter.program.size());
  out += names;
  h.checksum = hash(std::string_view(out).substr(kChecked));
  std::memcpy(out.data(), &h, sizeof h);
  return out;
}

bool decode_names(std::string_view text, std::vector<std::string>* out) {
  while (!text.empty()) {
    uint64_t size = 0;
    if (text.size() < sizeof size) return false;
    std::memcpy(&size, text.data(), sizeof size);
    text.remove_prefix(sizeof size);
    if (size > text.size()) return false;
    out->emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return true;
}

std::optional<Filter> decode(std::string_view file, const std::string& key) {
  Header h = {};
  if (file.size() < sizeof h) return {};
  std::memcpy(&h, file.data(), sizeof h);
  const std::string_view body = file.substr(sizeof h);
  if (uint64_t{h.key} + h.program + h.skipped != body.size()) return {};
  if (h.program == 0 || h.program % 8 != 0) return {};
  if (!weakened(Weakness::cache_checked)) {
    if (std::memcmp(h.magic, kMagic, sizeof kMagic) != 0 || body.substr(0, h.key) != key) return {};
    if (hash(file.substr(kChecked)) != h.checksum) return {};
  }
  Filter out;
  const std::string_view program = body.substr(h.key, h.program);
  out.program.assign(program.begin(), program.end());
  out.flags = h.flags;
  out.notify = (h.flags & kNewListener) != 0;
  if (!decode_names(body.substr(size_t{h.key} + h.program), &out.skipped)) return {};
  return out;
}

}  // namespace

Result<Filter> compile_cached(const spec::Seccomp& seccomp, const std::string& directory) {
  if (directory.empty()) return compile(seccomp);
  const std::string key = key_of(seccomp);
  char name[32];
  (void)::snprintf(name, sizeof name, "%016llx%s", static_cast<unsigned long long>(hash(key)),
                   CacheFiles::kSuffix.data());
  CacheFiles files(directory);
  if (std::optional<Filter> kept = decode(files.read(name), key)) return *std::move(kept);
  Result<Filter> out = compile(seccomp);
  if (out.ok()) files.write(name, encode(*out, key));
  return out;
}

}  // namespace husk::seccomp
