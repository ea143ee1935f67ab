#include "rooms/namespaces/init.h"

#include <linux/nsfs.h>
#include <linux/sched.h>

#include <cerrno>

#include "base/weakness.h"
#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::namespaces {
namespace {

using sys::check;
using sys::Fault;

constexpr size_t kMaxJoins = 8;  // there are eight kinds

Fault open_namespace(const Join& join, sys::Fd& fd) {
  fd.reset(sys::openat(AT_FDCWD, join.path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  HUSK_CHECK(check(fd.get(), "open", join.path));
  const long type = sys::ioctl(fd.get(), NS_GET_NSTYPE, nullptr);
  if (type < 0) return {EINVAL, "no namespace file", join.path};
  if (static_cast<uint64_t>(type) != join.type) return {EINVAL, "a namespace of another kind", join.path};
  return {};
}

}  // namespace

Fault join_process(int pidfd, uint64_t flags, std::span<const Join> joins) {
  const long ret = sys::call(SYS_setns, pidfd, flags);
  if (ret == -EINVAL || ret == -EPERM) return join_all(joins, pidfd);
  return check(ret, "setns: join the container's namespaces", {});
}

Fault join_all(std::span<const Join> joins, int witness, OnJoin on_join) {
  if (joins.size() > kMaxJoins) return {E2BIG, "join namespaces", {}};
  sys::Fd fds[kMaxJoins];
  bool joined[kMaxJoins] = {};
  size_t user = kMaxJoins;
  for (size_t i = 0; i < joins.size(); ++i) {
    HUSK_CHECK(open_namespace(joins[i], fds[i]));
    if (joins[i].type == CLONE_NEWUSER) user = i;
  }
  if (witness >= 0 && sys::call(SYS_pidfd_send_signal, witness, 0, nullptr, 0) == -ESRCH)
    return {ESRCH, "join the container's namespaces", {}};
  // As who we are: a privileged caller may enter namespaces that the user namespace does not own.
  for (size_t i = 0; i < joins.size(); ++i) {
    if (i == user) continue;
    const long ret = sys::call(SYS_setns, fds[i].get(), joins[i].type);
    if (ret == -EPERM && user != kMaxJoins) continue;
    HUSK_CHECK(check(ret, "setns", joins[i].path));
    joined[i] = true;
    if (on_join.call != nullptr) on_join.call(on_join.whom, joins[i].type);
  }
  if (user == kMaxJoins) return {};
  HUSK_CHECK(check(sys::call(SYS_setns, fds[user].get(), CLONE_NEWUSER), "setns", joins[user].path));
  if (on_join.call != nullptr) on_join.call(on_join.whom, CLONE_NEWUSER);
  for (size_t i = 0; i < joins.size(); ++i) {
    if (i == user || joined[i]) continue;
    HUSK_CHECK(check(sys::call(SYS_setns, fds[i].get(), joins[i].type), "setns", joins[i].path));
    if (on_join.call != nullptr) on_join.call(on_join.whom, joins[i].type);
  }
  return {};
}

Fault set_clocks(std::span<const ClockOffset> clocks, int offsets_file) {
  if (clocks.empty()) return {};
  Text<256> text;
  for (const ClockOffset& c : clocks)
    text.number(static_cast<long>(c.clock)).add(' ').number(c.seconds).add(' ').number(c.nanoseconds).add('\n');
  return check(sys::write(offsets_file, text.c_str(), text.size()), "write", kOffsetsFile);
}

Fault apply(const UnshareCgroup& /*step*/) {
  return check(sys::call(SYS_unshare, CLONE_NEWCGROUP), "unshare", {});
}

Fault apply(const Hostname& step) {
  return check(sys::call(SYS_sethostname, step.name.c_str(), step.name.size()), "sethostname", {});
}

Fault apply(const Domainname& step) {
  return check(sys::call(SYS_setdomainname, step.name.c_str(), step.name.size()), "setdomainname", {});
}

Fault apply(const Sysctl& step, int procfs) {
  Text<512> path;
  path.add(weakened(Weakness::own_procfs) ? "/proc/sys/" : "sys/").add(step.path);
  if (path.full()) return {ENAMETOOLONG, "open", step.path};
  // procfs is our own view, opened before the container's mounts: nothing of the image can stand in between.
  int fd = sys::openat2(procfs, path.c_str(), O_WRONLY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  if (fd == -ENOSYS) fd = sys::openat(procfs, path.c_str(), O_WRONLY | O_NOFOLLOW);
  if (weakened(Weakness::own_procfs)) fd = sys::openat(AT_FDCWD, path.c_str(), O_WRONLY);
  const sys::Fd file(fd);
  HUSK_CHECK(check(fd, "open /proc/sys", step.path));
  return check(sys::write(fd, step.value.c_str(), step.value.size()), "write /proc/sys", step.path);
}

}  // namespace husk::namespaces
