#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/log.h"

namespace husk::cli {
namespace {

TEST(CliLogTargets, JournalFields) {
  EXPECT_EQ(journal_message(Level::error, "husk", "no such file"),
            "PRIORITY=3\nSYSLOG_IDENTIFIER=husk\nMESSAGE=no such file\n");
  EXPECT_EQ(journal_message(Level::warning, "x", "").substr(0, 11), "PRIORITY=4\n");
  EXPECT_EQ(journal_message(Level::info, "x", "").substr(0, 11), "PRIORITY=6\n");
  EXPECT_EQ(journal_message(Level::debug, "x", "").substr(0, 11), "PRIORITY=7\n");
}

TEST(CliLogTargets, JournalValueWithLineEndsHasItsLength) {
  using namespace std::string_literals;
  EXPECT_EQ(journal_message(Level::error, "x", "a\nFORGED=1"),
            "PRIORITY=3\nSYSLOG_IDENTIFIER=x\nMESSAGE\n\x0a\0\0\0\0\0\0\0a\nFORGED=1\n"s);
  EXPECT_NE(journal_message(Level::error, "x", std::string(0x1234, '\n')).find("MESSAGE\n\x34\x12\0\0"s),
            std::string::npos);
}

TEST(CliLogTargets, SyslogIsRfc3164) {
  EXPECT_EQ(syslog_message(Level::error, "husk", "two\nlines"),
            "<11>husk[" + std::to_string(getpid()) + "]: two lines");
  EXPECT_EQ(syslog_message(Level::debug, "husk", "x").substr(0, 4), "<15>");
}

}  // namespace
}  // namespace husk::cli
