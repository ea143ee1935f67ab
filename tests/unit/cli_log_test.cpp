#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/log.h"

namespace husk::cli {
namespace {

constexpr time_t kWhen = 1795309323;  // 2026-11-22 01:02:03 UTC

TEST(CliLog, TextIsThatOfLogrus) {
  EXPECT_EQ(text_line(Level::error, "File x exists", kWhen),
            "time=\"2026-11-22T01:02:03Z\" level=error msg=\"File x exists\"\n");
  EXPECT_EQ(text_line(Level::warning, "plain/word-1.2_@^+", kWhen),
            "time=\"2026-11-22T01:02:03Z\" level=warning msg=plain/word-1.2_@^+\n");
}

std::string quoted(std::string_view text) {
  const std::string line = text_line(Level::info, text, 0);
  const size_t at = line.find("msg=") + 4;
  return line.substr(at, line.size() - at - 1);
}

TEST(CliLog, QuotesAsGoDoes) {
  EXPECT_EQ(quoted("a \"b\" \\ c"), R"("a \"b\" \\ c")");
  EXPECT_EQ(quoted("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
  EXPECT_EQ(quoted("\x01\x1b\x7f"), R"("\x01\x1b\x7f")");
  EXPECT_EQ(quoted("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8b"), "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8b\"");
  EXPECT_EQ(quoted("\xc3 \xff \xc0\x80 \xed\xa0\x80"), R"("\xc3 \xff \xc0\x80 \xed\xa0\x80")");
  EXPECT_EQ(quoted("\xc2\x85"), R"("\u0085")");
}

TEST(CliLog, JsonHasLevelMsgTime) {
  EXPECT_EQ(
      json_line(Level::error, "mount \"/a\\b\"\n\x01\xff", kWhen),
      "{\"level\":\"error\",\"msg\":\"mount \\\"/a\\\\b\\\"\\n\\u0001\\ufffd\",\"time\":\"2026-11-22T01:02:03Z\"}\n");
}

TEST(CliLog, TimesAreRight) {
  const auto time_of = [](time_t when) { return text_line(Level::info, "x", when).substr(6, 20); };
  for (time_t when = 0; when < 7000000000; when += 86400 * 13 + 4321) {
    struct tm parts = {};
    char wanted[32];
    gmtime_r(&when, &parts);
    strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%SZ", &parts);
    ASSERT_EQ(time_of(when), wanted);
  }
  EXPECT_EQ(time_of(951782400), "2000-02-29T00:00:00Z");
}

TEST(CliLog, AppendsWhatIsSevereEnough) {
  char name[] = "/tmp/husk-log-XXXXXX";
  const int file = mkostemp(name, O_CLOEXEC);
  ASSERT_EQ(write(file, "first\n", 6), 6);
  Log log;
  ASSERT_TRUE(log.open(name).ok());
  log.set_format(Format::json);
  log.set_level(Level::warning);
  log.write(Level::info, "not this");
  log.write(Level::warning, "this");
  char text[200] = {};
  ASSERT_GT(pread(file, text, sizeof text - 1, 0), 0);
  EXPECT_EQ(std::string(text).find("first\n{\"level\":\"warning\",\"msg\":\"this\",\"time\":\""), 0U);
  close(file);
  unlink(name);
}

TEST(CliLog, SaysWhyItCannotBeOpened) {
  Log log;
  const Status opened = log.open("/nonexistent/log");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().text(), "open /nonexistent/log: no such file or directory");
}

}  // namespace
}  // namespace husk::cli
