#include "systemd/systemd_bus.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <cerrno>

#include "sys/raw.h"

namespace husk::systemd {
namespace {

constexpr char kService[] = "org.freedesktop.systemd1";
constexpr char kObject[] = "/org/freedesktop/systemd1";
constexpr char kManager[] = "org.freedesktop.systemd1.Manager";

// D-Bus addresses write anything but the plainest characters as %XX.
void add_escaped(Text<512>& to, Str path) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : path.view()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '/' || c == '.';
    if (plain)
      to.add(c);
    else
      to.add('%').add(kHex[static_cast<unsigned char>(c) >> 4]).add(kHex[static_cast<unsigned char>(c) & 15]);
  }
}

Str environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? Str() : Str(value);
}

}  // namespace

bool SystemdBus::fail(int err, Str what) {
  failure_ = {};
  failure_.err = err < 0 ? -err : err;
  failure_.what.add(what.view());
  return false;
}

// systemd's own socket: no broker in between that may be missing, busy or not started yet.
bool SystemdBus::open_private(Str directory, Str file) {
  Text<512> address;
  address.add("unix:path=");
  add_escaped(address, directory);
  add_escaped(address, file);
  if (address.full()) return fail(ENAMETOOLONG, "the address of systemd's socket");
  int r = sd_bus_new(&bus_);
  if (r >= 0) r = sd_bus_set_address(bus_, address.c_str());
  if (r >= 0) r = sd_bus_start(bus_);
  if (r >= 0) return true;
  bus_ = sd_bus_unref(bus_);
  (void)fail(r, "connect to ");
  failure_.what.add(directory.view()).add(file.view());
  return false;
}

bool SystemdBus::open_bus(bool user) {
  broker_ = true;
  const int r = user ? sd_bus_open_user(&bus_) : sd_bus_open_system(&bus_);
  if (r >= 0) return true;
  const Str address = environment(user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
  (void)fail(r, user ? "connect to the user's message bus" : "connect to the system's message bus");
  if (!address.empty()) failure_.what.add(" at ").add(address.view());
  return false;
}

bool SystemdBus::connect(bool user) {
  if (!user) {
    const bool root = sys::call(SYS_geteuid) == 0;
    const bool elsewhere = !environment("DBUS_SYSTEM_BUS_ADDRESS").empty();
    if (root && !elsewhere && open_private("/run/systemd", "/private")) return true;
    return open_bus(user);
  }
  const Str runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty() && open_private(runtime, "/systemd/private")) return true;
  if (runtime.empty() && environment("DBUS_SESSION_BUS_ADDRESS").empty())
    return fail(ENXIO, "neither XDG_RUNTIME_DIR nor DBUS_SESSION_BUS_ADDRESS is set");
  return open_bus(user);
}

bool SystemdBus::next(Message& message, bool or_request) {
  for (;;) {
    const int r = sd_bus_process(bus_, message.out());
    if (r < 0) return fail(r, "talk to systemd");
    if (message.get() != nullptr) {
      if (sd_bus_message_is_signal(message.get(), "org.freedesktop.DBus.Local", "Disconnected") <= 0) return true;
      return fail(ECONNRESET, "talk to systemd");
    }
    if (r > 0) continue;
    const int events = sd_bus_get_events(bus_);
    struct pollfd fds[2] = {{caller_, or_request ? short{POLLIN} : short{0}, 0},
                            {sd_bus_get_fd(bus_), static_cast<short>(events < 0 ? 0 : events), 0}};
    if (sys::call(SYS_ppoll, fds, 2, nullptr, nullptr, 0) < 0) continue;
    if ((fds[0].revents & (POLLHUP | POLLERR)) != 0) (void)sys::call(SYS_exit_group, 0);
    if (fds[0].revents != 0) return true;
  }
}

void SystemdBus::wait_for_request() {
  Message message;
  while (bus_ != nullptr && next(message, true))
    if (message.get() == nullptr) return;
}

bool SystemdBus::new_call(Message& call, const char* method) {
  if (bus_ == nullptr) return false;  // the failure is that of connect()
  const int r = sd_bus_message_new_method_call(bus_, call.out(), kService, kObject, kManager, method);
  return r >= 0 || fail(r, "make a message for systemd");
}

bool SystemdBus::ask(Message& call, Message& answer) {
  uint64_t cookie = 0;
  if (const int r = sd_bus_send(bus_, call.get(), &cookie); r < 0) return fail(r, "send a message to systemd");
  for (;;) {
    if (!next(answer, false)) return false;
    uint64_t to = 0;
    if (sd_bus_message_get_reply_cookie(answer.get(), &to) < 0 || to != cookie) continue;
    if (sd_bus_message_is_method_error(answer.get(), nullptr) <= 0) return true;
    (void)fail(0, {});
    if (const sd_bus_error* error = sd_bus_message_get_error(answer.get()); error != nullptr) {
      if (error->name != nullptr) failure_.name.add(error->name);
      if (error->message != nullptr) failure_.what.add(error->message);
    }
    return false;
  }
}

bool SystemdBus::watch(Str unit) {
  if (!broker_) return true;  // systemd tells its own connections everything
  Text<1024> rule;
  rule.add("type='signal',sender='").add(kService).add("',path='").add(kObject).add("',interface='").add(kManager);
  rule.add("',member='JobRemoved',arg2='").add(unit.view()).add('\'');
  Message message;
  constexpr char kBroker[] = "org.freedesktop.DBus";
  int r = sd_bus_message_new_method_call(bus_, message.out(), kBroker, "/org/freedesktop/DBus", kBroker, "AddMatch");
  if (r >= 0) r = sd_bus_message_append_basic(message.get(), 's', rule.c_str());
  // The broker takes one after the other: the call that follows comes after the rule, so nobody needs its answer.
  if (r >= 0) r = sd_bus_message_set_expect_reply(message.get(), 0);
  if (r >= 0) r = sd_bus_send(bus_, message.get(), nullptr);
  return r >= 0 || fail(r, "ask for signals of systemd");
}

bool SystemdBus::wait_for_job(Message& answer, Text<64>& result) {
  const char* job = nullptr;
  if (const int r = sd_bus_message_read(answer.get(), "o", &job); r < 0) return fail(r, "read systemd's answer");
  // Whoever answered the call must be who says that the job is over: others may send us such a message, too.
  const char* from = sd_bus_message_get_sender(answer.get());
  Message message;
  for (;;) {
    if (!next(message, false)) return false;
    if (sd_bus_message_is_signal(message.get(), kManager, "JobRemoved") <= 0) continue;
    const char* sender = sd_bus_message_get_sender(message.get());
    if (from != nullptr && (sender == nullptr || strcmp(from, sender) != 0)) continue;
    uint32_t id = 0;
    const char* path = nullptr;
    const char* unit = nullptr;
    const char* text = nullptr;
    if (sd_bus_message_read(message.get(), "uoss", &id, &path, &unit, &text) < 0 || strcmp(path, job) != 0) continue;
    result.add(text);
    return true;
  }
}

}  // namespace husk::systemd
