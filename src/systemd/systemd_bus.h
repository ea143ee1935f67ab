// systemd as seen by husk-systemd: a connection, calls on its manager object, the end of jobs.
//
// Nothing here waits for longer than our caller lives: every wait looks at the caller's socket, too, and ends the
// program when that is closed. How long an answer may take is the caller's affair, who kills us when it is over.
#pragma once

#include <systemd/sd-bus.h>

#include "base/str.h"

namespace husk::systemd {

// What went wrong, and where; a D-Bus error has its name.
struct Failure {
  int err = 0;
  Text<1024> what;
  Text<256> name;
  [[nodiscard]] bool is(Str error_name) const { return name.str().view() == error_name.view(); }
};

class Message {
 public:
  Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { reset(); }
  void reset() { message_ = sd_bus_message_unref(message_); }
  [[nodiscard]] sd_bus_message* get() const { return message_; }
  sd_bus_message** out() {
    reset();
    return &message_;
  }

 private:
  sd_bus_message* message_ = nullptr;
};

class SystemdBus {
 public:
  explicit SystemdBus(int caller) : caller_(caller) {}

  // Begins to connect, to the manager of the system or of the user.
  bool connect(bool user);
  // Goes on connecting until the caller has a request. False when the connection broke meanwhile; failure() says why.
  void wait_for_request();

  bool new_call(Message& call, const char* method);
  // Sends it and waits for the answer: failure() is that of the call, when false.
  bool ask(Message& call, Message& answer);
  // Asks for news of this unit's jobs. Before the call that makes one.
  bool watch(Str unit);
  // `answer` is a job: waits for its end and sets the result: "done", "failed", "timeout" ...
  bool wait_for_job(Message& answer, Text<64>& result);

  [[nodiscard]] const Failure& failure() const { return failure_; }
  bool fail(int err, Str what);

 private:
  bool open_private(Str directory, Str file);
  bool open_bus(bool user);
  // The next message, or nothing when the caller has a request and `or_request` is set.
  bool next(Message& message, bool or_request);

  int caller_;
  sd_bus* bus_ = nullptr;
  bool broker_ = false;  // between systemd and us: signals must be asked for
  Failure failure_;
};

}  // namespace husk::systemd
