// The table follows runtime-spec 1.3, config.md "Linux mount options".
#include "rooms/rootfs/options.h"

#include <linux/mount.h>

#include <algorithm>

namespace husk::rootfs {
namespace {

enum class Sort : uint8_t { attr, atime, tree, super, classic, propagation, none };

struct Option {
  std::string_view word;
  Sort sort;
  bool clear;
  uint64_t attr;   // MOUNT_ATTR_*
  uint64_t flags;  // MS_*
};

// Access times are one field of several values, not bits: setting any clears the field first.
constexpr uint64_t kAtime = MOUNT_ATTR__ATIME;
constexpr uint64_t kAtimeFlags = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;

// Not in it: acl and noacl. Linux has no flag for them that would do anything; some file systems have such an option,
// and get it.
constexpr Option kOptions[] = {
    {"async", Sort::super, true, 0, MS_SYNCHRONOUS},
    {"atime", Sort::atime, true, 0, MS_NOATIME},
    {"defaults", Sort::none, false, 0, 0},
    {"dev", Sort::attr, true, MOUNT_ATTR_NODEV, MS_NODEV},
    {"diratime", Sort::atime, true, 0, MS_NODIRATIME},
    {"dirsync", Sort::super, false, 0, MS_DIRSYNC},
    {"exec", Sort::attr, true, MOUNT_ATTR_NOEXEC, MS_NOEXEC},
    {"iversion", Sort::classic, false, 0, MS_I_VERSION},
    {"lazytime", Sort::super, false, 0, MS_LAZYTIME},
    {"loud", Sort::none, true, 0, MS_SILENT},
    {"mand", Sort::classic, false, 0, MS_MANDLOCK},
    {"noatime", Sort::atime, false, 0, MS_NOATIME},
    {"nodev", Sort::attr, false, MOUNT_ATTR_NODEV, MS_NODEV},
    {"nodiratime", Sort::atime, false, 0, MS_NODIRATIME},
    {"noexec", Sort::attr, false, MOUNT_ATTR_NOEXEC, MS_NOEXEC},
    {"noiversion", Sort::none, true, 0, MS_I_VERSION},
    {"nolazytime", Sort::super, true, 0, MS_LAZYTIME},
    {"nomand", Sort::none, true, 0, MS_MANDLOCK},
    {"norelatime", Sort::atime, true, 0, MS_RELATIME},
    {"nostrictatime", Sort::atime, true, 0, MS_STRICTATIME},
    {"nosuid", Sort::attr, false, MOUNT_ATTR_NOSUID, MS_NOSUID},
    {"nosymfollow", Sort::attr, false, MOUNT_ATTR_NOSYMFOLLOW, 256 /* MS_NOSYMFOLLOW */},
    {"private", Sort::propagation, false, 0, MS_PRIVATE},
    {"ratime", Sort::tree, true, MOUNT_ATTR_NOATIME, 0},
    {"rdev", Sort::tree, true, MOUNT_ATTR_NODEV, 0},
    {"rdiratime", Sort::tree, true, MOUNT_ATTR_NODIRATIME, 0},
    {"relatime", Sort::atime, false, 0, MS_RELATIME},
    {"rexec", Sort::tree, true, MOUNT_ATTR_NOEXEC, 0},
    {"rnoatime", Sort::tree, false, MOUNT_ATTR_NOATIME, 0},
    {"rnodev", Sort::tree, false, MOUNT_ATTR_NODEV, 0},
    {"rnodiratime", Sort::tree, false, MOUNT_ATTR_NODIRATIME, 0},
    {"rnoexec", Sort::tree, false, MOUNT_ATTR_NOEXEC, 0},
    {"rnorelatime", Sort::tree, true, MOUNT_ATTR_RELATIME | kAtime, 0},
    {"rnostrictatime", Sort::tree, true, MOUNT_ATTR_STRICTATIME, 0},
    {"rnosuid", Sort::tree, false, MOUNT_ATTR_NOSUID, 0},
    {"rnosymfollow", Sort::tree, false, MOUNT_ATTR_NOSYMFOLLOW, 0},
    {"ro", Sort::attr, false, MOUNT_ATTR_RDONLY, MS_RDONLY},
    {"rprivate", Sort::propagation, false, 0, MS_PRIVATE | MS_REC},
    {"rrelatime", Sort::tree, false, MOUNT_ATTR_RELATIME | kAtime, 0},
    {"rro", Sort::tree, false, MOUNT_ATTR_RDONLY, 0},
    {"rrw", Sort::tree, true, MOUNT_ATTR_RDONLY, 0},
    {"rshared", Sort::propagation, false, 0, MS_SHARED | MS_REC},
    {"rslave", Sort::propagation, false, 0, MS_SLAVE | MS_REC},
    {"rstrictatime", Sort::tree, false, MOUNT_ATTR_STRICTATIME, 0},
    {"rsuid", Sort::tree, true, MOUNT_ATTR_NOSUID, 0},
    {"rsymfollow", Sort::tree, true, MOUNT_ATTR_NOSYMFOLLOW, 0},
    {"runbindable", Sort::propagation, false, 0, MS_UNBINDABLE | MS_REC},
    {"rw", Sort::attr, true, MOUNT_ATTR_RDONLY, MS_RDONLY},
    {"shared", Sort::propagation, false, 0, MS_SHARED},
    {"silent", Sort::classic, false, 0, MS_SILENT},
    {"slave", Sort::propagation, false, 0, MS_SLAVE},
    {"strictatime", Sort::atime, false, 0, MS_STRICTATIME},
    {"suid", Sort::attr, true, MOUNT_ATTR_NOSUID, MS_NOSUID},
    {"symfollow", Sort::attr, true, MOUNT_ATTR_NOSYMFOLLOW, 256},
    {"sync", Sort::super, false, 0, MS_SYNCHRONOUS},
    {"unbindable", Sort::propagation, false, 0, MS_UNBINDABLE},
};

const Option* find(std::string_view word) {
  const auto* it =
      std::find_if(std::begin(kOptions), std::end(kOptions), [&](const Option& o) { return o.word == word; });
  return it == std::end(kOptions) ? nullptr : it;
}

void set_attr(uint64_t attr, bool clear, uint64_t& set, uint64_t& clr) {
  const bool time = (attr & ~kAtime) == 0 && attr != 0;
  const uint64_t value = attr & kAtime;
  if (time) {
    // Back to relatime, the kernel's default, or to the value given.
    clr |= kAtime;
    set &= ~kAtime;
    if (!clear && value != kAtime) set |= value;
  } else if (clear) {
    clr |= attr;
    set &= ~attr;
  } else {
    set |= attr;
    clr &= ~attr;
  }
}

void take_known(Options& out, const Option& o) {
  switch (o.sort) {
    case Sort::attr:
      set_attr(o.attr, o.clear, out.attr_set, out.attr_clear);
      break;
    case Sort::tree:
      set_attr(o.attr, o.clear, out.tree_set, out.tree_clear);
      break;
    case Sort::propagation:
      out.propagation.push_back(o.flags);
      break;
    case Sort::classic:
      out.classic_only = true;
      break;
    case Sort::super:  // the same words are flags of fsconfig(2); bind mounts have no file system of their own
      std::erase_if(out.data, [&o](const std::string& word) {
        const Option* before = find(word);
        return before != nullptr && before->flags == o.flags;
      });
      if (!o.clear) out.data.emplace_back(o.word);
      break;
    case Sort::atime:  // only together do they say something: see take_atime
    case Sort::none:
      break;
  }
  if (o.sort == Sort::propagation || o.sort == Sort::tree) return;
  out.flag_words |= o.flags != 0;
  if (o.clear)
    out.classic_flags &= ~o.flags;
  else
    out.classic_flags |= o.flags;
  if (o.word == "ro") out.read_only = true;
  if (o.word == "rw") out.read_only = false;
}

// What mount(2) makes of the words for access times. Those that clear take back an earlier word, and without one they
// change nothing: a bind mount keeps its source's setting, another mount has the kernel's default. Any that is left
// replaces the whole setting.
void take_atime(Options& out) {
  const uint64_t flags = out.classic_flags & kAtimeFlags;
  if (flags == 0) return;
  out.attr_clear |= kAtime | MOUNT_ATTR_NODIRATIME;
  if ((flags & MS_STRICTATIME) != 0)
    out.attr_set |= MOUNT_ATTR_STRICTATIME;
  else if ((flags & MS_NOATIME) != 0)
    out.attr_set |= MOUNT_ATTR_NOATIME;
  if ((flags & MS_NODIRATIME) != 0) out.attr_set |= MOUNT_ATTR_NODIRATIME;
}

// One option of the file system. mount(2) wants quotes around a label, for the commas in it; fsconfig(2) wants none.
void take_data(Options& out, std::string_view one) {
  if (one.empty()) return;
  const size_t eq = one.find('=');
  std::string text(one);
  if (eq != one.npos && one.substr(0, eq).ends_with("context") && one.size() > eq + 2 && one[eq + 1] == '"' &&
      one.back() == '"')
    text = std::string(one.substr(0, eq + 1)) + std::string(one.substr(eq + 2, one.size() - eq - 3));
  out.data.push_back(std::move(text));
}

// A comma in quotes, after a backslash (overlay) or before a digit (a list of numbers: mpol=bind:0,2) separates
// nothing.
void take_unknown(Options& out, std::string_view word) {
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\') {
      ++i;
      continue;
    }
    if (word[i] == '"') quoted = !quoted;
    if (word[i] != ',' || quoted) continue;
    if (i + 1 < word.size() && word[i + 1] >= '0' && word[i + 1] <= '9') continue;
    take_data(out, word.substr(begin, i - begin));
    begin = i + 1;
  }
  take_data(out, word.substr(begin));
}

