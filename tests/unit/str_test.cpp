// Text without allocation.
#include "base/str.h"

#include <gtest/gtest.h>

#include <climits>
#include <string>

namespace husk {
namespace {

TEST(Str, Views) {
  const Str empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_STREQ(empty.c_str(), "");
  const Str text = "text";
  EXPECT_EQ(text.size(), 4U);
  EXPECT_EQ(text[3], 't');
  EXPECT_EQ(text.view(), "text");
  EXPECT_EQ(Str("a\0b", 3).size(), 3U);
}

TEST(Text, IsPutTogether) {
  Text<32> text;
  text.add("a").add('b').add(std::string_view()).number(0).add("/").number(-17).number(42);
  EXPECT_EQ(text.str().view(), "ab0/-1742");
  EXPECT_EQ(text.size(), 9U);
  EXPECT_STREQ(text.c_str(), "ab0/-1742");
  EXPECT_FALSE(text.full());
}

TEST(Text, NumbersAtTheirLimits) {
  for (const long n : {LONG_MIN, LONG_MIN + 1, -1L, 0L, 1L, LONG_MAX}) {
    Text<32> text;
    text.number(n);
    EXPECT_EQ(text.str().view(), std::to_string(n));
  }
}

TEST(Text, WhatDoesNotFitIsDropped) {
  Text<5> text;
  text.add("1234");
  EXPECT_FALSE(text.full());
  EXPECT_STREQ(text.c_str(), "1234");
  text.add("");
  EXPECT_FALSE(text.full());
  text.add('5');
  EXPECT_TRUE(text.full());
  EXPECT_STREQ(text.c_str(), "1234");
  Text<5> number;
  number.number(LONG_MIN);
  EXPECT_TRUE(number.full());
  EXPECT_STREQ(number.c_str(), "-922");
  Text<1> none;
  none.add("x");
  EXPECT_TRUE(none.full());
  EXPECT_STREQ(none.c_str(), "");
}

TEST(Text, Truncate) {
  Text<16> text;
  text.add("0123456789");
  text.truncate(20);
  EXPECT_EQ(text.size(), 10U);
  text.truncate(3);
  EXPECT_STREQ(text.c_str(), "012");
  text.add("x");
  EXPECT_EQ(text.str().view(), "012x");
  text.truncate(0);
  EXPECT_TRUE(text.str().empty());
}

}  // namespace
}  // namespace husk
