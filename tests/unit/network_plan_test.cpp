#include <gtest/gtest.h>
#include <sys/socket.h>

#include "rooms/network/plan.h"

namespace husk::network {
namespace {

std::string refusal(const std::string& json) {
  const Result<Plan> p = parse_annotation(json);
  return p.ok() ? "none" : p.error().text();
}

TEST(NetworkAnnotation, Everything) {
  const Result<Plan> p = parse_annotation(R"({"interfaces": [
      {"type": "loopback", "addresses": ["10.9.9.9/32"]},
      {"type": "veth", "name": "eth0", "hostName": "vh", "bridge": "br0", "hairpin": true, "mac": "02:42:AC:11:00:fe",
       "mtu": 1400, "txQueueLength": 0, "addresses": ["10.0.0.2/24", "fd00::2/64"], "gateway": "10.0.0.1",
       "gateway6": "fd00::1"},
      {"type": "device", "name": "eth7"}],
    "routes": [{"destination": "10.1.0.0/16", "gateway": "10.0.0.9", "source": "10.0.0.2", "interface": "eth0"},
      {"destination": "default", "gateway": "fd00::9"}]})");
  ASSERT_TRUE(p.ok()) << p.error().text();
  ASSERT_EQ(p->interfaces.size(), 3U);
  EXPECT_EQ(p->interfaces[0].name, "lo");
  const Interface& veth = p->interfaces[1];
  EXPECT_EQ(veth.name, "eth0");
  EXPECT_EQ(veth.host_name, "vh");
  EXPECT_EQ(veth.mac, "\x02\x42\xac\x11" + std::string(1, '\0') + "\xfe");
  EXPECT_EQ(veth.mtu, 1400U);
  EXPECT_EQ(veth.tx_queue, 0U);
  ASSERT_EQ(veth.addresses.size(), 2U);
  EXPECT_EQ(veth.addresses[0].bytes, std::string("\x0a\0\0\x02", 4));
  EXPECT_EQ(veth.addresses[0].prefix, 24);
  EXPECT_EQ(veth.addresses[1].family, AF_INET6);
  EXPECT_EQ(veth.gateway6.bytes.size(), 16U);
  ASSERT_EQ(p->routes.size(), 2U);
  EXPECT_EQ(p->routes[0].destination.prefix, 16);
  EXPECT_EQ(p->routes[1].destination.family, AF_INET6);
  EXPECT_EQ(p->routes[1].destination.prefix, 0);
}

TEST(NetworkAnnotation, Refusals) {
  const auto interface = [](const std::string& members) { return refusal("{\"interfaces\":[{" + members + "}]}"); };
  const auto route = [](const std::string& members) { return refusal("{\"routes\":[{" + members + "}]}"); };
  const std::string veth = R"("type":"veth","name":"eth0",)";
  const std::string at = "annotation org.husk.network: /interfaces/0";
  EXPECT_EQ(refusal(R"({"interface":[]})"), "annotation org.husk.network: /interface: not a known name");
  EXPECT_EQ(interface(R"("type":"tun","name":"a")"), at + "/type: \"tun\" is not one of: loopback, veth, device");
  EXPECT_EQ(interface(R"("type":"device","name":"a","bridge":"b")"), at + "/bridge: not a known name");
  EXPECT_EQ(interface(R"("type":"loopback","name":"lo")"), at + "/name: not a known name");
  EXPECT_EQ(interface(R"("type":"veth","name":"a/b")"), at + "/name: \"a/b\" is not a valid name of a network device");
  EXPECT_EQ(interface(R"("type":"veth","name":"")"), at + "/name: \"\" is not a valid name of a network device");
  EXPECT_EQ(interface(veth + R"("hostName":"v%d")"), at + "/hostName: \"v%d\" is not a valid name of a network device");
  EXPECT_EQ(interface(veth + R"("mtu":20)"), at + "/mtu: 20 is no MTU: it begins at 68");
  EXPECT_EQ(interface(veth + R"("mac":"02:42:ac:11:00")"),
            at + "/mac: \"02:42:ac:11:00\" is not a hardware address such as 02:42:ac:11:00:02");
  EXPECT_NE(interface(veth + R"("mac":"02:42:ac:11:00:0g")").find("/mac"), std::string::npos);
  EXPECT_NE(interface(veth + R"("mac":"02:42:ac:11:00-02")").find("/mac"), std::string::npos);
  for (const char* bad : {"10.0.0.2", "10.0.0.2/", "10.0.0.2/33", "10.0.0/8", "fd00::/129", "10.0.0.2/8x", "/8", ""})
    EXPECT_EQ(interface(veth + "\"addresses\":[\"" + bad + "\"]"),
              at + "/addresses/0: \"" + bad + "\" is not an address with a prefix, such as 10.0.0.2/24");
  EXPECT_EQ(interface(veth + R"("gateway":"fd00::1")"), at + "/gateway: \"fd00::1\" is not an IPv4 address");
  EXPECT_EQ(interface(veth + R"("gateway6":"10.0.0.1")"), at + "/gateway6: \"10.0.0.1\" is not an IPv6 address");
  EXPECT_EQ(interface(veth + R"("hairpin":true)"),
            at + ": hairpin is a mode of a bridge's port, and no bridge is named");
  const std::string there = "annotation org.husk.network: /routes/0";
  EXPECT_EQ(route(R"("destination":"default")"), there + ": a route needs a gateway or an interface");
  EXPECT_EQ(route(R"("destination":"all","gateway":"10.0.0.1")"),
            there + "/destination: \"all\" is neither a network such as 10.1.0.0/16 nor \"default\"");
  EXPECT_EQ(route(R"("destination":"10.0.0.0/8","gateway":"fd00::1")"),
            there + ": destination, gateway and source are not all of IPv4, or of IPv6");
  EXPECT_EQ(refusal("[]").substr(0, 28), "annotation org.husk.network:");
}

spec::Spec with_device() {
  spec::Spec s;
  s.lx.net_devices.push_back({"eth7", "net%d"});
  s.lx.namespaces.push_back({spec::NsType::network, ""});
  return s;
}

TEST(NetworkPlan, DevicesNeedAPrivilege) {
  const Result<Plan> p = plan(with_device(), true);
  ASSERT_TRUE(p.ok());
  ASSERT_EQ(p->moves.size(), 1U);
  EXPECT_EQ(p->moves[0].wanted, "net%d");
  const Result<Plan> without = plan(with_device(), false);
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().text(),
            "/linux/netDevices: moving network devices takes CAP_NET_ADMIN, which this user does not have");
}

TEST(NetworkPlan, AnnotationNeedsANamespace) {
  spec::Spec s;
  s.annotations.emplace_back(kAnnotation, R"({"routes":[{"destination":"default","gateway":"10.0.0.1"}]})");
  const Result<Plan> p = plan(s, true);
  ASSERT_FALSE(p.ok());
  EXPECT_NE(p.error().text().find("annotation org.husk.network: it needs a network namespace"), std::string::npos);
  s.lx.namespaces.push_back({spec::NsType::network, ""});
  EXPECT_TRUE(plan(s, false).ok());
}

}  // namespace
}  // namespace husk::network
