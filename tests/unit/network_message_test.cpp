#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rooms/network/links.h"
#include "rooms/network/message.h"

namespace husk::network {
namespace {

TEST(NetworkMessage, HeaderAndAttributes) {
  struct ifinfomsg head = {};
  head.ifi_index = 7;
  Message m(RTM_NEWLINK, NLM_F_CREATE, head);
  m.text(IFLA_IFNAME, "eth0").number(IFLA_MTU, uint32_t{1500});
  const std::string bytes(m.finish(42));
  struct nlmsghdr header = {};
  std::memcpy(&header, bytes.data(), sizeof header);
  EXPECT_EQ(header.nlmsg_len, bytes.size());
  EXPECT_EQ(header.nlmsg_type, RTM_NEWLINK);
  EXPECT_EQ(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
  EXPECT_EQ(header.nlmsg_seq, 42U);
  EXPECT_EQ(bytes.size() % 4, 0U);
  const Answer same{RTM_NEWLINK, bytes.substr(sizeof header)};
  EXPECT_EQ(same.head<struct ifinfomsg>().ifi_index, 7);
  const Attributes a = same.attributes<struct ifinfomsg>();
  EXPECT_EQ(a.find(IFLA_IFNAME), std::string_view("eth0\0", 5));
  EXPECT_EQ(a.text(IFLA_IFNAME), "eth0");
  EXPECT_EQ(a.number(IFLA_MTU), 1500U);
  EXPECT_EQ(a.number(IFLA_GROUP, 9), 9U);
}

TEST(NetworkMessage, AttributesInsideOthers) {
  Message m(RTM_NEWLINK, 0, ifinfomsg{});
  const size_t info = m.open(IFLA_LINKINFO);
  m.text(IFLA_INFO_KIND, "veth");
  const size_t data = m.open(IFLA_INFO_DATA);
  m.number(1, uint8_t{3});
  m.close(data);
  m.close(info);
  m.number(IFLA_MTU, uint32_t{9});
  const Answer same{RTM_NEWLINK, std::string(m.finish(1).substr(sizeof(struct nlmsghdr)))};
  const Attributes a = same.attributes<struct ifinfomsg>();
  EXPECT_EQ(a.inside(IFLA_LINKINFO).text(IFLA_INFO_KIND), "veth");
  EXPECT_EQ(a.inside(IFLA_LINKINFO).inside(IFLA_INFO_DATA).number(1), 3U);
  EXPECT_EQ(a.number(IFLA_MTU), 9U);
}

TEST(NetworkMessage, DamagedAttributesEndTheList) {
  const auto count = [](std::string_view bytes) {
    int n = 0;
    Attributes(bytes).each([&n](uint16_t, std::string_view) { ++n; });
    return n;
  };
  EXPECT_EQ(count({}), 0);
  EXPECT_EQ(count(std::string_view("\x04\0\x01", 3)), 0);
  EXPECT_EQ(count(std::string_view("\x00\0\x01\0", 4)), 0);      // would not get on
  EXPECT_EQ(count(std::string_view("\x09\0\x01\0abcd", 8)), 0);  // longer than what is there
  EXPECT_EQ(count(std::string_view("\x05\0\x01\0a", 5)), 1);     // not filled up
  EXPECT_EQ(count(std::string_view("\x04\0\x01\0\xff\xff\x01\0", 8)), 1);
}

Answer address(uint8_t scope, uint32_t flags, std::string_view label) {
  struct ifaddrmsg head = {};
  head.ifa_family = AF_INET;
  head.ifa_prefixlen = 24;
  head.ifa_scope = scope;
  head.ifa_index = 3;
  Message m(RTM_NEWADDR, 0, head);
  m.raw(IFA_LOCAL, "abcd").number(IFA_FLAGS, flags).text(IFA_LABEL, label);
  return {RTM_NEWADDR, std::string(m.finish(1).substr(sizeof(struct nlmsghdr)))};
}

Answer again(const Answer& a, const Place& place) {
  return {RTM_NEWADDR, std::string(address_again(a, place).finish(1).substr(sizeof(struct nlmsghdr)))};
}

TEST(NetworkAddress, WhichAreCarried) {
  EXPECT_TRUE(is_to_be_carried(address(RT_SCOPE_UNIVERSE, IFA_F_PERMANENT, "eth0")));
  EXPECT_TRUE(is_to_be_carried(address(RT_SCOPE_UNIVERSE, IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE, "eth0")));
  EXPECT_FALSE(is_to_be_carried(address(RT_SCOPE_UNIVERSE, 0, "eth0")));
  EXPECT_FALSE(is_to_be_carried(address(RT_SCOPE_LINK, IFA_F_PERMANENT, "eth0")));
  EXPECT_FALSE(is_to_be_carried(address(RT_SCOPE_HOST, IFA_F_PERMANENT, "eth0")));
}

TEST(NetworkAddress, LabelsFollowTheName) {
  const Place place = {12, "eth0", "inner"};
  const auto label = [&](std::string_view before) {
    const Answer a = again(address(0, 0, before), place);
    EXPECT_EQ(a.head<struct ifaddrmsg>().ifa_index, 12U);
    return a.attributes<struct ifaddrmsg>().text(IFA_LABEL);
  };
  EXPECT_EQ(label("eth0"), "inner");
  EXPECT_EQ(label("eth0:backup"), "inner:backup");
  EXPECT_EQ(label("eth0:a_long_one"), "");  // has no room: the kernel takes the name
  EXPECT_EQ(label(""), "");
}

TEST(NetworkAddress, FlagsOfTheKernelStayBehind) {
  const Answer a =
      again(address(0, IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY, "e"), {1, "e", "e"});
  EXPECT_EQ(a.attributes<struct ifaddrmsg>().number(IFA_FLAGS), uint32_t{IFA_F_NOPREFIXROUTE});
}

// In a process of its own, in a new network namespace; its exit status.
template <class F>
int in_new_network(F f) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (unshare(CLONE_NEWNET) != 0) _exit(99);
    _exit(f());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Who has CAP_NET_ADMIN in the namespace may write to anybody's socket there: but not to one that is connected.
TEST(Netlink, TakesNothingFromOthers) {
  const int status = in_new_network([] {
    Result<Netlink> netlink = Netlink::here();
    if (!netlink.ok()) return 1;
    struct sockaddr_nl ours = {};
    socklen_t size = sizeof ours;
    if (getsockname(netlink->socket(), reinterpret_cast<struct sockaddr*>(&ours), &size) != 0) return 2;
    const int other = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    Message forged(NLMSG_DONE, 0, int{0});
    for (uint32_t number = 0; number < 8; ++number) {
      const std::string_view bytes = forged.finish(number);
      if (sendto(other, bytes.data(), bytes.size(), 0, reinterpret_cast<struct sockaddr*>(&ours), size) >= 0) return 3;
    }
    Result<std::optional<Link>> lo = find_link(*netlink, "lo");
    return lo.ok() && *lo && (*lo)->index == 1 ? 0 : 4;
  });
  if (status == 99) GTEST_SKIP() << "may not make a network namespace";
  EXPECT_EQ(status, 0);
}

TEST(Netlink, ErrorsHaveTheKernelsWords) {
  const int status = in_new_network([] {
    Result<Netlink> netlink = Netlink::here();
    if (!netlink.ok()) return 1;
    Message m = change_of(77);
    const Status s = netlink->request(std::move(m), "change it");
    return !s.ok() && s.error().errnum == ENODEV && s.error().what == "change it" ? 0 : 2;
  });
  if (status == 99) GTEST_SKIP() << "may not make a network namespace";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace husk::network
