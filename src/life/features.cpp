// features: what this runtime can do, whatever the host (runtime-spec 1.3, features.md). Everything that stands in a
// table elsewhere is taken from there, or found out by asking the planning code, so that the document stays true.
#include <algorithm>

#include "husk/husk.h"
#include "json/writer.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/rootfs/options.h"
#include "rooms/seccomp/names.h"
#include "spec/names.h"

#ifndef HUSK_COMMIT
#define HUSK_COMMIT "unknown"
#endif

namespace husk {
namespace {

using Names = std::vector<std::string_view>;

// Those of the table that `knows` has a number for.
template <class Table, class Knows>
Names only(const Table& table, const Knows& knows) {
  Names out;
  for (const std::string_view name : table)
    if (knows(name)) out.push_back(name);
  return out;
}

template <class Table>
Names names_of(const Table& table) {
  Names out;
  for (const spec::Name& entry : table) out.push_back(entry.name);
  return out;
}

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

void add_cgroup(json::Writer& w) {
  w.key("cgroup").begin_object();
  w.member("v1", true).member("v2", true).member("systemd", true).member("systemdUser", true);
  w.member("rdma", true);
  w.end_object();
}

void add_seccomp(json::Writer& w) {
  const auto action = [](std::string_view name) { return seccomp::action_of(name, 1).has_value(); };
  const auto operation = [](std::string_view name) { return seccomp::operator_of(name).has_value(); };
  const auto architecture = [](std::string_view name) { return seccomp::architecture_of(name).value_or(0) != 0; };
  // The one about listeners is no flag for every filter, which is what is asked here: runc leaves it out as well.
  const auto flag = [](std::string_view name) {
    return name != "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" && seccomp::flag_of(name).has_value();
  };
  w.key("seccomp").begin_object().member("enabled", true);
  w.key("actions").strings(sorted(only(spec::kSeccompActions, action)));
  w.key("operators").strings(sorted(only(spec::kSeccompOperators, operation)));
  w.key("archs").strings(sorted(only(spec::kSeccompArchitectures, architecture)));
  w.key("knownFlags").strings(spec::kSeccompFlags);
  w.key("supportedFlags").strings(only(spec::kSeccompFlags, flag));
  w.end_object();
}

void add_switch(json::Writer& w, std::string_view name, bool enabled) {
  w.key(name).begin_object().member("enabled", enabled).end_object();
}

void add_linux(json::Writer& w) {
  w.key("linux").begin_object();
  w.key("namespaces").strings(sorted(names_of(spec::kNamespaces)));
  w.key("capabilities").strings(names_of(spec::kCapabilities));
  add_cgroup(w);
  add_seccomp(w);
  add_switch(w, "apparmor", true);
  add_switch(w, "selinux", true);
  w.key("intelRdt").begin_object();
  w.member("enabled", true).member("schemata", true).member("monitoring", true).end_object();
  w.key("memoryPolicy").begin_object();
  w.key("modes").strings(names_of(spec::kMemoryModes));
  w.key("flags").strings(names_of(spec::kMemoryFlags)).end_object();
  w.key("mountExtensions").begin_object();
  add_switch(w, "idmap", true);
  w.end_object();
  add_switch(w, "netDevices", true);
  w.end_object();
}

}  // namespace

std::string features() {
  json::Writer w(json::Style::pretty, "    ");
  w.begin_object();
  w.member("ociVersionMin", "1.0.0").member("ociVersionMax", spec_version());
  // In the order in which they run.
  w.key("hooks").strings(
      Names{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"});
  w.key("mountOptions").strings(rootfs::known_options());
  add_linux(w);
  w.key("annotations").begin_object();
  w.member("io.github.seccomp.libseccomp.version", libseccomp_version());
  w.member("org.husk.checkpoint.enabled", "false");
  w.member("org.husk.commit", HUSK_COMMIT).member("org.husk.version", version());
  w.end_object();
  // Whoever hands on annotations of strangers had better leave these out: a unit's properties can do anything, and a
  // veth leads into any bridge of the host.
  w.key("potentiallyUnsafeConfigAnnotations").strings(Names{"org.husk.network", "org.systemd.property."});
  w.end_object();
  return w.take();
}

}  // namespace husk
