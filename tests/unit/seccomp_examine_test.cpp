// Profiles that libseccomp 2.5 makes a filter of that never looks at the call's number.
#include <gtest/gtest.h>
#include <seccomp.h>

#include "bpf.h"
#include "rooms/seccomp/seccomp.h"

namespace husk::seccomp {
namespace {

spec::SeccompRule denied(const char* name, std::vector<spec::SeccompArg> args) {
  spec::SeccompRule r;
  r.names = {name};
  r.action = "SCMP_ACT_ERRNO";
  r.args = std::move(args);
  return r;
}

// umount is i386's alone: without args it would come before all that have some.
spec::Seccomp with_umount(const char* other, std::vector<std::string> architectures) {
  spec::Seccomp s;
  s.default_action = "SCMP_ACT_ALLOW";
  s.architectures = std::move(architectures);
  s.syscalls = {denied("umount", {}), denied(other, {{0, 8, 0, "SCMP_CMP_EQ"}})};
  return s;
}

TEST(SeccompExamine, ACallOfOneArchitectureDoesNotHideTheOthers) {
  for (const std::vector<std::string>& architectures :
       {std::vector<std::string>{}, {"SCMP_ARCH_X86"}, {"SCMP_ARCH_X32"}, {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}}) {
    const Result<Filter> f = compile(with_umount("personality", architectures));
    ASSERT_TRUE(f.ok()) << f.error().text();
    test::Call call;
    call.nr = ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, "personality");
    call.args[0] = 8;
    EXPECT_EQ(test::Bpf(f->program).run(call), SECCOMP_RET_ERRNO | EPERM) << architectures.size();
    call.args[0] = 9;
    EXPECT_EQ(test::Bpf(f->program).run(call), SECCOMP_RET_ALLOW) << architectures.size();
  }
}

// There is no call here that both architectures have: better no container than one with such a filter.
TEST(SeccompExamine, WhatLibseccompGetsWrongIsRefused) {
  const Result<Filter> f = compile(with_umount("newfstatat", {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}));
  ASSERT_FALSE(f.ok());
  EXPECT_NE(f.error().text().find("/linux/seccomp: libseccomp makes no filter of these rules"), std::string::npos);
}

}  // namespace
}  // namespace husk::seccomp
