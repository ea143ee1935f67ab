// The checks behind validate.h. Each looks at one thing and reports every place where it is wrong.
#pragma once

#include <charconv>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/validate.h"

namespace husk::spec {

// A part of a sentence. Parts are joined in one place that is not a template: there are a hundred sentences, and code
// for each combination of types would double the size of the checks.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}    // NOLINT(google-explicit-constructor)
  Piece(const char* text) : text_(text) {}         // NOLINT(google-explicit-constructor)
  Piece(const std::string& text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  Piece(T n) : digits_(write(n)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::string_view text() const { return digits_ == 0 ? text_ : std::string_view(number_, digits_); }

 private:
  template <std::integral T>
  size_t write(T n) {
    return static_cast<size_t>(std::to_chars(number_, number_ + sizeof number_, n).ptr - number_);
  }

  std::string_view text_;
  char number_[20];  // "-9223372036854775808"; not a string, which would need a destructor at every sentence
  size_t digits_ = 0;
};

class Report {
 public:
  // report.add("/process/cwd", "must be an absolute path, found ", shown)
  template <class... Parts>
  void add(std::string_view pointer, const Parts&... sentence) {
    add_pieces(pointer, {Piece(sentence)...});
  }
  // What to do about the problem that was added last.
  void hint(std::string_view text) { found_.back().hint = text; }
  void of_host() { found_.back().host = true; }
  // The other member that it has to do with.
  void needs(std::string_view pointer) { found_.back().needs = pointer; }

  [[nodiscard]] std::vector<Problem> take() { return std::move(found_); }

 private:
  void add_pieces(std::string_view pointer, std::initializer_list<Piece> pieces);

  std::vector<Problem> found_;
};

// Pointer of an element or of something in it: element("/mounts", 3, "/type") is "/mounts/3/type".
[[nodiscard]] std::string element(std::string_view list, size_t index, std::string_view rest = {});

// Pointer of the member of a map: the key is escaped.
[[nodiscard]] std::string member(std::string_view map, std::string_view key);

[[nodiscard]] inline bool is_absolute(std::string_view path) {
  return path.starts_with('/');
}

using ProcessCheck = void (*)(const Process&, Report&);
using ResourcesCheck = void (*)(const Resources&, Report&);
using SpecCheck = void (*)(const Spec&, Report&);

// validate_process.cpp
void check_cwd(const Process& process, Report& report);
void check_user(const Process& process, Report& report);
void check_args(const Process& process, Report& report);
void check_env(const Process& process, Report& report);
void check_rlimits(const Process& process, Report& report);
void check_oom_score(const Process& process, Report& report);
void check_io_priority(const Process& process, Report& report);
void check_scheduler(const Process& process, Report& report);
void check_affinity(const Process& process, Report& report);
void warn_capabilities(const Process& process, Report& report);

// validate.cpp
void check_version(const Spec& spec, Report& report);
void check_root(const Spec& spec, Report& report);
void check_hooks(const Spec& spec, Report& report);
void check_annotations(const Spec& spec, Report& report);

// validate_mounts.cpp
void check_mounts(const Spec& spec, Report& report);
void check_idmapped_mounts(const Spec& spec, Report& report);
void check_masks(const Spec& spec, Report& report);
void check_propagation(const Spec& spec, Report& report);
void warn_mounts(const Spec& spec, Report& report);

// validate_namespaces.cpp
void check_namespaces(const Spec& spec, Report& report);
void check_user_mappings(const Spec& spec, Report& report);
void check_time_offsets(const Spec& spec, Report& report);
void check_host_names(const Spec& spec, Report& report);
void check_sysctl(const Spec& spec, Report& report);
void check_net_devices(const Spec& spec, Report& report);
void warn_user_mappings(const Spec& spec, Report& report);
void check_mapping_list(const std::vector<IdMapping>& list, std::string_view pointer, Report& report);

// validate_linux.cpp
void check_devices(const Spec& spec, Report& report);
void check_cgroups_path(const Spec& spec, Report& report);
void check_device_rules(const Resources& resources, Report& report);
void check_limits(const Resources& resources, Report& report);
void check_rdma(const Resources& resources, Report& report);
void check_unified(const Resources& resources, Report& report);
void check_personality(const Spec& spec, Report& report);
void check_intel_rdt(const Spec& spec, Report& report);
void check_memory_policy(const Spec& spec, Report& report);
void warn_ignored(const Spec& spec, Report& report);

// validate_seccomp.cpp
void check_seccomp_names(const Spec& spec, Report& report);
void check_seccomp_notify(const Spec& spec, Report& report);
void check_seccomp_errno(const Spec& spec, Report& report);

}  // namespace husk::spec
