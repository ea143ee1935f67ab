// Names of the bits in masks, as the manual pages have them.
#include "plan/print_bits.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <time.h>

#include <string_view>

#include "spec/names.h"

namespace husk::plan {
namespace {

struct Bit {
  uint64_t value;
  const char* name;
};

// What is several bits in one (the access times) comes before its parts.
constexpr Bit kAttributes[] = {{MOUNT_ATTR_RDONLY, "ro"},
                               {MOUNT_ATTR_NOSUID, "nosuid"},
                               {MOUNT_ATTR_NODEV, "nodev"},
                               {MOUNT_ATTR_NOEXEC, "noexec"},
                               {MOUNT_ATTR__ATIME, "any atime"},
                               {MOUNT_ATTR_NOATIME, "noatime"},
                               {MOUNT_ATTR_STRICTATIME, "strictatime"},
                               {MOUNT_ATTR_NODIRATIME, "nodiratime"},
                               {MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow"}};
constexpr Bit kMount[] = {{1, "ro"},
                          {2, "nosuid"},
                          {4, "nodev"},
                          {8, "noexec"},
                          {16, "sync"},
                          {32, "remount"},
                          {64, "mand"},
                          {128, "dirsync"},
                          {256, "nosymfollow"},
                          {1024, "noatime"},
                          {2048, "nodiratime"},
                          {4096, "bind"},
                          {16384, "rec"},
                          {32768, "silent"},
                          {1UL << 16, "acl"},
                          {1UL << 17, "unbindable"},
                          {1UL << 18, "private"},
                          {1UL << 19, "slave"},
                          {1UL << 20, "shared"},
                          {1UL << 21, "relatime"},
                          {1UL << 23, "iversion"},
                          {1UL << 24, "strictatime"},
                          {1UL << 25, "lazytime"}};
constexpr Bit kNamespaces[] = {{CLONE_NEWUSER, "user"},     {CLONE_NEWPID, "pid"},  {CLONE_NEWNET, "net"},
                               {CLONE_NEWNS, "mnt"},        {CLONE_NEWIPC, "ipc"},  {CLONE_NEWUTS, "uts"},
                               {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWTIME, "time"}};

constexpr Bit kFilter[] = {{SECCOMP_FILTER_FLAG_TSYNC, "tsync"},
                           {SECCOMP_FILTER_FLAG_LOG, "log"},
                           {SECCOMP_FILTER_FLAG_SPEC_ALLOW, "spec_allow"},
                           {SECCOMP_FILTER_FLAG_NEW_LISTENER, "new_listener"},
                           {1UL << 4, "tsync_esrch"},
                           {1UL << 5, "wait_killable_recv"}};

constexpr std::string_view kAttributeFields[] = {"attrSet", "attrClear", "impliedClear", "treeSet", "treeClear"};
constexpr std::string_view kMountFields[] = {"classicFlags", "propagation"};
constexpr std::string_view kNamespaceFields[] = {"joinFlags", "unshare", "cloneFlags"};
constexpr std::string_view kCapabilityFields[] = {"bounding", "effective", "permitted", "inheritable", "ambient"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  for (const std::string_view one : names)
    if (one == name) return true;
  return false;
}

std::vector<std::string> named(uint64_t mask, std::span<const Bit> bits) {
  std::vector<std::string> out;
  for (const Bit& bit : bits) {
    if ((mask & bit.value) != bit.value) continue;
    out.emplace_back(bit.name);
    mask &= ~bit.value;
  }
  if (mask != 0) out.push_back(cat("bits ", mask));
  return out;
}

std::vector<std::string> capabilities(uint64_t mask) {
  std::vector<std::string> out;
  for (const auto& capability : spec::kCapabilities)
    if ((mask >> capability.number & 1) != 0) out.emplace_back(capability.name);
  return out;
}

}  // namespace

std::vector<std::string> namespace_names(uint64_t flags) {
  return named(flags, kNamespaces);
}

const char* type_of(std::string_view op, std::string_view field, uint64_t number) {
  if (op != "device" || field != "type") return nullptr;
  return number == S_IFCHR ? "c" : number == S_IFBLK ? "b" : "p";
}

const char* clock_name(int64_t clock) {
  return clock == CLOCK_MONOTONIC ? "monotonic" : "boottime";
}

std::optional<std::vector<std::string>> bits_of(std::string_view op, std::string_view field, uint64_t mask) {
  if (is_one_of(field, kAttributeFields)) return named(mask, kAttributes);
  const bool propagates = field == "flags" && op.ends_with("propagation");
  if (propagates || is_one_of(field, kMountFields)) return named(mask, kMount);
  if (is_one_of(field, kNamespaceFields)) return named(mask, kNamespaces);
  if (op == "seccomp" && field == "flags") return named(mask, kFilter);
  if (op == "credentials" && is_one_of(field, kCapabilityFields)) return capabilities(mask);
  return std::nullopt;
}

}  // namespace husk::plan
