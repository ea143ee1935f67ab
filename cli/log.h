// Messages: to stderr or to the file of --log, one write(2) each, in the two formats of runc (those of logrus); or, as
// with crun, to the journal or to syslog, a datagram each.
#pragma once

#include <husk/husk.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace husk::cli {

enum class Format : uint8_t { text, json };

// time="2026-11-22T01:02:03Z" level=error msg="..."
std::string text_line(Level level, std::string_view message, time_t when);
// {"level":"error","msg":"...","time":"2026-11-22T01:02:03Z"}
std::string json_line(Level level, std::string_view message, time_t when);

// What journald and syslog(3)'s daemon want to get.
std::string journal_message(Level level, std::string_view identifier, std::string_view message);
std::string syslog_message(Level level, std::string_view identifier, std::string_view message);

class Log {
 public:
  // "journald:IDENTIFIER", "syslog:IDENTIFIER", "file:PATH", or a path, to which is appended; empty: stderr. Without a
  // daemon that listens, messages go to stderr, with a warning that says why.
  Status open(const std::string& target);
  void set_format(Format format) { format_ = format; }
  void set_level(Level level) { level_ = level; }

  [[nodiscard]] bool wants(Level level) const { return level >= level_; }
  void write(Level level, std::string_view message) const;
  // What the command ends with: logged, and said on stderr too when the log is elsewhere.
  void final_error(const Error& error) const;

 private:
  enum class Kind : uint8_t { stream, journal, syslog };
  void open_daemon(Kind kind, const char* path, std::string_view identifier);

  int fd_ = 2;
  Kind kind_ = Kind::stream;
  std::string identifier_;
  Format format_ = Format::text;
  Level level_ = Level::info;
};

// All of it, whatever it takes. False when it cannot be written.
bool write_all(int fd, std::string_view text);

}  // namespace husk::cli
