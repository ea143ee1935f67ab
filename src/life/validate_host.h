// What only the host can say of a configuration. Nothing is made or changed, and nobody is asked to do anything.
#pragma once

#include <string>
#include <vector>

#include "host/facts.h"
#include "husk/inspect.h"
#include "json/in.h"
#include "rooms/cgroup/cgroup.h"
#include "spec/foresee.h"

namespace husk::life {

// The findings of one file. What is said of a place that has an error already follows from that.
class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  void add(bool fatal, spec::Problem problem);
  // An error that goes for this host.
  void missing_here(std::string pointer, std::string message, std::string hint = {}) {
    add(true, {std::move(pointer), std::move(message), std::move(hint), {}, true});
  }
  // "/linux/cgroupsPath: sentence", as plans have it.
  void add(const Error& error, bool host);

  [[nodiscard]] bool fatal() const;
  [[nodiscard]] std::vector<Finding> take() { return std::move(all_); }

 private:
  std::string file_;
  std::vector<Finding> all_;
};

struct Bundle {
  const spec::Spec& spec;
  std::string path;       // of the directory; empty: there is none, and what is relative to it cannot be looked at
  std::string rootfs;     // absolute; empty: there is none
  bool portable = false;  // nothing is said of this host
};

struct Here {
  host::Facts facts;
  cgroup::Host cgroups;
  bool user_namespace = false;  // the container will be in one
};

[[nodiscard]] Here look_at_here(const spec::Spec& spec);
[[nodiscard]] spec::Around around(const Here& here);

// validate_host.cpp
void check_paths(const Bundle& bundle, const Here& here, Findings& out);
void check_kernel(const spec::Spec& spec, Findings& out);
// validate_options.cpp
void check_options(const spec::Spec& spec, const Here& here, Findings& out);
// validate_privileges.cpp
void check_privileges(const spec::Spec& spec, const Here& here, Findings& out);
// validate_limits.cpp
void check_cgroup(const spec::Spec& spec, const Here& here, Findings& out);
void check_sysctls(const spec::Spec& spec, Findings& out);
// validate_program.cpp: whether the program is in the root file system, where no mount could bring it.
void check_program(const Bundle& bundle, const Here& here, Findings& out);

}  // namespace husk::life
