// Messages: to stderr or to the file of --log, one write(2) each, in the two formats of runc (those of logrus).
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

class Log {
 public:
  // Appends to `path`; empty: stderr.
  Status open(const std::string& path);
  void set_format(Format format) { format_ = format; }
  void set_level(Level level) { level_ = level; }

  void write(Level level, std::string_view message) const;
  // What the command ends with: logged, and said on stderr too when the log is elsewhere.
  void final_error(std::string_view message) const;

 private:
  int fd_ = 2;
  Format format_ = Format::text;
  Level level_ = Level::info;
};

// All of it, whatever it takes. False when it cannot be written.
bool write_all(int fd, std::string_view text);

}  // namespace husk::cli
