#include <gtest/gtest.h>

#include <csignal>

#include "cli/signals.h"

namespace husk::cli {
namespace {

TEST(CliSignals, NamesAndNumbers) {
  EXPECT_EQ(signal_number("KILL"), SIGKILL);
  EXPECT_EQ(signal_number("SIGKILL"), SIGKILL);
  EXPECT_EQ(signal_number("sigterm"), SIGTERM);
  EXPECT_EQ(signal_number("Hup"), SIGHUP);
  EXPECT_EQ(signal_number("0"), 0);
  EXPECT_EQ(signal_number("9"), 9);
  EXPECT_EQ(signal_number("09"), 9);
  EXPECT_EQ(signal_number("64"), 64);
  EXPECT_EQ(signal_number("CLD"), SIGCHLD);
  EXPECT_EQ(signal_number("POLL"), SIGPOLL);
}

// The C library knows all of them but the aliases.
TEST(CliSignals, AsTheCLibraryHasThem) {
  for (int number = 1; number < 32; ++number) {
    const char* name = sigabbrev_np(number);
    ASSERT_NE(name, nullptr) << number;
    EXPECT_EQ(signal_number(name), number) << name;
  }
}

TEST(CliSignals, RealTime) {
  EXPECT_EQ(signal_number("RTMIN"), SIGRTMIN);
  EXPECT_EQ(signal_number("SIGRTMAX"), SIGRTMAX);
  EXPECT_EQ(signal_number("rtmin+3"), SIGRTMIN + 3);
  EXPECT_EQ(signal_number("RTMIN+30"), SIGRTMAX);
  EXPECT_EQ(signal_number("RTMAX-30"), SIGRTMIN);
}

TEST(CliSignals, None) {
  for (const char* text : {"",        "SIG",      "foo",    "SIGSIGKILL", "65",    "-1",       "+9",
                           "0x9",     " 9",       "9 ",     "009",        "999",   "RTMIN+31", "RTMIN-1",
                           "RTMAX+1", "RTMAX-31", "RTMIN+", "RTMIN3",     "KILLS", "KIL",      "99999999999999999999"})
    EXPECT_EQ(signal_number(text), std::nullopt) << text;
}

}  // namespace
}  // namespace husk::cli
