#include <gtest/gtest.h>

#include <limits>

#include "json/writer.h"

namespace husk::json {
namespace {

std::string sample(Style style) {
  Writer w(style);
  w.begin_object().member("id", "a<b>&c").member("pid", 42);
  w.key("empty").begin_object().end_object();
  w.key("none").begin_array().end_array();
  w.key("list").begin_array().number(int64_t{-1}).boolean(true).null().begin_object().member("k", "v").end_object();
  w.end_array();
  w.key("names").strings(std::vector<std::string>{"x", "y"});
  return w.end_object().take();
}

TEST(JsonWriter, CompactHasNoSpaces) {
  EXPECT_EQ(sample(Style::compact),
            R"({"id":"a\u003cb\u003e\u0026c","pid":42,"empty":{},"none":[],"list":[-1,true,null,{"k":"v"}],)"
            R"("names":["x","y"]})");
}

TEST(JsonWriter, PrettyIsIndentedWithTabs) {
  EXPECT_EQ(sample(Style::pretty),
            "{\n\t\"id\": \"a\\u003cb\\u003e\\u0026c\",\n\t\"pid\": 42,\n\t\"empty\": {},\n\t\"none\": [],\n"
            "\t\"list\": [\n\t\t-1,\n\t\ttrue,\n\t\tnull,\n\t\t{\n\t\t\t\"k\": \"v\"\n\t\t}\n\t],\n"
            "\t\"names\": [\n\t\t\"x\",\n\t\t\"y\"\n\t]\n}");
}

TEST(JsonWriter, ScalarDocumentsAndRaw) {
  EXPECT_EQ(Writer().string("x").take(), "\"x\"");
  EXPECT_EQ(Writer().begin_array().raw("{\"a\":1}").raw("2").end_array().take(), "[{\"a\":1},2]");
  EXPECT_EQ(Writer().begin_array().end_array().take(), "[]");
}

TEST(JsonWriter, NumbersAtTheirLimits) {
  EXPECT_EQ(Writer().number(std::numeric_limits<int64_t>::min()).take(), "-9223372036854775808");
  EXPECT_EQ(Writer().number(std::numeric_limits<uint64_t>::max()).take(), "18446744073709551615");
  EXPECT_EQ(Writer().number(std::numeric_limits<uint32_t>::max()).take(), "4294967295");
}

struct Quote {
  std::string_view text;
  const char* json;
};

TEST(JsonWriter, StringsAsGoWritesThem) {
  using std::string_view_literals::operator""sv;
  for (const Quote& q : {
           Quote{"", "\"\""},
           Quote{"a/b'c", "\"a/b'c\""},
           Quote{"\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
           Quote{"\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\""},
           Quote{"\0"sv, "\"\\u0000\""},
           Quote{"<>&", "\"\\u003c\\u003e\\u0026\""},
           Quote{"\u00e9\u20ac\U0001F600", "\"\u00e9\u20ac\U0001F600\""},
           Quote{"\u2028\u2029\u202a", "\"\\u2028\\u2029\u202a\""},
           Quote{"a\xff\xc3z", "\"a\\ufffd\\ufffdz\""},
           Quote{"\xe2\x80", "\"\\ufffd\\ufffd\""},                        // cut short
           Quote{"\xc0\xaf", "\"\\ufffd\\ufffd\""},                        // overlong
           Quote{"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},             // a surrogate
           Quote{"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},  // above U+10FFFF
           Quote{"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
           Quote{"\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\""},
           Quote{"\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
       })
    EXPECT_EQ(quoted(q.text), q.json);
}

TEST(JsonWriter, KeysAreEscapedToo) {
  EXPECT_EQ(Writer().begin_object().member("a\"<", true).end_object().take(), "{\"a\\\"\\u003c\":true}");
}

}  // namespace
}  // namespace husk::json
