#include "rooms/network/network.h"

#include <sys/stat.h>

#include "sys/calls.h"

namespace husk::network {

Status Network::open(sys::Fd container, bool watch) {
  sides_.there_namespace = std::move(container);
  // Of the thread: a program may have threads in several.
  sides_.here_namespace.reset(sys::openat(AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY));
  if (!sides_.here_namespace)
    return fail(-sides_.here_namespace.get(), "open the runtime's network namespace /proc/thread-self/ns/net");
  struct stat here = {};
  struct stat there = {};
  (void)sys::stat_fd(sides_.here_namespace.get(), &here);
  (void)sys::stat_fd(sides_.there_namespace.get(), &there);
  if (here.st_ino == there.st_ino && here.st_dev == there.st_dev)
    return Error{"the container's network namespace is the runtime's own: no device can be moved there or made for it",
                 0, "linux.netDevices and org.husk.network need another one", 1};
  HUSK_LET(sides_.here, Netlink::here());
  HUSK_LET(sides_.there, Netlink::inside(sides_.there_namespace.get()));
  if (!watch) return {};
  HUSK_LET(sides_.watch, Netlink::inside(sides_.there_namespace.get()));
  return sides_.watch.watch_links();
}

Status Network::set_up(const Plan& plan, sys::Fd container) {
  HUSK_TRY(open(std::move(container), !plan.moves.empty()));
  HUSK_TRY(moved_.move(plan.moves, sides_));
  if (Status s = configure(plan, sides_, made_); !s.ok())
    return std::move(s).error().within(cat("annotation ", kAnnotation));
  return {};
}

std::vector<std::string> Network::undo() {
  std::vector<std::string> troubles;
  for (const std::string& name : made_) {
    // Found by its name on our side, and never by what the container's side says of its other end.
    Result<std::optional<Link>> link = find_link(sides_.here, name);
    Status gone = link.ok() ? Status() : Status(std::move(link).error());
    if (gone.ok() && *link && (*link)->kind == "veth")
      gone = sides_.here.request(deletion_of((*link)->index), cat("delete ", name));
    if (!gone.ok()) troubles.push_back(gone.error().text());
  }
  moved_.give_back(sides_, troubles);
  keep();
  return troubles;
}

}  // namespace husk::network
