// Mount options, from the texts of config.json to flags. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace husk::rootfs {

struct Options {
  bool bind = false, recursive = false;  // bind, rbind
  bool copy_up = false;                  // tmpcopyup
  bool idmap = false, idmap_recursive = false;
  std::string idmap_value;                                                   // of crun's "idmap=..."
  bool copy_link = false, source_nofollow = false, target_nofollow = false;  // crun's words for symbolic links
  bool read_only = false;
  bool remount = false;
  uint64_t attr_set = 0, attr_clear = 0;  // MOUNT_ATTR_*: this mount
  bool flag_words = false;                // any word for a flag of this mount, be it one that clears it
  uint64_t tree_set = 0, tree_clear = 0;  // the recursive ones: rro, rnosuid ...
  uint64_t classic_flags = 0;             // MS_* of all the same, for mount(2): what is to be set
  bool classic_only = false;              // has a flag that only mount(2) can set: iversion, silent
  std::vector<uint64_t> propagation;      // MS_PRIVATE [| MS_REC] ...
  std::vector<std::string> data;          // everything else: the file system's own
};

// Flags that a bind mount has of its source. Whoever names any flag of a bind mount gets those he names: these go,
// unless they are among them.
[[nodiscard]] uint64_t implied_clear(const Options& options);

// Unknown words are data for the file system, as with mount(8). They may be several in one text, with commas between
// them, as mount(2) takes them; flags may not.
[[nodiscard]] Options parse_options(const std::vector<std::string>& words);

// Every word that parse_options() gives a meaning of its own, sorted.
[[nodiscard]] std::vector<std::string_view> known_options();

// MS_* flags of a rootfsPropagation value ("rslave"), 0 if it is none.
[[nodiscard]] uint64_t propagation_flags(std::string_view word);

}  // namespace husk::rootfs
