// The interfaces and routes of the annotation. A veth is made with one request, its end for the container at once in
// the container's namespace and with its name there: at no moment it is on the host under a name that may be taken.
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include <cerrno>

#include "rooms/network/network.h"

namespace husk::network {
namespace {

constexpr uint32_t kNoDad = IFA_F_NODAD;  // the address is said to be ours: the program need not wait for a second

class Configuring {
 public:
  Configuring(Sides& sides, std::vector<std::string>& made) : sides_(sides), made_(made) {}

  Status interface(const Interface& i) {
    if (i.type == Interface::Type::veth) HUSK_TRY(make_veth(i));
    HUSK_LET(const Link link, need(sides_.there, i.name, "container's"));
    if (i.type != Interface::Type::veth) HUSK_TRY(attributes(i, link));
    for (const IpAddress& a : i.addresses) HUSK_TRY(add_address(a, link));
    HUSK_TRY(set_up(sides_.there, link.index, i.name));
    HUSK_TRY(gateway(i.gateway, link));
    return gateway(i.gateway6, link);
  }

  Status route(const Route& r) {
    int index = 0;
    if (!r.interface.empty()) {
      HUSK_LET(const Link link, need(sides_.there, r.interface, "container's"));
      index = link.index;
    }
    return add_route(r, index);
  }

 private:
  static Result<Link> need(Netlink& where, const std::string& name, std::string_view whose) {
    HUSK_LET(std::optional<Link> link, find_link(where, name));
    if (link) return *std::move(link);
    return Error{
        cat("there is no network device ", name, " in the ", whose, " network namespace"), ENODEV, {}, 1, true};
  }

  static void describe(const Interface& i, Message& m) {
    if (i.mtu != 0) m.number(IFLA_MTU, i.mtu);
    if (i.tx_queue) m.number(IFLA_TXQLEN, *i.tx_queue);
  }

  Status attributes(const Interface& i, const Link& link) {
    if (i.mac.empty() && i.mtu == 0 && !i.tx_queue) return {};
    Message m = change_of(link.index);
    describe(i, m);
    if (!i.mac.empty()) m.raw(IFLA_ADDRESS, i.mac);
    return sides_.there.request(std::move(m), cat("configure network device ", i.name));
  }

  // ---------------------------------------------------------------- veth

