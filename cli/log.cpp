#include "cli/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace husk::cli {

namespace {

constexpr std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      break;
  }
  return "error";
}

void add_number(std::string& out, unsigned n, unsigned digits) {
  char text[10];
  for (unsigned i = digits; i-- > 0; n /= 10) text[i] = static_cast<char>('0' + n % 10);
  out.append(text, digits);
}

// RFC 3339 in UTC. By hand: even gmtime(3) reads /etc/localtime. Years are counted from March, so that the leap day is
// the last of its year and the months follow one formula.
void add_time(std::string& out, time_t when) {
  const auto seconds = static_cast<uint64_t>(when < 0 ? 0 : when);
  const auto of_day = static_cast<unsigned>(seconds % 86400);
  const uint64_t days = seconds / 86400 + 719468;  // since 0000-03-01
  const uint64_t era = days / 146097;              // 400 years each
  const auto of_era = static_cast<unsigned>(days % 146097);
  const unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
  const unsigned month = (5 * of_year + 2) / 153;  // 0: March
  const unsigned day = of_year - (153 * month + 2) / 5 + 1;
  add_number(out, static_cast<unsigned>(era * 400) + year + (month >= 10 ? 1 : 0), 4);
  out += '-';
  add_number(out, month < 10 ? month + 3 : month - 9, 2);
  out += '-';
  add_number(out, day, 2);
  out += 'T';
  add_number(out, of_day / 3600, 2);
  out += ':';
  add_number(out, of_day / 60 % 60, 2);
  out += ':';
  add_number(out, of_day % 60, 2);
  out += 'Z';
}

void add_hex(std::string& out, std::string_view prefix, unsigned value, int digits) {
  out += prefix;
  while (digits-- > 0) out += "0123456789abcdef"[(value >> (4 * digits)) & 15];
}

// How many bytes the UTF-8 character at the front of `s` has; 0 when it is none (bad lead, short, overlong, surrogate).
size_t utf8_size(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned lead = byte(0);
  const size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size == 0 || s.size() < size) return 0;
  for (size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool wrong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
                     (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f);
  return wrong ? 0 : size;
}

char short_escape(char c) {
  switch (c) {
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '"':
    case '\\':
      return c;
    default:
      return '\0';
  }
}

// In quotes as JSON, or as Go writes a string: the two differ in control characters and in bytes that are no UTF-8.
void add_quoted(std::string& out, std::string_view text, Format format) {
  const bool json = format == Format::json;
  out += '"';
  while (!text.empty()) {
    const char c = text[0];
    const auto byte = static_cast<unsigned char>(c);
    size_t size = 1;
    if (const char letter = short_escape(c); letter != '\0') {
      out += '\\';
      out += letter;
    } else if (!json && (c == '\a' || c == '\v')) {
      out += c == '\a' ? "\\a" : "\\v";
    } else if (byte < 0x20 || byte == 0x7f) {
      add_hex(out, json ? "\\u00" : "\\x", byte, 2);
    } else if (byte < 0x80) {
      out += c;
    } else if (size = utf8_size(text); size == 0) {
      size = 1;
      json ? void(out += "\\ufffd") : add_hex(out, "\\x", byte, 2);
    } else if (!json && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
      add_hex(out, "\\u00", static_cast<unsigned char>(text[1]), 2);  // the control characters from 0x80 on
    } else {
      out.append(text, 0, size);
    }
    text.remove_prefix(size);
  }
  out += '"';
}

// As syslog(3) numbers them.
unsigned priority(Level level) {
  switch (level) {
    case Level::debug:
      return 7;
    case Level::info:
      return 6;
    case Level::warning:
      return 4;
    case Level::error:
      break;
  }
  return 3;
}

constexpr char kJournal[] = "/run/systemd/journal/socket";
constexpr char kSyslog[] = "/dev/log";

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._/@^+").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return true;
}

}  // namespace

