// The room of Intel RDT (and its like on AMD, ARM): which part of the caches and of the memory bandwidth a container
// may use, and what it has used of them.
//
// The kernel's interface is a file system, resctrl, one directory deep:
//
//   ROOT/                    the default class of service: whoever is in no other
//   ROOT/CLASS/schemata      what the class may use: "L3:0=7f0;1=1f"
//   ROOT/CLASS/tasks         who is in it; children of a task follow it
//   ROOT/CLASS/mon_groups/X  a part of the class that is counted apart, with tasks of its own
//   ROOT/info                what the processors can do; info/last_cmd_status has the kernel's words about an error
//
// Hardware has few classes (mostly 16), so a class that the configuration names (closID) is shared, and left alone when
// the container goes. Only one that has the container's own name is the container's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spec/types.h"

namespace husk::intelrdt {

// ---------------------------------------------------------------- plan; pure

struct Plan {
  std::string group;     // of the class: "demo"; empty: the default class
  bool named = false;    // by closID: it may be others' too. Named and without schemata it has to be there.
  std::string schemata;  // lines, each with its end; empty: the class stays as it is
  std::string monitor;   // the group in which the container is counted apart; empty: none
};
[[nodiscard]] Plan plan(const spec::IntelRdt& rdt, const std::string& id);

// Where resctrl is mounted, from the text of /proc/self/mountinfo; empty: nowhere.
[[nodiscard]] std::string mountpoint_in(std::string_view mountinfo);

// Whether a class with these schemata (as the kernel shows them) gives what `asked` asks for. Leading zeros, spaces and
// the order do not count; what is not asked for may be anything. `step`: bandwidth is rounded up to a multiple of it.
[[nodiscard]] bool schemata_match(std::string_view asked, std::string_view present, uint64_t step = 1);

// ---------------------------------------------------------------- apply

// Where resctrl is mounted; an error when it is not. HUSK_RESCTRL names another directory (for tests).
[[nodiscard]] Result<std::string> root();

// What is kept in the container's state, and enough to join, change, count and remove it.
struct Home {
  std::string group;               // directory of the class; empty: the container has none
  std::string monitor;             // directory of the monitoring group; empty: none
  std::vector<std::string> owned;  // which of them are to be removed with the container
};

// Where things will be. Owned is what is not there yet, except for a class that the configuration names. To be written
// down before create().
[[nodiscard]] Home locate(const std::string& root, const Plan& plan);

// Makes the groups and writes the schemata. A named class that is there already is compared and not changed. What was
// made is removed again on failure.
[[nodiscard]] Status create(const std::string& root, const Plan& plan, const Home& home);
// The two halves of create(): for tests, in whose directories the kernel makes no files.
[[nodiscard]] Status make_group(const std::string& root, const Plan& plan, const Home& home, bool* existed);
[[nodiscard]] Status configure(const std::string& root, const Plan& plan, const Home& home, bool existed);

// Moves a process (and what it starts from then on) into the groups.
[[nodiscard]] Status join(const Home& home, pid_t pid);

// Other limits for the class, of `update`; empty ones stay. An error when the host does not have the feature.
[[nodiscard]] Status update(const std::string& root, const Home& home, const std::string& l3_cache_schema,
                            const std::string& mem_bw_schema);

// Removes what is owned. What is not there is fine.
[[nodiscard]] Status remove(const Home& home);

// The object that `runc events` has as "intel_rdt".
[[nodiscard]] std::string stats_json(const std::string& root, const Home& home);

}  // namespace husk::intelrdt
