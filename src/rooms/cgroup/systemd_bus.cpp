// The conversation with husk-systemd, and what is made of its answers.
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "host/clock.h"
#include "rooms/cgroup/systemd.h"
#include "rooms/cgroup/systemd_program.h"
#include "rooms/cgroup/systemd_protocol.h"

namespace husk::cgroup {
namespace {

constexpr long kDefaultTimeout = 30;
constexpr long kLongestTimeout = 24L * 3600;

long timeout_seconds() {
  const char* text = getenv("HUSK_SYSTEMD_TIMEOUT");
  if (text == nullptr) return kDefaultTimeout;
  char* end = nullptr;
  const long n = strtol(text, &end, 10);
  return *text == '\0' || *end != '\0' || n <= 0 || n > kLongestTimeout ? kDefaultTimeout : n;
}

void add_text(std::string& to, std::string_view text) {
  to.append(text).push_back('\0');
}

std::string request(systemd::Request kind, const std::string& unit) {
  std::string out(1, kind);
  add_text(out, unit);
  return out;
}

void add_property(std::string& to, const Property& p) {
  add_text(to, p.name);
  add_text(to, p.optional ? systemd::kOptional : systemd::kNeeded);
  add_text(to, p.type);
  add_text(to, std::to_string(p.type == "a(ss)" ? p.values.size() / 2 : p.values.size()));
  for (const std::string& value : p.values) add_text(to, value);
}

// What the scope of a container is, whatever it may use.
void add_own_properties(std::string& to, const Unit& unit, const std::string& description, pid_t pid) {
  const Property own[] = {
      {"Description", "s", {description}},    {"Slice", "s", {unit.slice}},
      {"PIDs", "au", {std::to_string(pid)}},  {"Delegate", "b", {"1"}},  // what is below is ours
      {"DefaultDependencies", "b", {"0"}},  // a shutdown is for who asked for the container to carry out
      {"MemoryAccounting", "b", {"1"}, true}, {"CPUAccounting", "b", {"1"}, true},
      {"IOAccounting", "b", {"1"}, true},     {"TasksAccounting", "b", {"1"}, true},
  };
  for (const Property& p : own) add_property(to, p);
}

Error silent(std::string_view task, long seconds) {
  return Error{cat(task, ": systemd does not answer (waited for ", seconds, " s)"), ETIMEDOUT,
               "is systemd busy or stuck? HUSK_SYSTEMD_TIMEOUT=SECONDS sets how long to wait", 1, true};
}

// The dynamic loader's words about a library, or the end without any.
Error not_up(std::string_view task, std::string_view loader) {
  while (!loader.empty() && (loader.back() == '\n' || loader.back() == '\0')) loader.remove_suffix(1);
  if (loader.empty()) return Error{cat(task, ": husk-systemd, which speaks with systemd, has died")};
  if (const size_t colon = loader.find(": "); colon != std::string_view::npos) loader.remove_prefix(colon + 2);
  return Error{cat(task, ": the systemd cgroup manager needs libsystemd.so.0: ", loader), 0,
               "apt install libsystemd0, or do without --systemd-cgroup"};
}

Error answered(std::string_view task, std::string_view name, std::string_view text) {
  if (name == "org.freedesktop.systemd1.UnitExists")
    return Error{cat(task, ": container's cgroup is not empty: ", text), EEXIST,
                 "another container has this name, or one was not deleted", 1, true};
  if (name == "org.freedesktop.systemd1.NoSuchUnit") return Error{cat(task, ": ", text), ENOENT, {}, 1, true};
  if (name == "org.freedesktop.DBus.Error.ServiceUnknown" || name == "org.freedesktop.DBus.Error.NameHasNoOwner")
    return Error{cat(task, ": no systemd is on the message bus: ", text)};
  return Error{text.empty() ? cat(task, ": ", name) : cat(task, ": ", text, " (", name, ")")};
}

Error failed(std::string_view task, int err, std::string_view what, bool user) {
  if (err == ECONNRESET || err == ENOTCONN)
    return Error{cat(task, ": systemd closed the connection"), err, {}, 1, true};
  const bool away = err == ENOENT || err == ECONNREFUSED || err == ENXIO || err == ENOMEDIUM;
  if (!away) return Error{cat(task, ": ", what), err};
  const char* hint = user ? "is there a systemd of this user? XDG_RUNTIME_DIR must lead to it, and a login session or "
                            "loginctl enable-linger starts it"
                          : "is systemd running on this machine? Without it, do without --systemd-cgroup";
  return Error{cat(task, ": no systemd to ask: ", what), err, hint, 1, err == ENXIO || err == ENOMEDIUM};
}

Status read_reply(std::string_view task, std::string_view reply, bool user) {
  if (reply.empty()) return not_up(task, {});
  systemd::Texts in(reply.data() + 1, reply.size() - 1);
  switch (reply.front()) {
    case systemd::kDone:
      if (in.done()) return {};
      break;
    case systemd::kJob: {
      const Str result = in.next();
      if (in.bad()) break;
      return Error{cat(task, ": systemd's job ended with \"", result.view(), "\""), 0, "its journal may say why"};
    }
    case systemd::kError: {
      const Str name = in.next();
      const Str text = in.next();
      if (in.bad()) break;
      return answered(task, name, text);
    }
    case systemd::kFailed: {
      const auto err = static_cast<int>(in.number());
      const Str what = in.next();
      if (in.bad()) break;
      return failed(task, err, what, user);
    }
    default:
      break;
  }
  return not_up(task, reply);
}

}  // namespace

Result<Bus> Bus::open(bool user) {
  Bus out;
  HUSK_LET(systemd::Program program, systemd::start_program(user));
  out.program_ = std::make_unique<systemd::Program>(std::move(program));
  out.user_ = user;
  return out;
}

Bus::Bus() = default;
Bus::Bus(Bus&& other) noexcept = default;
Bus& Bus::operator=(Bus&& other) noexcept {
  if (this != &other) {
    close();
    program_ = std::move(other.program_);
    user_ = other.user_;
    made_ = other.made_;
    job_ended_ = other.job_ended_;
  }
  return *this;
}
Bus::~Bus() {
  close();
}

void Bus::close() {
  if (program_) systemd::end_program(*program_);
  program_.reset();
}

// One request, one reply. After an answer that came too late, or none, there is nobody to talk to any more.
Status Bus::call(const std::string& task, const std::string& message) {
  job_ended_ = false;
  if (!program_) return Error{cat(task, ": no connection with systemd")};
  if (message.size() > systemd::kMaxRequest) return fail(E2BIG, task, ": the unit's properties");
  const long seconds = timeout_seconds();
  const long deadline = host::monotonic_ms() + seconds * 1000;
  const int socket = program_->socket.get();
  // One that died early leaves its last words: they are read below.
  const ssize_t sent = send(socket, message.data(), message.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EPIPE && errno != ECONNRESET) return fail(errno, task, ": send to husk-systemd");
  char reply[systemd::kMaxReply];
  for (bool reset = false;;) {
    const long left = deadline - host::monotonic_ms();
    struct pollfd ready = {socket, POLLIN, 0};
    const int n = left <= 0 ? 0 : poll(&ready, 1, static_cast<int>(left));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno, task, ": poll");
    if (n == 0) {
      close();
      return silent(task, seconds);
    }
    const ssize_t size = recv(socket, reply, sizeof reply, 0);
    if (size < 0 && errno == EINTR) continue;
    // It died without having read our message: that is said first, and then what it had to say.
    if (size < 0 && errno == ECONNRESET && !reset) {
      reset = true;
      continue;
    }
    job_ended_ = size > 0 && (reply[0] == systemd::kDone || reply[0] == systemd::kJob);
    return read_reply(task, std::string_view(reply, size < 0 ? 0 : static_cast<size_t>(size)), user_);
  }
}

Status Bus::start_scope(const Unit& unit, const std::string& description, pid_t pid) {
  std::string message = request(systemd::kStart, unit.name);
  add_own_properties(message, unit, description, pid);
  for (const Property& p : unit.properties) add_property(message, p);
  Status status = call(cat("unable to start unit \"", unit.name, "\""), message);
  made_ = job_ended_;
  return status;
}

Status Bus::set_properties(const std::string& unit, const std::vector<Property>& properties) {
  if (properties.empty()) return {};
  std::string message = request(systemd::kSet, unit);
  for (const Property& p : properties) add_property(message, p);
  return call(cat("unable to set properties of unit \"", unit, "\""), message);
}

Status Bus::stop(const std::string& unit) {
  return call(cat("unable to stop unit \"", unit, "\""), request(systemd::kStop, unit));
}

Status Bus::attach(const std::string& unit, const std::string& below, pid_t pid) {
  std::string message = request(systemd::kAttach, unit);
  add_text(message, below);
  add_text(message, std::to_string(pid));
  return call(cat("unable to move process ", pid, " into unit \"", unit, "\""), message);
}

}  // namespace husk::cgroup