std::string text_line(Level level, std::string_view message, time_t when) {
  std::string line = "time=\"";
  add_time(line, when);
  line += "\" level=";
  line += level_name(level);
  line += " msg=";
  if (is_plain(message))
    line += message;
  else
    add_quoted(line, message, Format::text);
  line += '\n';
  return line;
}

std::string json_line(Level level, std::string_view message, time_t when) {
  std::string line = "{\"level\":\"";
  line += level_name(level);
  line += "\",\"msg\":";
  add_quoted(line, message, Format::json);
  line += ",\"time\":\"";
  add_time(line, when);
  line += "\"}\n";
  return line;
}

// A field whose value has line ends comes with its length: 64 bits, little-endian.
std::string journal_message(Level level, std::string_view identifier, std::string_view message) {
  std::string out = cat("PRIORITY=", priority(level), "\nSYSLOG_IDENTIFIER=", identifier, "\nMESSAGE");
  if (message.find('\n') == std::string_view::npos) return out.append("=").append(message).append("\n");
  out += '\n';
  for (unsigned shift = 0; shift < 64; shift += 8)
    out += static_cast<char>(static_cast<uint64_t>(message.size()) >> shift & 255);
  return out.append(message).append("\n");
}

// RFC 3164 without its time stamp: "<14>husk[123]: text". The daemon sets the time itself then, in the zone it knows;
// for us to know it would take a reader of time zone files larger than all of this.
std::string syslog_message(Level level, std::string_view identifier, std::string_view message) {
  constexpr unsigned kUser = 1;  // the facility of programs like ours
  std::string out = cat('<', kUser * 8 + priority(level), '>', identifier, '[', getpid(), "]: ");
  for (const char c : message) out += c == '\n' ? ' ' : c;
  return out;
}

Status Log::open(const std::string& target) {
  if (target.empty()) return Ok{};
  std::string_view rest = target;
  if (take_word(rest, "journald:")) {
    open_daemon(Kind::journal, kJournal, rest);
    return Ok{};
  }
  if (take_word(rest, "syslog:")) {
    open_daemon(Kind::syslog, kSyslog, rest);
    return Ok{};
  }
  (void)take_word(rest, "file:");
  const std::string path(rest);
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return fail(errno, "open ", path);
  // Out of the way of descriptors that are to be passed on, and may by mistake not be there.
  constexpr int kAbove = 64;
  const int high = fcntl(fd, F_DUPFD_CLOEXEC, kAbove);
  if (high >= 0) (void)close(fd);
  fd_ = high >= 0 ? high : fd;
  return Ok{};
}

void Log::open_daemon(Kind kind, const char* path, std::string_view identifier) {
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, strlen(path) + 1);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<const struct sockaddr*>(&address), sizeof address) < 0) {
    write(Level::warning, fail(errno, "--log: connect to ", path).text());
    if (fd >= 0) (void)close(fd);
    return;
  }
  fd_ = fd;
  kind_ = kind;
  identifier_ = identifier.empty() ? std::string_view("husk") : identifier;
}

void Log::write(Level level, std::string_view message) const {
  if (level < level_) return;
  const time_t now = time(nullptr);
  if (kind_ == Kind::journal) {
    (void)write_all(fd_, journal_message(level, identifier_, message));
    return;
  }
  if (kind_ == Kind::syslog) {
    (void)write_all(fd_, syslog_message(level, identifier_, message));
    return;
  }
  (void)write_all(fd_, format_ == Format::json ? json_line(level, message, now) : text_line(level, message, now));
}

void Log::final_error(const Error& error) const {
  const std::string message = error.text();
  const bool on_stderr = fd_ == 2;
  if (!on_stderr || !error.plain || format_ == Format::json) write(Level::error, message);
  if (!on_stderr || (error.plain && format_ == Format::text)) (void)write_all(2, cat(message, '\n'));
  // For people: clients look for the last line of an engine's log, or for the only one.
  const bool for_people = on_stderr && format_ == Format::text;
  if (!error.more.empty()) write(for_people ? Level::info : Level::debug, error.more);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace husk::cli