// idmap, ridmap, and what crun has invented.
bool take_extension(Options& out, std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  if (name == "idmap" || name == "ridmap") {
    out.idmap = true;
    out.idmap_recursive = name == "ridmap";
    if (name.size() < word.size()) out.idmap_value = std::string(word.substr(name.size() + 1));
  } else if (word == "copy-symlink") {
    out.copy_link = true;
  } else if (word == "src-nofollow") {
    out.source_nofollow = true;
  } else if (word == "dest-nofollow") {
    out.target_nofollow = true;
  } else {
    return false;
  }
  return true;
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  Options out;
  for (const std::string& word : words) {
    if (take_extension(out, word)) continue;
    if (word == "bind" || word == "rbind") {
      out.bind = true;
      out.recursive = word == "rbind";
    } else if (word == "tmpcopyup") {
      out.copy_up = true;
    } else if (word == "remount") {
      out.remount = true;
    } else if (const Option* known = find(word)) {
      take_known(out, *known);
    } else {
      take_unknown(out, word);
    }
  }
  take_atime(out);
  return out;
}

uint64_t implied_clear(const Options& options) {
  constexpr uint64_t kFlags =
      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;
  return options.flag_words ? kFlags & ~(options.attr_set | options.attr_clear) : 0;
}

std::vector<std::string_view> known_options() {
  std::vector<std::string_view> out = {"bind",    "rbind",        "tmpcopyup",    "idmap",        "ridmap",
                                       "remount", "copy-symlink", "src-nofollow", "dest-nofollow"};
  for (const Option& option : kOptions) out.push_back(option.word);
  std::sort(out.begin(), out.end());
  return out;
}

uint64_t propagation_flags(std::string_view word) {
  const Option* o = find(word);
  return o != nullptr && o->sort == Sort::propagation ? o->flags : 0;
}

}  // namespace husk::rootfs
