// systemd as the maker of cgroups: a container becomes a scope unit, and systemd moves its first process there.
//
// On a host where systemd runs the whole tree, whoever makes cgroups beside it works against its writer: systemd may
// reset what it finds, and knows of nothing to account, list or stop. So clients (Kubernetes, Podman) ask for this
// driver. Limits go both ways: as properties of the unit, so that a reload of systemd does not undo them, and into the
// files, because a property does not exist for each of them.
//
// libsystemd is not part of husk. A small program that husk carries inside (src/systemd) links it and is started when a
// bus is opened: see docs/adr/0006.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/cgroup.h"
#include "spec/types.h"

namespace husk::cgroup {

namespace systemd {
struct Program;  // systemd_program.h
}

// ---------------------------------------------------------------- what is asked for; pure

// linux.cgroupsPath in systemd's form, "slice:prefix:name", all parts may be empty; no path at all is ":husk:ID" (a
// container may be called "init", and init.scope is systemd's own). The unit is "prefix-name.scope", without prefix
// "name.scope"; the slice "system.slice", for a user's instance "user.slice".
// Anything else (an absolute path, another number of colons, names that systemd refuses) is an error.
[[nodiscard]] Result<Unit> plan_unit(std::string_view cgroups_path, const std::string& id, bool user);

// Where a slice lies below the root of its manager: "a-b.slice" is "/a.slice/a-b.slice", "-.slice" is "". See
// systemd.slice(5).
[[nodiscard]] Result<std::string> slice_directory(std::string_view slice);

// "org.systemd.property.NAME": the value is written as in GVariant's text format: true, 5, uint64 5, "text", ['a',
// 'b']. "NAMESec" is "NAMEUSec" with seconds as value. Others are left alone. What husk sets itself (PIDs, Delegate,
// Slice ...) is refused.
[[nodiscard]] Result<std::vector<Property>> annotation_properties(const spec::StringMap& annotations);

// What of linux.resources systemd has a property for, on a v1 (hybrid) or v2 host. `fresh`: for a new container, with
// its device rules on v1; otherwise for an update, which does not carry them.
[[nodiscard]] Result<std::vector<Property>> resource_properties(Mode mode, const spec::Resources& resources,
                                                                bool fresh = true);

// Makes of limits what systemd will make of them, for the files to say the same: it counts CPU time in hundredths of a
// processor, and has no weight for who is idle (v2). To be done before the properties are made. The text says what was
// left out, for a warning; mostly empty.
std::string fit_to_systemd(Mode mode, spec::Resources* resources);

// ---------------------------------------------------------------- asking for it

// A connection to systemd: of the system, or of the calling user. Every call ends after some time (HUSK_SYSTEMD_TIMEOUT
// seconds, 30 without it), whatever systemd does.
class Bus {
 public:
  // Starts the program that speaks for us; does not wait for it, so that other work can be done while it connects.
  [[nodiscard]] static Result<Bus> open(bool user);

  Bus();
  Bus(Bus&& other) noexcept;
  Bus& operator=(Bus&& other) noexcept;
  ~Bus();  // ends the program and waits for it

  // Makes the scope with `pid` in it, and comes back when that is done. A unit of this name that failed before is
  // forgotten; one that is there is an error (EEXIST).
  [[nodiscard]] Status start_scope(const Unit& unit, const std::string& description, pid_t pid);
  // For as long as the unit lives.
  [[nodiscard]] Status set_properties(const std::string& unit, const std::vector<Property>& properties);
  // Whether start_scope() has made the unit, be it one that failed. If not, what has its name is somebody else's.
  [[nodiscard]] bool made() const { return made_; }
  // Ends the unit, and comes back when that is done. No such unit is fine.
  [[nodiscard]] Status stop(const std::string& unit);
  // Moves a process into the cgroup of the unit, or into one below it ("" or "/a/b").
  [[nodiscard]] Status attach(const std::string& unit, const std::string& below, pid_t pid);

 private:
  [[nodiscard]] Status call(const std::string& task, const std::string& message);
  void close();

  std::unique_ptr<systemd::Program> program_;
  bool user_ = false;
  bool made_ = false;
  bool job_ended_ = false;  // what the last call asked for was done, or at least begun
};

}  // namespace husk::cgroup
