// What `husk ns demo` is made of: facts that a process sees, and processes on the other side that are asked for theirs.
#pragma once

#include <husk/ns.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace husk::cli::demo {

// ---------------------------------------------------------------- facts

struct Fact {
  std::string name, value;
};
using Facts = std::vector<Fact>;

// What this process sees of a kind: the same function on both sides.
[[nodiscard]] Facts look(std::string_view kind);
// Makes something for the other side not to see: queues, a mount, a name.
void leave_a_mark(std::string_view kind, std::string_view argument);
// A member of /proc/PID/status, blanks as single spaces; empty: it cannot be read.
[[nodiscard]] std::string status_of(pid_t pid, std::string_view member);
[[nodiscard]] std::string value_of(const Facts& facts, std::string_view name);  // empty: there is none
[[nodiscard]] std::string link_of(pid_t pid, std::string_view kind);            // "4026531836"

// ---------------------------------------------------------------- the mount demo's places

inline constexpr const char* kMountPlace = "/mnt";  // covered by a file system of the demo's own
Status mount_place(const std::string& path, bool shared);
[[nodiscard]] bool is_mounted(const std::string& path);

// ---------------------------------------------------------------- the other side

// A process of husk inside, that has done `ns probe` up to the point where it waits for us. It ends with us.
class Side {
 public:
  using Launcher = std::function<Result<Launched>(const NsProgram&)>;
  // `words`: what follows `husk ns probe`. `launch` runs that in some namespaces.
  static Result<Side> begin(const std::vector<std::string>& words, const Launcher& launch);
  // The same, with husk's words in front, of a husk that runs it one level deeper.
  static Result<Side> begin_below(const std::vector<std::string>& options, const std::vector<std::string>& words,
                                  const Launcher& launch);
  Side(Side&& other) noexcept;
  Side& operator=(Side&&) = delete;
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  ~Side();

  [[nodiscard]] pid_t pid() const { return launched_.pid; }
  // Lets it look, and takes what it has seen. Once.
  Result<Facts> facts();

 private:
  Side() = default;
  static Result<Side> begin_words(NsProgram program, const Launcher& launch);
  Status wait_until_ready();

  Launched launched_;
  int to_ = -1, from_ = -1;
};

// In new namespaces, or in those of a process.
[[nodiscard]] Side::Launcher in_new(NsRun run);
[[nodiscard]] Side::Launcher in_those_of(pid_t pid, std::vector<NsKind> kinds);
// husk's own file, for one that is to run inside.
[[nodiscard]] Result<std::string> own_program();

// ---------------------------------------------------------------- output

struct Column {
  std::string heading;
  Facts facts;
};
// Beside each other where the terminal is wide enough, else below each other.
[[nodiscard]] std::string table(const std::vector<Column>& columns);
[[nodiscard]] std::string sentence(std::string_view text);  // broken into lines

// ---------------------------------------------------------------- the demos

struct Demo {
  std::string_view kind;
  std::vector<NsKind> (*surroundings)();  // new ones around the whole demo, so that nothing outside is touched
  Result<std::string> (*run)();           // what is to be printed
};
Result<std::string> demo_user();
Result<std::string> demo_pid();
Result<std::string> demo_ipc();
Result<std::string> demo_mnt();
Result<std::string> demo_net();
Result<std::string> demo_uts();
Result<std::string> demo_cgroup();
Result<std::string> demo_time();

}  // namespace husk::cli::demo
