#include <gtest/gtest.h>

#include <cstddef>

#include "life/notify.h"

namespace husk::life {
namespace {

TEST(Notify, ReadyIsALineOfItsOwn) {
  EXPECT_TRUE(says_ready("READY=1"));
  EXPECT_TRUE(says_ready("READY=1\n"));
  EXPECT_TRUE(says_ready("STATUS=up\nREADY=1\nMAINPID=3"));
  EXPECT_TRUE(says_ready("\n\nREADY=1"));
  EXPECT_FALSE(says_ready(""));
  EXPECT_FALSE(says_ready("\n"));
  EXPECT_FALSE(says_ready("READY=0"));
  EXPECT_FALSE(says_ready("READY=10"));
  EXPECT_FALSE(says_ready("XREADY=1"));
  EXPECT_FALSE(says_ready("STATUS=READY=1"));
  EXPECT_FALSE(says_ready("READY=1 "));
}

TEST(Notify, AddressOfAPathHasItsZero) {
  const Result<UnixAddress> a = notify_address("/run/x");
  ASSERT_TRUE(a.ok());
  EXPECT_STREQ(a->address.sun_path, "/run/x");
  EXPECT_EQ(a->size, offsetof(struct sockaddr_un, sun_path) + 7);
}

TEST(Notify, AbstractAddressBeginsWithZeroAndHasNoneAtTheEnd) {
  const Result<UnixAddress> a = notify_address("@name");
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(std::string_view(a->address.sun_path, 5), std::string_view("\0name", 5));
  EXPECT_EQ(a->size, offsetof(struct sockaddr_un, sun_path) + 5);
}

TEST(Notify, OtherAddressesAreRefused) {
  for (const char* name : {"", "/", "@", "relative", "vsock:2:1234"}) EXPECT_FALSE(notify_address(name).ok()) << name;
  EXPECT_EQ(notify_address("/" + std::string(107, 'x')).error().errnum, ENAMETOOLONG);
  EXPECT_TRUE(notify_address("/" + std::string(106, 'x')).ok());
}

TEST(Notify, MountAndVariableAreAdded) {
  spec::Spec spec;
  spec.process.emplace();
  spec.process->env = {"A=1", "NOTIFY_SOCKET=/old", "B=2"};
  spec.lx.namespaces.push_back({spec::NsType::mount, ""});
  ASSERT_TRUE(add_notify(spec, "/run/husk/x"));
  EXPECT_EQ(spec.process->env, (std::vector<std::string>{"A=1", "B=2", "NOTIFY_SOCKET=/run/notify/notify.sock"}));
  ASSERT_EQ(spec.mounts.size(), 1U);
  EXPECT_EQ(spec.mounts[0].source, "/run/husk/x/notify");
  EXPECT_EQ(spec.mounts[0].destination, "/run/notify");
}

TEST(Notify, NothingIsAddedInAMountNamespaceThatIsJoined) {
  spec::Spec spec;
  spec.process.emplace();
  EXPECT_FALSE(add_notify(spec, "/run/husk/x"));
  spec.lx.namespaces.push_back({spec::NsType::mount, "/proc/1/ns/mnt"});
  EXPECT_FALSE(add_notify(spec, "/run/husk/x"));
  EXPECT_TRUE(spec.mounts.empty());
  EXPECT_TRUE(spec.process->env.empty());
}

}  // namespace
}  // namespace husk::life
