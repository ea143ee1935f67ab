// husk-systemd: asks systemd for what libhusk wants of it. libhusk cannot link libsystemd, being part of static
// programs; this program can, and nothing of it is in memory where no systemd is asked. See docs/adr/0006.
//
// Its standard input, output and error are the socket to libhusk (rooms/cgroup/systemd_protocol.h). It starts by
// connecting, takes requests until the socket closes, and does nothing on its own.
#include <cerrno>
#include <cstddef>

#include "rooms/cgroup/systemd_protocol.h"
#include "sys/calls.h"
#include "systemd/properties.h"
#include "systemd/systemd_bus.h"

namespace husk::systemd {
namespace {

namespace wire = cgroup::systemd;

constexpr int kCaller = 0;
char request[wire::kMaxRequest];

class Session {
 public:
  explicit Session(SystemdBus& bus) : bus_(bus) {}

  void answer(size_t size) {
    wire::Texts in(request + 1, size - 1);
    switch (request[0]) {
      case wire::kStart:
        return start(in);
      case wire::kSet:
        return set(in);
      case wire::kStop:
        return stop(in);
      case wire::kAttach:
        return attach(in);
      default:
        return malformed();
    }
  }

 private:
  void send(char kind, Str first = {}, Str second = {}) {
    Text<wire::kMaxReply> out;
    out.add(kind);
    if (kind != wire::kDone) out.add(first.view()).add('\0');
    if (kind == wire::kError || kind == wire::kFailed) out.add(second.view()).add('\0');
    (void)sys::write(kCaller, out.c_str(), out.size());
  }
  void malformed() {
    (void)bus_.fail(EBADMSG, "read the request");
    failed();
  }
  void failed() {
    const Failure& f = bus_.failure();
    if (f.name.size() != 0) return send(wire::kError, f.name.str(), f.what.str());
    send(wire::kFailed, Text<24>().number(f.err).str(), f.what.str());
  }
  // The end of a request that made a job.
  void job(Message& answer) {
    Text<64> result;
    if (!bus_.wait_for_job(answer, result)) return failed();
    if (result.str().view() == "done") return send(wire::kDone);
    send(wire::kJob, result.str());
  }

  // A method with the unit as its first argument, and one text more for some.
  bool unit_call(Message& call, const char* method, Str unit, Str second = {}) {
    if (!bus_.new_call(call, method)) return false;
    int r = sd_bus_message_append_basic(call.get(), 's', unit.c_str());
    if (r >= 0 && !second.empty()) r = sd_bus_message_append_basic(call.get(), 's', second.c_str());
    return r >= 0 || bus_.fail(r, "make a message for systemd");
  }

  bool make_start(Message& call, Str unit, wire::Texts in, const Dropped& dropped) {
    if (!unit_call(call, "StartTransientUnit", unit, "fail")) return false;
    int r = append_properties(call.get(), in, dropped);
    if (r >= 0) r = sd_bus_message_append(call.get(), "a(sa(sv))", 0);  // no further units
    return r >= 0 || bus_.fail(r, "describe the unit to systemd");
  }

  void start(wire::Texts in) {
    const Str unit = in.next();
    if (in.bad()) return malformed();
    Dropped dropped;
    Message call, answer;
    bool forgotten = false;
    for (;;) {
      if (!make_start(call, unit, in, dropped)) return failed();
      if (!bus_.watch(unit)) return failed();
      if (bus_.ask(call, answer)) return job(answer);
      if (bus_.failure().is("org.freedesktop.systemd1.UnitExists") && !forgotten) {
        // One that failed stays until somebody has looked at it. Nobody will; the answer does not matter, the second
        // try tells.
        if (!unit_call(call, "ResetFailedUnit", unit)) return failed();
        if (!bus_.ask(call, answer) && bus_.failure().err != 0) return failed();
        forgotten = true;
        continue;
      }
      if (!drop_property(in, bus_.failure(), dropped)) return failed();
    }
  }

