#include <gtest/gtest.h>

#include "cli/quantity.h"

namespace husk::cli {
namespace {

TEST(CliQuantity, Durations) {
  const std::pair<const char*, int64_t> good[] = {{"0", 0},
                                                  {"100ms", 100'000'000},
                                                  {"5s", 5'000'000'000},
                                                  {"1m30s", 90'000'000'000},
                                                  {"1h", 3600'000'000'000},
                                                  {"1.5s", 1'500'000'000},
                                                  {".5s", 500'000'000},
                                                  {"5.s", 5'000'000'000},
                                                  {"7ns", 7},
                                                  {"7us", 7000},
                                                  {"7\u00b5s", 7000},
                                                  {"7\u03bcs", 7000},
                                                  {"-1s", -1'000'000'000},
                                                  {"+2ns", 2},
                                                  {"1h0m0.5s", 3600'500'000'000}};
  for (const auto& [text, nanoseconds] : good) EXPECT_EQ(parse_duration(text), nanoseconds) << text;
  for (const char* bad :
       {"", "-", "5", "s", ".s", "5x", "1.2.3s", "5s ", " 5s", "1e3s", "5S", "--5s", "5s-1s", "9999999999h"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(CliQuantity, Sizes) {
  const std::pair<const char*, int64_t> good[] = {
      {"0", 0},           {"1048576", 1048576}, {"-1", -1},         {"50M", 52428800},     {"50m", 52428800},
      {"50MB", 52428800}, {"50MiB", 52428800},  {"50 M", 52428800}, {"50b", 50},           {"1.5G", 1610612736},
      {".5M", 524288},    {"5.M", 5242880},     {"1.9", 1},         {"5T", 5497558138880}, {"1P", 1125899906842624}};
  for (const auto& [text, bytes] : good) {
    const auto n = parse_size(text);
    ASSERT_TRUE(n.ok()) << text;
    EXPECT_EQ(*n, bytes) << text;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"", "invalid size: ''"},         {"x", "invalid size: 'x'"},        {"-5", "invalid size: '-5'"},
      {" 5", "invalid size: ' 5'"},     {"0x10", "invalid suffix: 'x10'"}, {"50Mi", "invalid suffix: 'mi'"},
      {"50iB", "invalid suffix: 'ib'"}, {"50  M", "invalid suffix: ' m'"}, {"9999999P", "invalid size: '9999999P'"}};
  for (const auto& [text, why] : bad) {
    const auto n = parse_size(text);
    ASSERT_FALSE(n.ok()) << text;
    EXPECT_EQ(n.error().text(), why);
  }
}

TEST(CliQuantity, Numbers) {
  EXPECT_EQ(parse_signed("-1"), -1);
  EXPECT_EQ(parse_signed("+5"), 5);
  EXPECT_EQ(parse_signed("010"), 10);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "+", "--1", "+-1", "1.5", "0x1", " 1", "1 ", "9223372036854775808"})
    EXPECT_EQ(parse_signed(bad), std::nullopt) << bad;
  for (const char* bad : {"", "-1", "+1", "1k", "18446744073709551616"})
    EXPECT_EQ(parse_unsigned(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace husk::cli