  Status make_veth(const Interface& i) {
    HUSK_LET(const std::optional<Link> other, find_link(sides_.there, i.name));
    if (other)
      return Error{cat("a network device named ", i.name, " is already in the container's network namespace"),
                   EEXIST,
                   {},
                   1,
                   true};
    const std::string host_name = i.host_name.empty() ? unheard_of("veth") : i.host_name;
    Message m(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
    m.text(IFLA_IFNAME, host_name);
    describe(i, m);
    const size_t info = m.open(IFLA_LINKINFO);
    m.text(IFLA_INFO_KIND, "veth");
    const size_t data = m.open(IFLA_INFO_DATA);
    const size_t peer = m.open(VETH_INFO_PEER);
    m.head(ifinfomsg{});
    m.text(IFLA_IFNAME, i.name);
    m.number(IFLA_NET_NS_FD, static_cast<uint32_t>(sides_.there_namespace.get()));
    describe(i, m);
    if (!i.mac.empty()) m.raw(IFLA_ADDRESS, i.mac);
    m.close(peer);
    m.close(data);
    m.close(info);
    Status made = sides_.here.request(std::move(m), cat("make veth ", host_name, " to ", i.name));
    if (!made.ok() && made.error().errnum == EPERM)
      made.error().hint = "it takes CAP_NET_ADMIN in the runtime's network namespace";
    HUSK_TRY(std::move(made));
    made_.push_back(host_name);
    return host_end(i, host_name);
  }

  Status host_end(const Interface& i, const std::string& name) {
    HUSK_LET(const Link link, need(sides_.here, name, "runtime's"));
    if (!i.bridge.empty()) {
      HUSK_LET(const Link bridge, need(sides_.here, i.bridge, "runtime's"));
      if (bridge.kind != "bridge") return Error{cat("network device ", i.bridge, " is no bridge"), 0, {}, 1};
      Message enter = change_of(link.index);
      enter.number(IFLA_MASTER, bridge.index);
      HUSK_TRY(sides_.here.request(std::move(enter), cat("put ", name, " into bridge ", i.bridge)));
    }
    if (i.hairpin) {
      Message mode = change_of(link.index);
      const size_t info = mode.open(IFLA_LINKINFO);
      mode.text(IFLA_INFO_SLAVE_KIND, "bridge");
      const size_t data = mode.open(IFLA_INFO_SLAVE_DATA);
      mode.number(IFLA_BRPORT_MODE, uint8_t{1});
      mode.close(data);
      mode.close(info);
      HUSK_TRY(
          sides_.here.request(std::move(mode), cat("let ", name, " send back to where a frame came from (hairpin)")));
    }
    return set_up(sides_.here, link.index, name);
  }

  // ---------------------------------------------------------------- addresses, routes

  Status add_address(const IpAddress& a, const Link& link) {
    struct ifaddrmsg head = {};
    head.ifa_family = static_cast<uint8_t>(a.family);
    head.ifa_prefixlen = a.prefix;
    head.ifa_index = static_cast<uint32_t>(link.index);
    Message m(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, head);
    m.raw(IFA_LOCAL, a.bytes);
    m.raw(IFA_ADDRESS, a.bytes);
    constexpr uint8_t kSmallest = 30;  // that has an address to spare for all
    if (a.family == AF_INET && a.prefix <= kSmallest && link.name != "lo") m.raw(IFA_BROADCAST, broadcast_of(a));
    if (a.family == AF_INET6) m.number(IFA_FLAGS, kNoDad);
    Status added = sides_.there.request(std::move(m), cat("add an address to network device ", link.name));
    // It has it already, as lo has 127.0.0.1.
    return !added.ok() && added.error().errnum == EEXIST ? Status() : std::move(added);
  }

  static std::string broadcast_of(const IpAddress& a) {
    std::string out = a.bytes;
    for (size_t bit = a.prefix; bit < out.size() * 8; ++bit)
      out[bit / 8] = static_cast<char>(static_cast<uint8_t>(out[bit / 8]) | 0x80U >> bit % 8);
    return out;
  }

  Status gateway(const IpAddress& a, const Link& link) {
    if (a.family == 0) return {};
    Route all;
    all.destination.family = a.family;
    all.gateway = a;
    return add_route(all, link.index);
  }

  Status add_route(const Route& r, int index) {
    struct rtmsg head = {};
    head.rtm_family = static_cast<uint8_t>(r.destination.family);
    head.rtm_dst_len = r.destination.prefix;
    head.rtm_table = RT_TABLE_MAIN;
    head.rtm_protocol = RTPROT_STATIC;
    head.rtm_scope = r.gateway.family == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    head.rtm_type = RTN_UNICAST;
    Message m(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, head);
    if (r.destination.prefix != 0) m.raw(RTA_DST, r.destination.bytes);
    if (r.gateway.family != 0) m.raw(RTA_GATEWAY, r.gateway.bytes);
    if (r.source.family != 0) m.raw(RTA_PREFSRC, r.source.bytes);
    if (index != 0) m.number(RTA_OIF, index);
    return sides_.there.request(std::move(m), "add a route");
  }

  Sides& sides_;
  std::vector<std::string>& made_;
};

}  // namespace

Status configure(const Plan& plan, Sides& sides, std::vector<std::string>& made) {
  Configuring configuring(sides, made);
  for (size_t i = 0; i < plan.interfaces.size(); ++i)
    if (Status s = configuring.interface(plan.interfaces[i]); !s.ok())
      return std::move(s).error().within(cat("/interfaces/", i));
  for (size_t i = 0; i < plan.routes.size(); ++i)
    if (Status s = configuring.route(plan.routes[i]); !s.ok()) return std::move(s).error().within(cat("/routes/", i));
  return {};
}

}  // namespace husk::network