  void set(wire::Texts in) {
    const Str unit = in.next();
    if (in.bad()) return malformed();
    Dropped dropped;
    Message call, answer;
    for (;;) {
      if (!unit_call(call, "SetUnitProperties", unit)) return failed();
      int r = sd_bus_message_append(call.get(), "b", 1);  // until the unit ends, not for ever
      if (r >= 0) r = append_properties(call.get(), in, dropped);
      if (r < 0) {
        (void)bus_.fail(r, "describe the properties to systemd");
        return failed();
      }
      if (bus_.ask(call, answer)) return send(wire::kDone);
      if (!drop_property(in, bus_.failure(), dropped)) return failed();
    }
  }

  void stop(wire::Texts in) {
    const Str unit = in.next();
    if (in.bad() || !in.done()) return malformed();
    Message call, answer;
    if (!unit_call(call, "StopUnit", unit, "replace") || !bus_.watch(unit)) return failed();
    if (!bus_.ask(call, answer)) {
      if (bus_.failure().is("org.freedesktop.systemd1.NoSuchUnit")) return send(wire::kDone);
      return failed();
    }
    Text<64> result;
    if (!bus_.wait_for_job(answer, result)) return failed();
    if (result.str().view() != "done") return send(wire::kJob, result.str());
    // One that failed (a process was killed for its memory, its time was over) stays for those who want to know why,
    // as long as the container does. Mostly it is gone by now, so the answer does not matter.
    if (!unit_call(call, "ResetFailedUnit", unit)) return failed();
    if (!bus_.ask(call, answer) && bus_.failure().err != 0) return failed();
    send(wire::kDone);
  }

  void attach(wire::Texts in) {
    const Str unit = in.next();
    const Str below = in.next();
    const auto pid = static_cast<uint32_t>(in.number());
    if (in.bad() || !in.done()) return malformed();
    Message call, answer;
    if (!bus_.new_call(call, "AttachProcessesToUnit")) return failed();
    const int r = sd_bus_message_append(call.get(), "ssau", unit.c_str(), below.c_str(), 1, pid);
    if (r < 0) (void)bus_.fail(r, "make a message for systemd");
    if (r < 0 || !bus_.ask(call, answer)) return failed();
    send(wire::kDone);
  }

  SystemdBus& bus_;
};

int serve(bool user) {
  SystemdBus bus(kCaller);
  (void)bus.connect(user);  // what fails here is said when somebody asks
  Session session(bus);
  for (;;) {
    bus.wait_for_request();
    const long n = sys::read(kCaller, request, sizeof request);
    if (n == -EINTR) continue;
    if (n <= 0) return 0;
    session.answer(static_cast<size_t>(n));
  }
}

}  // namespace
}  // namespace husk::systemd

extern "C" {

__attribute__((used, noreturn)) void husk_entry(const uintptr_t* stack) {
  // Who made us had all signals blocked for the moment.
  const uint64_t none = 0;
  (void)husk::sys::call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  const auto argc = static_cast<int>(stack[0]);
  const auto* argv = reinterpret_cast<const char* const*>(stack + 1);
  const int status = husk::systemd::serve(argc > 1 && argv[1][0] == 'u');
  (void)husk::sys::call(SYS_exit_group, status);
  __builtin_trap();
}
}

// An entry of our own: the C library's would tie the program to the version of that library it was built with, while
// nothing else here does. The dynamic loader has set up libraries, environment and stack guard by now.
#if defined(__x86_64__)
asm(".text\n.globl _start\n.type _start,@function\n_start:\n"
    "xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call husk_entry\n hlt\n");
#else
asm(".text\n.globl _start\n.type _start,@function\n_start:\n"
    "mov x29,#0\n mov x30,#0\n mov x0,sp\n and sp,x0,#-16\n b husk_entry\n");
#endif
