#include "rooms/process/plan.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/weakness.h"
#include "spec/names.h"
#include "spec/number_list.h"

namespace husk::process {
namespace {

std::span<const Str> copy(const std::vector<std::string>& words, Arena& arena) {
  const std::span<Str> out = arena.array<Str>(words.size());
  for (size_t i = 0; i < words.size(); ++i) out[i] = arena.copy(words[i]);
  return out;
}

// Unknown names were reported as warnings: they are left out, as in runc.
uint64_t cap_bits(const std::vector<std::string>& names) {
  uint64_t bits = 0;
  for (const std::string& name : names)
    if (const std::optional<int> n = spec::capability_number(name)) bits |= uint64_t{1} << *n;
  return bits;
}

Credentials credentials(const spec::Process& p, bool set_groups, Arena& arena) {
  Credentials out;
  out.uid = p.user.uid;
  out.gid = p.user.gid;
  out.groups = arena.list<uint32_t>(p.user.additional_gids);
  out.set_groups = set_groups;
  if (!p.capabilities) return out;  // none at all: what is not given is not there
  out.bounding = cap_bits(p.capabilities->bounding);
  out.effective = cap_bits(p.capabilities->effective);
  out.permitted = cap_bits(p.capabilities->permitted);
  out.inheritable = cap_bits(p.capabilities->inheritable);
  out.ambient = cap_bits(p.capabilities->ambient);
  if (weakened(Weakness::inheritable_empty)) out.inheritable = out.bounding;
  if (weakened(Weakness::ambient_cleared)) out.inheritable = out.ambient = out.permitted;
  return out;
}

uint64_t number(std::optional<int> n) {
  return static_cast<uint64_t>(n.value_or(0));
}

Scheduler scheduler(const spec::Scheduler& s) {
  Scheduler out;
  out.policy = number(spec::number_of(spec::kSchedPolicies, s.policy));
  for (const std::string& flag : s.flags) out.flags |= number(spec::number_of(spec::kSchedFlags, flag));
  out.nice = s.nice;
  out.priority = static_cast<uint64_t>(s.priority);
  out.runtime = s.runtime;
  out.deadline = s.deadline;
  out.period = s.period;
  return out;
}

MemoryPolicy memory_policy(const spec::MemoryPolicy& m, Arena& arena) {
  MemoryPolicy out;
  out.mode = number(spec::number_of(spec::kMemoryModes, m.mode));
  for (const std::string& flag : m.flags) out.mode |= number(spec::number_of(spec::kMemoryFlags, flag));
  std::vector<uint64_t> bits;
  const auto ranges = spec::number_list(m.nodes);
  for (const spec::NumberRange& r : ranges.value_or(std::vector<spec::NumberRange>{})) {
    for (uint32_t n = r.first; n <= r.last; ++n) {
      if (bits.size() <= n / 64) bits.resize(n / 64 + 1);
      bits[n / 64] |= uint64_t{1} << (n % 64);
    }
  }
  out.nodes = arena.list<uint64_t>(bits);
  return out;
}

// Each variable once, the last value counts; and an empty HOME is none. What a program makes of a name that is there
// twice is not for us to guess.
std::vector<std::string> environment(const std::vector<std::string>& env, bool& has_home) {
  std::vector<std::string> out;
  std::unordered_set<std::string_view> seen;
  seen.reserve(env.size());
  for (size_t i = env.size(); i-- > 0;) {
    const std::string_view name = std::string_view(env[i]).substr(0, env[i].find('='));
    if (!seen.insert(name).second) continue;
    if (name == "HOME") {
      has_home = env[i].size() > name.size() + 1;
      if (!has_home) continue;
    }
    out.push_back(env[i]);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

// The kernel raises none that is not both permitted and inheritable; init does not fail for it.
void warn_ambient(const spec::Process& p, const Credentials& c, std::vector<std::string>& warnings) {
  if (!p.capabilities) return;
  uint64_t seen = c.permitted & c.inheritable;
  for (const std::string& name : p.capabilities->ambient) {
    const std::optional<int> n = spec::capability_number(name);
    if (!n || (seen >> *n & 1) != 0) continue;
    seen |= uint64_t{1} << *n;
    warnings.push_back(cat("can't raise ambient capability ", name, ": operation not permitted"));
  }
}

}  // namespace

Result<ProcessPlan> plan(const spec::Spec& spec, bool set_groups, int listen_fds, Arena& arena) {
  const spec::Process& p = *spec.process;
  if (!set_groups && !p.user.additional_gids.empty())
    return Error{"/process/user/additionalGids: setgroups is denied in this user namespace", 0,
                 "leave them out, or let newgidmap (package uidmap) write the maps", 1};
  ProcessPlan out;
  if (p.oom_score_adj) out.oom_score = *p.oom_score_adj;
  if (p.io_priority)
    out.io_priority = IoPriority{number(spec::number_of(spec::kIoClasses, p.io_priority->cls)) << 13 |
                                 static_cast<uint64_t>(p.io_priority->priority)};
  if (p.scheduler) {
    out.scheduler = scheduler(*p.scheduler);
    out.scheduler->cpus_limited = spec.lx.resources && spec.lx.resources->cpu && !spec.lx.resources->cpu->cpus.empty();
  }
  if (spec.lx.memory_policy) out.memory_policy = memory_policy(*spec.lx.memory_policy, arena);
  if (!spec.lx.personality.empty())
    out.personality = Personality{number(spec::number_of(spec::kPersonalities, spec.lx.personality))};
  out.umask.value = p.user.umask.value_or(0022);
  out.no_new_privileges = p.no_new_privileges;
  out.credentials = credentials(p, set_groups, arena);
  warn_ambient(p, out.credentials, out.warnings);
  out.cwd.path = arena.copy(p.cwd);
  out.program.args = copy(p.args, arena);
  bool has_home = false;
  std::vector<std::string> env = environment(p.env, has_home);
  if (weakened(Weakness::environment_dropped))
    for (char** own = environ; *own != nullptr; ++own) env.emplace_back(*own);
  if (listen_fds > 0) {
    env.push_back(cat("LISTEN_FDS=", listen_fds));
    env.emplace_back("LISTEN_PID=1");
  }
  out.program.env = copy(env, arena);
  out.program.set_home = !has_home;
  out.program.uid = p.user.uid;
  return out;
}

}  // namespace husk::process
