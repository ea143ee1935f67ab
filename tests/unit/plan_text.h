// A plan, or any struct with fields(), as text for tests to compare.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "plan/plan.h"
#include "rooms/rootfs/plan.h"

namespace husk::test {

// An archive for fields(), like husk::Reader and plan::Writer: members as `name=value`.
class FieldText {
 public:
  // Brief leaves out members that are 0, false or empty.
  enum class Style { brief, full };
  explicit FieldText(Style style) : style_(style) {}

  template <class T>
  FieldText& operator()(const char* name, const T& value) {
    if (style_ == Style::brief && is_empty(value)) return *this;
    out_ += cat(out_.empty() || out_.back() == '{' ? "" : " ", name, "=");
    print(name, value);
    return *this;
  }
  template <class T>
  requires(std::is_class_v<T>) void print(const char* /*name*/, const T& value) {
    out_ += '{';
    T::fields(value, *this);
    out_ += '}';
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  template <class T>
  static bool is_empty(const T& value) {
    if constexpr (std::is_integral_v<T>)
      return value == 0;
    else if constexpr (requires { value.empty(); })
      return value.empty();
    else
      return false;
  }
  void print(const char* name, const Str& value) {
    // A filter depends on the version of libseccomp; that it is there is what matters.
    if (style_ == Style::brief && std::string_view(name) == "program") {
      out_ += "...";
      return;
    }
    out_ += '"';
    for (const char c : value.view()) {
      if (c == '\n')
        out_ += "\\n";
      else
        out_ += c;
    }
    out_ += '"';
  }
  template <class T>
  requires(std::is_integral_v<T>) void print(const char* name, T value) {
    static constexpr std::array<std::string_view, 16> kHex = {
        "flags",   "attrSet", "attrClear", "impliedClear", "treeSet",   "treeClear",   "classicFlags", "propagation",
        "unshare", "domain",  "bounding",  "effective",    "permitted", "inheritable", "ambient",      "cloneFlags"};
    static constexpr std::array<std::string_view, 2> kOctal = {"mode", "umask"};
    char text[32];
    const auto number = static_cast<unsigned long>(value);
    if (std::find(kHex.begin(), kHex.end(), name) != kHex.end())
      (void)snprintf(text, sizeof text, "%#lx", number);
    else if (std::find(kOctal.begin(), kOctal.end(), name) != kOctal.end())
      (void)snprintf(text, sizeof text, "%#lo", number);
    else if constexpr (std::is_signed_v<T>)
      (void)snprintf(text, sizeof text, "%ld", static_cast<long>(value));
    else
      (void)snprintf(text, sizeof text, "%lu", number);
    out_ += text;
  }
  template <class T>
  void print(const char* name, std::span<const T> list) {
    out_ += '[';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ", ";
      print(name, list[i]);
    }
    out_ += ']';
  }

  Style style_;
  std::string out_;
};

template <class T>
std::string fields_text(const T& value, FieldText::Style style) {
  FieldText text(style);
  T::fields(value, text);
  return text.take();
}

inline const char* kind_of(const plan::Step& step) {
  static constexpr const char* kNames[] = {"none",
#define HUSK_NAME(name, type) #name,
                                           HUSK_STEPS(HUSK_NAME)
#undef HUSK_NAME
  };
  return kNames[step.index()];
}

// "mount  error mounting ... {type="proc"}", and for what the sentence says already no members.
inline std::string step_text(const plan::Step& step) {
  std::string out = cat(kind_of(step), ": ", plan::describe(step));
  const std::string members = std::visit(
      [](const auto& s) {
        if constexpr (std::is_same_v<std::decay_t<decltype(s)>, std::monostate>)
          return std::string();
        else
          return fields_text(s, FieldText::Style::brief);
      },
      step);
  if (!members.empty()) out += cat("\n    ", members);
  return out + "\n";
}

inline std::string plan_text(const plan::Plan& p) {
  const namespaces::NamespacePlan& n = p.namespaces;
  std::string out = cat("header: ", fields_text(p.header, FieldText::Style::brief), "\n");
  FieldText more(FieldText::Style::brief);
  more("cloneFlags", n.clone_flags)("newCgroup", n.new_cgroup)("uidMap", Str(n.uid_map.c_str()))(
      "gidMap", Str(n.gid_map.c_str()))("denySetgroups", n.deny_setgroups)("byHelper", n.by_helper)(
      "joinsUser", n.joins_user)("clone3", p.clone3)("preserveFds", p.preserve_fds);
  out += cat("parent: ", more.take(), "\n");
  for (const cgroup::Directory& d : p.cgroup.directories) out += cat("cgroup: ", d.path, "\n");
  for (const spec::Rlimit& r : p.rlimits) out += cat("rlimit: ", r.type, " ", r.soft, ":", r.hard, "\n");
  for (const rootfs::IdmappedSource& m : p.idmapped)
    out += cat("idmapped: ", m.source, m.map_tree ? ", all of it" : "", "\nuids ", m.uid_map, "gids ", m.gid_map);
  for (const std::string& w : p.warnings) out += cat("warning: ", w, "\n");
  out += '\n';
  for (const plan::Step& s : p.steps) out += step_text(s);
  return out;
}

}  // namespace husk::test
