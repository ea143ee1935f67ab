#include "rooms/network/links.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/raw.h"

namespace husk::network {

namespace {

constexpr uint16_t kAddressProtocol = 11;  // IFA_PROTO of Linux 5.18, which older headers lack
constexpr uint32_t kLastOfKernel = 3;      // IFAPROT_KERNEL_LL

Result<std::optional<Link>> find(Netlink& where, Message message, std::string_view what) {
  Result<std::vector<Answer>> found = where.ask(std::move(message), cat("look for ", what));
  if (!found.ok() && found.error().errnum == ENODEV) return std::optional<Link>();
  if (!found.ok()) return std::move(found).error();
  if (found->empty()) return std::optional<Link>();
  return std::optional<Link>(link_of(found->front()));
}

template <class Keep>
void keep_if(std::vector<Answer>& list, Keep keep) {
  list.erase(std::remove_if(list.begin(), list.end(), [&](const Answer& a) { return !keep(a); }), list.end());
}

uint32_t flags_of(const Answer& address) {
  const auto head = address.head<struct ifaddrmsg>();
  return address.attributes<struct ifaddrmsg>().number(IFA_FLAGS, head.ifa_flags);
}

}  // namespace

Link link_of(const Answer& answer) {
  const auto head = answer.head<struct ifinfomsg>();
  const Attributes a = answer.attributes<struct ifinfomsg>();
  Link out;
  out.index = head.ifi_index;
  out.flags = head.ifi_flags;
  out.name = a.text(IFLA_IFNAME);
  out.kind = a.inside(IFLA_LINKINFO).text(IFLA_INFO_KIND);
  out.mac = a.find(IFLA_ADDRESS).value_or(std::string_view());
  out.mtu = a.number(IFLA_MTU);
  out.tx_queue = a.number(IFLA_TXQLEN);
  out.master = a.number(IFLA_MASTER);
  return out;
}

Result<std::optional<Link>> find_link(Netlink& where, std::string_view name) {
  Message message(RTM_GETLINK, 0, ifinfomsg{});
  message.text(IFLA_IFNAME, name);
  return find(where, std::move(message), name);
}

Result<std::optional<Link>> find_link(Netlink& where, int index) {
  struct ifinfomsg head = {};
  head.ifi_index = index;
  return find(where, Message(RTM_GETLINK, 0, head), cat("network device number ", index));
}

std::string unheard_of(std::string_view prefix) {
  uint64_t random = 0;
  (void)sys::call(SYS_getrandom, &random, sizeof random, 0);
  std::string out(prefix);
  for (int i = 0; i < 10; ++i, random >>= 5) out.push_back("abcdefghijklmnopqrstuvwxyz234567"[random & 31]);
  return out;
}

Message change_of(int index, unsigned flags, unsigned which_flags) {
  struct ifinfomsg head = {};
  head.ifi_index = index;
  head.ifi_flags = flags;
  head.ifi_change = which_flags;
  return {RTM_NEWLINK, 0, head};
}

Message deletion_of(int index) {
  struct ifinfomsg head = {};
  head.ifi_index = index;
  return {RTM_DELLINK, 0, head};
}

Status set_up(Netlink& where, int index, std::string_view name) {
  return where.request(change_of(index, IFF_UP, IFF_UP), cat("set network device ", name, " up"));
}

// ---------------------------------------------------------------- addresses

Result<std::vector<Answer>> addresses_of(Netlink& where, int index) {
  struct ifaddrmsg head = {};
  head.ifa_index = static_cast<uint32_t>(index);
  HUSK_LET(std::vector<Answer> all, where.ask(Message(RTM_GETADDR, NLM_F_DUMP, head), "list addresses"));
  keep_if(all, [&](const Answer& a) {
    const auto found = a.head<struct ifaddrmsg>();
    return a.type == RTM_NEWADDR && static_cast<int>(found.ifa_index) == index &&
           (found.ifa_family == AF_INET || found.ifa_family == AF_INET6);
  });
  return all;
}

bool is_to_be_carried(const Answer& address) {
  return address.head<struct ifaddrmsg>().ifa_scope == RT_SCOPE_UNIVERSE && (flags_of(address) & IFA_F_PERMANENT) != 0;
}

bool is_made_by_kernel(const Answer& address) {
  const uint32_t protocol = address.attributes<struct ifaddrmsg>().number(kAddressProtocol);
  return protocol != 0 && protocol <= kLastOfKernel;
}

Message address_again(const Answer& address, const Place& place) {
  constexpr uint32_t kFound =  // what the kernel finds out by itself
      IFA_F_PERMANENT | IFA_F_SECONDARY | IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_STABLE_PRIVACY;
  constexpr auto kCopied = std::to_array<uint16_t>(
      {IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST, IFA_CACHEINFO, IFA_RT_PRIORITY, kAddressProtocol});
  const uint32_t flags = flags_of(address) & ~kFound;
  auto head = address.head<struct ifaddrmsg>();
  head.ifa_index = static_cast<uint32_t>(place.index);
  head.ifa_flags = static_cast<uint8_t>(flags);
  Message out(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, head);
  const Attributes attributes = address.attributes<struct ifaddrmsg>();
  for (const uint16_t type : kCopied)
    if (const auto value = attributes.find(type)) out.raw(type, *value);
  out.number(IFA_FLAGS, flags);
  std::string label = attributes.text(IFA_LABEL);  // "eth0", or "eth0:backup"
  if (label.starts_with(place.old_name)) label = cat(place.name, label.substr(place.old_name.size()));
  if (!label.empty() && label.size() < IFNAMSIZ) out.text(IFA_LABEL, label);
  return out;
}

// ---------------------------------------------------------------- routes

Result<std::vector<Answer>> routes_of(Netlink& where, int index) {
  std::vector<Answer> out;
  for (const int family : {AF_INET, AF_INET6}) {
    struct rtmsg head = {};
    head.rtm_family = static_cast<unsigned char>(family);
    Message message(RTM_GETROUTE, NLM_F_DUMP, head);
    message.number(RTA_OIF, index);
    Result<std::vector<Answer>> all = where.ask(std::move(message), "list routes");
    if (!all.ok() && family == AF_INET6) continue;  // a kernel without IPv6
    if (!all.ok()) return std::move(all).error();
    for (Answer& a : *all) {
      const auto route = a.head<struct rtmsg>();
      const bool configured = route.rtm_protocol != RTPROT_KERNEL && route.rtm_protocol != RTPROT_REDIRECT &&
                              route.rtm_protocol != RTPROT_RA && (route.rtm_flags & RTM_F_CLONED) == 0;
      if (a.type == RTM_NEWROUTE && configured && route.rtm_family == family &&
          static_cast<int>(a.attributes<struct rtmsg>().number(RTA_OIF)) == index)
        out.push_back(std::move(a));
    }
  }
  return out;
}

Message route_again(const Answer& route, int index) {
  auto head = route.head<struct rtmsg>();
  head.rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
  Message out(RTM_NEWROUTE, NLM_F_CREATE, head);
  route.attributes<struct rtmsg>().each([&](uint16_t type, std::string_view value) {
    if (type != RTA_OIF && type != RTA_CACHEINFO) out.raw(type, value);
  });
  out.number(RTA_OIF, index);
  return out;
}

}  // namespace husk::network
