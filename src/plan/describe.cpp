// Steps in words, for errors and for who wants to see the plan.
#include "plan/plan.h"

namespace husk::plan {
namespace {

using std::string;

struct Words {
  string operator()(const std::monostate& /*s*/) const { return "nothing"; }
  string operator()(const process::Keyring& s) const { return cat("join session keyring ", s.name.view()); }
  string operator()(const process::Personality& /*s*/) const { return "set personality"; }
  string operator()(const process::IoPriority& /*s*/) const { return "set ioPriority"; }
  string operator()(const process::Scheduler& /*s*/) const { return "set scheduler"; }
  string operator()(const process::MemoryPolicy& /*s*/) const { return "set memoryPolicy"; }
  string operator()(const process::Umask& /*s*/) const { return "set umask"; }
  string operator()(const process::NoNewPrivileges& /*s*/) const { return "set noNewPrivileges"; }
  string operator()(const process::Credentials& s) const {
    return cat("become user ", s.uid, ":", s.gid, " with its capabilities");
  }
  string operator()(const process::WorkingDirectory& s) const { return cat("change to cwd ", quoted(s.path)); }
  string operator()(const process::Program& s) const {
    return cat("find program ", quoted(s.args.empty() ? Str() : s.args[0]));
  }
  string operator()(const process::Exec& /*s*/) const { return "start the program"; }
  string operator()(const namespaces::UnshareCgroup& /*s*/) const { return "make cgroup namespace"; }
  string operator()(const namespaces::Hostname& s) const { return cat("set hostname ", quoted(s.name)); }
  string operator()(const namespaces::Domainname& s) const { return cat("set domainname ", quoted(s.name)); }
  string operator()(const namespaces::Sysctl& s) const { return cat("set sysctl ", quoted(s.path)); }
  string operator()(const network::LoopbackUp& /*s*/) const { return "bring up lo"; }
  string operator()(const lsm::Label& s) const {
    constexpr std::string_view kProfile = "exec ";
    if (s.value.view().starts_with(kProfile))
      return cat("apply AppArmor profile \"", s.value.view().substr(kProfile.size()), "\"");
    return cat("set SELinux label ", quoted(s.value), s.file.view() == "keycreate" ? " of new keys" : "");
  }
  string operator()(const seccomp::Load& /*s*/) const { return "load seccomp filter"; }
  string operator()(const hooks::Hook& s) const { return cat("run ", s.kind.view(), " hook ", quoted(s.path)); }
  string operator()(const rootfs::RootPropagation& /*s*/) const { return "set mount propagation"; }
  string operator()(const rootfs::OpenRoot& s) const { return cat("open root file system ", quoted(s.path)); }
  string operator()(const rootfs::Mount& s) const {
    const std::string_view what = s.source.empty() ? s.type.view() : s.source.view();
    return cat("error mounting \"", what, "\" to rootfs at ", quoted(s.target));
  }
  string operator()(const rootfs::MakeReadonly& s) const { return cat("make ", quoted(s.target), " read-only"); }
  string operator()(const rootfs::Device& s) const { return cat("make device ", quoted(s.path)); }
  string operator()(const rootfs::Link& s) const { return cat("make link ", quoted(s.path)); }
  string operator()(const rootfs::MakeDirectory& /*s*/) const { return "make the working directory"; }
  string operator()(const rootfs::PivotRoot& /*s*/) const { return "change root"; }
  string operator()(const rootfs::FinalPropagation& /*s*/) const { return "set rootfsPropagation"; }
  string operator()(const rootfs::RootReadonly& /*s*/) const { return "make root read-only"; }
  string operator()(const rootfs::ReadonlyPath& s) const { return cat("make path ", quoted(s.path), " read-only"); }
  string operator()(const rootfs::MaskedPath& s) const { return cat("mask path ", quoted(s.path)); }
  string operator()(const rootfs::ReopenDevNull& /*s*/) const { return "reopen /dev/null"; }
  string operator()(const console::Open& /*s*/) const { return "set up terminal"; }
  string operator()(const plan::Network& /*s*/) const { return "wait for network devices"; }
  string operator()(const plan::RuntimeHooks& /*s*/) const { return "wait for hooks of the runtime"; }
  string operator()(const plan::Ready& /*s*/) const { return "tell the parent: ready"; }
  string operator()(const plan::ExecFifo& /*s*/) const { return "wait for start"; }

 private:
  static string quoted(const Str& s) { return cat('"', s.view(), '"'); }
};

}  // namespace

string describe(const Step& step) {
  return std::visit(Words(), step);
}

string words(const Step& step) {
  const auto* mount = std::get_if<rootfs::Mount>(&step);
  if (mount == nullptr) return describe(step);
  const Str what = mount->source.empty() ? mount->type : mount->source;
  return cat(mount->bind ? "bind " : "mount ", what.view(), " on ", mount->target.view());
}

}  // namespace husk::plan
