// A device that changes its namespace keeps its MTU, hardware address, alias and the like, and loses its addresses and
// routes; the kernel sets it down.
//
// In a namespace that is joined others may be at work, who may rename what comes in, delete it and put something of
// their own into its place, which we would then bring back after a failure and give the host's addresses to. So there a
// device is known by its number, and it is watched whether one of that number goes away: the kernel says so, and before
// it can give the number to another one.
#include "rooms/network/moved.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>

#include "sys/raw.h"

namespace husk::network {
namespace {

constexpr uint16_t kNewIndex = 49;  // IFLA_NEW_IFINDEX of Linux 5.13; older kernels look at no such attribute

bool is_template(std::string_view name) {
  return name.find('%') != std::string_view::npos;
}

// A number that is probably free.
int any_number() {
  constexpr int kLowest = 1000;
  uint16_t random = 0;
  (void)sys::call(SYS_getrandom, &random, sizeof random, 0);
  return kLowest + random;
}

Message move_of(int index, std::string_view name, const sys::Fd& to) {
  Message out = change_of(index);
  out.number(IFLA_NET_NS_FD, static_cast<uint32_t>(to.get()));
  out.text(IFLA_IFNAME, name);
  return out;
}

Error taken(std::string_view name) {
  return Error{
      cat("a network device named ", name, " is already in the container's network namespace"), EEXIST, {}, 1, true};
}

}  // namespace

Status MovedDevices::move(const std::vector<Move>& moves, Sides& sides) {
  for (const Move& m : moves) HUSK_TRY(look_at(m, sides, devices_.emplace_back()));
  // Whoever has a name of his own has it before the kernel fills in templates.
  std::stable_partition(devices_.begin(), devices_.end(), [](const Device& d) { return !is_template(d.wanted); });
  for (Device& d : devices_) {
    HUSK_TRY(move_one(d, sides));
    HUSK_TRY(settle(d, sides));
  }
  return {};
}

Status MovedDevices::look_at(const Move& move, Sides& sides, Device& device) {
  const std::string doing = cat("move network device ", move.name);
  HUSK_LET(const std::optional<Link> found, find_link(sides.here, move.name));
  if (!found) {
    Error none{cat(doing, ": there is none of that name in the runtime's network namespace"), ENODEV, {}, 1, true};
    return none;
  }
  device.before = *found;
  device.wanted = move.wanted.empty() ? found->name : move.wanted;
  if (!is_template(device.wanted)) {
    HUSK_LET(const std::optional<Link> other, find_link(sides.there, device.wanted));
    if (other) return taken(device.wanted).within(doing);
  }
  HUSK_LET(device.addresses, addresses_of(sides.here, found->index));
  HUSK_LET(device.routes, routes_of(sides.here, found->index));
  return {};
}

// It keeps its number where that is free, else it gets one that we choose: the kernel gives it just this number or
// refuses, so we know who it is without looking for its name. Kernels before 5.13 choose for themselves: then we do
// look for the name.
Status MovedDevices::request_move(Device& device, std::string_view name, Sides& sides) {
  const std::string doing = cat("move network device ", device.before.name);
  const Error gone{cat(doing, ": it is gone from the container's network namespace"), 0, {}, 1};
  int number = device.before.index;
  constexpr int kTries = 20;
  for (int i = 0; !device.moved; ++i) {
    HUSK_LET(const std::optional<Link> other, find_link(sides.there, number));
    if (i < kTries && other) {
      number = any_number();
      continue;
    }
    Message message = move_of(device.before.index, name, sides.there_namespace);
    message.number(kNewIndex, number);
    Status moved = sides.here.request(std::move(message), doing);
    device.moved = moved.ok();
    if (moved.ok() || (i < kTries && moved.error().errnum == EBUSY)) continue;
    Error e = std::move(moved).error();
    if (e.errnum == EEXIST) return taken(device.wanted).within(doing);
    if (e.errnum == EPERM) e.hint = "it takes CAP_NET_ADMIN in the network namespaces it leaves and enters";
    return e;
  }
  HUSK_LET(std::optional<Link> there, find_link(sides.there, number));
  if (!there && sides.watch.departures(number) > 0) return gone;
  if (!there) {
    HUSK_LET(there, find_link(sides.there, name));
    if (!there) return gone;
  }
  device.index = there->index;
  return {};
}

// A template is for the kernel to fill in, once it is there: while it is moved, it would fill it in twice.
Status MovedDevices::move_one(Device& device, Sides& sides) {
  const bool by_template = is_template(device.wanted);
  HUSK_TRY(request_move(device, by_template ? unheard_of("move") : device.wanted, sides));
  if (!by_template) return {};
  Message rename = change_of(device.index);
  rename.text(IFLA_IFNAME, device.wanted);
  HUSK_TRY(sides.there.request(std::move(rename),
                               cat("move network device ", device.before.name, ": name it ", device.wanted)));
  HUSK_LET(const std::optional<Link> named, find_link(sides.there, device.index));
  if (named) device.wanted = named->name;
  return {};
}

Status MovedDevices::settle(const Device& device, Sides& sides) {
  const Place place = {device.index, device.before.name, device.wanted};
  const std::string doing = cat("move network device ", device.before.name, ": carry an address over");
  for (const Answer& address : device.addresses)
    if (is_to_be_carried(address)) HUSK_TRY(sides.there.request(address_again(address, place), doing));
  return set_up(sides.there, device.index, device.wanted);
}

// ---------------------------------------------------------------- back again

void MovedDevices::give_back(Sides& sides, std::vector<std::string>& troubles) {
  for (auto device = devices_.rbegin(); device != devices_.rend(); ++device)
    if (Status s = device->moved ? bring_back(*device, sides) : Status(); !s.ok())
      troubles.push_back(
          cat("network device ", device->before.name, " was not given back as it was: ", s.error().text()));
  devices_.clear();
}

Status MovedDevices::request_back(const Device& device, Sides& sides) {
  const auto request = [&](std::string_view name, int number) {
    Message back = move_of(device.index, name, sides.here_namespace);
    if (number != 0) back.number(kNewIndex, number);
    return sides.there.request(std::move(back), "move it");
  };
  Status moved = request(device.before.name, device.before.index);
  // Its number was given to another one, or its name.
  if (!moved.ok() && moved.error().errnum == EBUSY) moved = request(device.before.name, 0);
  if (!moved.ok() && moved.error().errnum == EEXIST) moved = request("back%d", 0);
  return moved;
}

Status MovedDevices::bring_back(const Device& device, Sides& sides) {
  const Error gone{"it is gone from the container's network namespace", 0, {}, 1};
  if (device.index == 0) return gone;
  HUSK_LET(const std::optional<Link> there, find_link(sides.there, device.index));
  if (!there || sides.watch.departures(device.index) > 0) return gone;
  HUSK_TRY(request_back(device, sides));
  HUSK_LET(const std::optional<Link> now, find_link(sides.here, device.before.name));
  if (sides.watch.departures(device.index) > 1) {  // ours was one
    if (now) (void)sides.here.request(deletion_of(now->index), "delete it");
    return gone;
  }
  if (!now) return Error{"its name was given to another one meanwhile", 0, {}, 1};
  return restore(device, *now, sides.here);
}

Status MovedDevices::restore(const Device& device, const Link& now, Netlink& here) {
  const Link& before = device.before;
  Message same = change_of(now.index);
  if (now.mac != before.mac) same.raw(IFLA_ADDRESS, before.mac);
  if (now.mtu != before.mtu) same.number(IFLA_MTU, before.mtu);
  if (now.tx_queue != before.tx_queue) same.number(IFLA_TXQLEN, before.tx_queue);
  if (now.master != before.master) same.number(IFLA_MASTER, before.master);
  Status first = here.request(std::move(same), "restore its attributes");
  const auto note = [&first](Status s) {
    if (first.ok() && !s.ok() && s.error().errnum != EEXIST) first = std::move(s);
  };
  for (const Answer& address : device.addresses)
    if (!is_made_by_kernel(address))
      note(here.request(address_again(address, {now.index, before.name, before.name}), "restore an address"));
  if ((before.flags & IFF_UP) == 0) return first;
  note(set_up(here, now.index, before.name));
  for (const Answer& route : device.routes) note(here.request(route_again(route, now.index), "restore a route"));
  return first;
}

}  // namespace husk::network
