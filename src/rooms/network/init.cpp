#include "rooms/network/init.h"

#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/socket.h>

#include <cstring>

#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::network {

using sys::check;
using sys::Fault;

// A new network namespace has one interface, lo, and it is down.
Fault apply(const LoopbackUp& /*step*/) {
  const sys::Fd socket(static_cast<int>(sys::call(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  HUSK_CHECK(check(socket.get(), "socket", {}));
  struct ifreq request = {};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  return check(sys::ioctl(socket.get(), SIOCSIFFLAGS, &request), "set lo up", {});
}

}  // namespace husk::network
