#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sys/resource.h>

#include "base/result.h"
#include "spec/names.h"
#include "spec/number_list.h"

namespace husk::spec {
namespace {

// The tables against the headers of the machine that builds.
static_assert(capability_number("CAP_CHOWN") == CAP_CHOWN);
static_assert(capability_number("CAP_SETPCAP") == CAP_SETPCAP);
static_assert(capability_number("CAP_SYS_ADMIN") == CAP_SYS_ADMIN);
static_assert(capability_number("CAP_MKNOD") == CAP_MKNOD);
static_assert(capability_number("CAP_SYSLOG") == CAP_SYSLOG);
static_assert(capability_number("CAP_AUDIT_READ") == CAP_AUDIT_READ);
static_assert(capability_number("CAP_CHECKPOINT_RESTORE") == CAP_CHECKPOINT_RESTORE);
static_assert(!capability_number("cap_chown"));
static_assert(!capability_number("CHOWN"));
static_assert(rlimit_resource("RLIMIT_CPU") == RLIMIT_CPU);
static_assert(rlimit_resource("RLIMIT_NOFILE") == RLIMIT_NOFILE);
static_assert(rlimit_resource("RLIMIT_NPROC") == RLIMIT_NPROC);
static_assert(rlimit_resource("RLIMIT_MEMLOCK") == RLIMIT_MEMLOCK);
static_assert(rlimit_resource("RLIMIT_AS") == RLIMIT_AS);
static_assert(rlimit_resource("RLIMIT_MSGQUEUE") == RLIMIT_MSGQUEUE);
static_assert(rlimit_resource("RLIMIT_NICE") == RLIMIT_NICE);
static_assert(rlimit_resource("RLIMIT_RTPRIO") == RLIMIT_RTPRIO);
static_assert(rlimit_resource("RLIMIT_SIGPENDING") == RLIMIT_SIGPENDING);
static_assert(rlimit_resource("RLIMIT_STACK") == RLIMIT_STACK);
static_assert(!rlimit_resource("NOFILE"));
static_assert(number_of(kMemoryModes, "MPOL_LOCAL") == MPOL_LOCAL);
static_assert(number_of(kMemoryModes, "MPOL_PREFERRED_MANY") == MPOL_PREFERRED_MANY);
static_assert(number_of(kMemoryFlags, "MPOL_F_STATIC_NODES") == MPOL_F_STATIC_NODES);
static_assert(number_of(kMemoryFlags, "MPOL_F_RELATIVE_NODES") == MPOL_F_RELATIVE_NODES);
static_assert(number_of(kMemoryFlags, "MPOL_F_NUMA_BALANCING") == MPOL_F_NUMA_BALANCING);
static_assert(number_of(kSchedPolicies, "SCHED_DEADLINE") == SCHED_DEADLINE);
static_assert(number_of(kSchedPolicies, "SCHED_IDLE") == SCHED_IDLE);
static_assert(number_of(kSchedFlags, "SCHED_FLAG_DL_OVERRUN") == SCHED_FLAG_DL_OVERRUN);
static_assert(number_of(kSchedFlags, "SCHED_FLAG_UTIL_CLAMP_MAX") == SCHED_FLAG_UTIL_CLAMP_MAX);
static_assert(namespace_type("network") == NsType::network);
static_assert(!namespace_type("net"));
static_assert(namespace_name(NsType::cgroup) == "cgroup");

TEST(SpecNames, EveryCapabilityIsThereOnce) {
  ASSERT_EQ(kCapabilities.size(), static_cast<size_t>(CAP_LAST_CAP) + 1);
  for (size_t i = 0; i < kCapabilities.size(); ++i) EXPECT_EQ(kCapabilities[i].number, static_cast<int>(i));
}

TEST(SpecNames, EveryRlimitIsThereOnce) {
  ASSERT_EQ(kRlimits.size(), static_cast<size_t>(RLIM_NLIMITS));
  for (size_t i = 0; i < kRlimits.size(); ++i) EXPECT_EQ(kRlimits[i].number, static_cast<int>(i));
}

TEST(SpecNames, KnownListsThem) {
  EXPECT_EQ(known(kIoClasses), "IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE");
  EXPECT_EQ(kSeccompArchitectures.size(), 23U);
}

std::string listed(std::string_view text) {
  const auto ranges = number_list(text);
  if (!ranges) return "error";
  std::string out;
  for (const NumberRange& r : *ranges) out += cat(r.first, "-", r.last, " ");
  return out + cat("=", count_numbers(*ranges));
}

TEST(SpecNumberList, Lists) {
  EXPECT_EQ(listed(""), "=0");
  EXPECT_EQ(listed("0"), "0-0 =1");
  EXPECT_EQ(listed("0-3,7"), "0-3 7-7 =5");
  EXPECT_EQ(listed(" 1 ,, 2-2 ,"), "1-1 2-2 =2");
  EXPECT_EQ(listed("4-7,0-5,2"), "4-7 0-5 2-2 =8");
  EXPECT_EQ(listed("0-65535"), "0-65535 =65536");
  for (const char* bad :
       {",", " ", "a", "1-", "-1", "3-1", "1-2-3", "0-65536", "0-9876543210", "+1", "1 2", "0x1", "1.5"})
    EXPECT_EQ(listed(bad), "error") << bad;
}

}  // namespace
}  // namespace husk::spec
