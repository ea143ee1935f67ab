#include <gtest/gtest.h>

#include <chrono>

#include "json/document.h"
#include "json/in.h"

namespace husk::json {
namespace {

std::string error_of(std::string_view text, const Limits& limits = {}) {
  const Result<Document> doc = Document::parse(text, limits);
  return doc ? "" : doc.error().what;
}

struct Syntax {
  const char* name;
  std::string_view text;
  const char* error;
};

// Without it, ctest's name of the test would be the bytes of the struct, addresses included.
void PrintTo(const Syntax& syntax, std::ostream* out) {
  *out << syntax.name;
}

class JsonSyntax : public testing::TestWithParam<Syntax> {};

TEST_P(JsonSyntax, IsReportedWithLineAndColumn) {
  EXPECT_EQ(error_of(GetParam().text), GetParam().error);
}

using std::string_view_literals::operator""sv;

INSTANTIATE_TEST_SUITE_P(
    All, JsonSyntax,
    testing::Values(Syntax{"Empty", "", "line 1, column 1: nothing but white space"},
                    Syntax{"Blank", " \n ", "line 2, column 2: nothing but white space"},
                    Syntax{"Bracket", "{]", "line 1, column 2: expected a key in double quotes"},
                    Syntax{"Colon", "{\n  \"a\" 1}", "line 2, column 7: expected ':' after the key"},
                    Syntax{"CommaInObject", "{\"a\":1 \"b\":2}", "line 1, column 8: expected ',' or '}'"},
                    Syntax{"CommaInArray", "[1 2]", "line 1, column 4: expected ',' or ']'"},
                    Syntax{"TrailingComma", "[1,]", "line 1, column 4: expected a value"},
                    Syntax{"TrailingCommaInObject", "{\"a\":1,}", "line 1, column 8: expected a key in double quotes"},
                    Syntax{"TwoDocuments", "{} {}", "line 1, column 4: something follows the end of the document"},
                    Syntax{"Comment", "{} // no", "line 1, column 4: something follows the end of the document"},
                    Syntax{"Word", "[nul]", "line 1, column 5: expected a value"},
                    Syntax{"NaN", "[NaN]", "line 1, column 2: expected a value"},
                    Syntax{"LeadingZero", "[01]", "line 1, column 3: expected ',' or ']'"},
                    Syntax{"Plus", "[+1]", "line 1, column 2: expected a value"},
                    Syntax{"Fraction", "[1.]", "line 1, column 4: a malformed number"},
                    Syntax{"Exponent", "[1e]", "line 1, column 4: a malformed number"},
                    Syntax{"Unclosed", "[\"ab", "line 1, column 5: a string without an end"},
                    Syntax{"Escape", "[\"\\q\"]",
                           "line 1, column 3: an unknown escape or a control character in a string"},
                    Syntax{"Hex", "[\"\\u12g4\"]", "line 1, column 3: \\u must be followed by four hexadecimal digits"},
                    Syntax{"Surrogate", "[\"\\ud800\"]", "line 1, column 3: a lone UTF-16 surrogate"},
                    Syntax{"Utf8", "[\"\xc3\x28\"]", "line 1, column 3: a string that is not UTF-8"},
                    Syntax{"Overlong", "[\"\xc0\xaf\"]", "line 1, column 3: a string that is not UTF-8"},
                    Syntax{"Bom", "\xef\xbb\xbf{}", "line 1, column 1: expected a value"},
                    Syntax{"Nul", "{}\n\0{}"sv, "line 2, column 1: a NUL byte"},
                    Syntax{"NulInString", "[\"a\0b\"]"sv, "line 1, column 4: a NUL byte"}),
    [](const auto& test) { return test.param.name; });

TEST(JsonDocument, KeepsTheOrderAndUnescapes) {
  const Result<Document> doc = Document::parse(R"({"b": [1, "x\ny\u00e9\ud83d\ude00"], "a": null, "": false})");
  ASSERT_TRUE(doc);
  std::string keys;
  for (const Value v : doc->root().children()) keys += cat("[", v.key(), "]");
  EXPECT_EQ(keys, "[b][a][]");
  const std::optional<Value> b = doc->root().member("b");
  ASSERT_TRUE(b);
  std::vector<std::string> elements;
  for (const Value v : b->children()) elements.emplace_back(v.text());
  EXPECT_EQ(elements, (std::vector<std::string>{"1", "x\ny\u00e9\U0001F600"}));
  EXPECT_EQ(doc->root().member("a")->kind(), Kind::null);
  EXPECT_FALSE(doc->root().member("")->truth());
  EXPECT_FALSE(doc->root().member("c"));
}

TEST(JsonDocument, SurvivesBeingMoved) {
  Result<Document> parsed = Document::parse(R"(["short", {"k": "v"}])");
  ASSERT_TRUE(parsed);
  const Document doc = *std::move(parsed);
  EXPECT_EQ((*doc.root().children().begin()).text(), "short");
}

TEST(JsonDocument, NumbersStayAsWritten) {
  const Result<Document> doc = Document::parse("[18446744073709551616, -0, 1.50, 1e300]");
  ASSERT_TRUE(doc) << doc.error().what;
  std::string all;
  for (const Value v : doc->root().children()) all += cat(v.text(), " ");
  EXPECT_EQ(all, "18446744073709551616 -0 1.50 1e300 ");
}

TEST(JsonDocument, PointersNameEveryNode) {
  const Result<Document> doc = Document::parse(R"({"a": [{"x": 1}, [], {"y": [2, 3]}], "m~n/o": {"": 4}})");
  ASSERT_TRUE(doc);
  EXPECT_EQ(doc->root().pointer(), "");
  const Value a = *doc->root().member("a");
  std::string all;
  for (const Value v : a.children()) all += v.pointer() + " ";
  EXPECT_EQ(all, "/a/0 /a/1 /a/2 ");
  Value::Iterator third = a.children().begin();
  ++third;
  ++third;
  const Value y = *(*third).member("y");
  Value::Iterator second = y.children().begin();
  ++second;
  EXPECT_EQ((*second).pointer(), "/a/2/y/1");
  EXPECT_EQ(doc->root().member("m~n/o")->member("")->pointer(), "/m~0n~1o/");
}

TEST(JsonDocument, RefusesDuplicateKeysAnywhere) {
  EXPECT_EQ(error_of(R"({"a":1,"b":2,"a":3})"), "the document: duplicate key \"a\"");
  EXPECT_EQ(error_of(R"({"m":[0,{"t":1,"u":[],"t":2}]})"), "/m/1: duplicate key \"t\"");
  EXPECT_EQ(error_of(R"({"a":1,"\u0061":3})"), "the document: duplicate key \"a\"");
  EXPECT_EQ(error_of(R"({"a":{"k":1},"b":{"k":1},"A":1})"), "");
}

TEST(JsonDocument, DuplicatesInAHugeObjectAreFoundQuickly) {
  std::string text = "{";
  for (int i = 0; i < 200000; ++i) text += cat("\"key", i, "\":0,");
  text += "\"key777\":0}";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of(text), "the document: duplicate key \"key777\"");
  // Comparing each key with each takes minutes; sorting, well under a second even with sanitizers.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(JsonDocument, DepthIsLimited) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(error_of(nested(64)), "");
  EXPECT_EQ(error_of(nested(65)), "line 1, column 65: more than 64 levels of objects and arrays");
  // A recursive parser would have run out of stack.
  EXPECT_EQ(error_of(std::string(8'000'000, '[')), "line 1, column 65: more than 64 levels of objects and arrays");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_NE(error_of(objects).find("more than 64 levels"), std::string::npos);
}

TEST(JsonDocument, SizeAndCountAreLimited) {
  EXPECT_EQ(error_of("[1,2,3]", {.bytes = 6}), "the document has 7 bytes, more than 6");
  EXPECT_EQ(error_of("[1,2,3]", {.values = 4}), "");
  EXPECT_NE(error_of("[1,2,3]", {.values = 3}).find("more than 3 values"), std::string::npos);
  EXPECT_NE(error_of(std::string((size_t{16} << 20) + 1, ' ')).find("more than 16777216"), std::string::npos);
}

TEST(JsonShown, IsFitForATerminal) {
  EXPECT_EQ(shown("plain"), "\"plain\"");
  EXPECT_EQ(shown("q\"\\\x1b[0m\x7f"), "\"q\\\"\\\\\\x1b[0m\\x7f\"");
  EXPECT_EQ(shown(std::string(81, 'x')), "\"" + std::string(80, 'x') + "...\"");
  EXPECT_EQ(shown(std::string(79, 'x') + "\u00e9"), "\"" + std::string(79, 'x') + "...\"");
}

// ---------------------------------------------------------------- In

template <class T>
std::string read_error(std::string_view text) {
  const Result<T> value = parse_as<T>(text);
  return value ? "" : value.error().what;
}

TEST(JsonIn, IntegersAtTheirLimits) {
  EXPECT_EQ(*parse_as<std::vector<uint64_t>>("[18446744073709551615, 0]"), (std::vector<uint64_t>{UINT64_MAX, 0}));
  EXPECT_EQ(*parse_as<std::vector<int64_t>>("[-9223372036854775808]"), (std::vector<int64_t>{INT64_MIN}));
  EXPECT_EQ(*parse_as<std::vector<uint16_t>>("[65535]"), (std::vector<uint16_t>{65535}));
  EXPECT_EQ(read_error<std::vector<uint32_t>>("[4294967296]"), "/0: 4294967296 is out of range (0..4294967295)");
  EXPECT_EQ(read_error<std::vector<uint32_t>>("[0,-1]"), "/1: -1 is out of range (0..4294967295)");
  EXPECT_EQ(read_error<std::vector<int32_t>>("[2147483648]"),
            "/0: 2147483648 is out of range (-2147483648..2147483647)");
  EXPECT_EQ(read_error<std::vector<uint64_t>>("[18446744073709551616]"),
            "/0: 18446744073709551616 is out of range (0..18446744073709551615)");
  EXPECT_EQ(read_error<std::vector<int64_t>>("[9223372036854775808]"),
            "/0: 9223372036854775808 is out of range (-9223372036854775808..9223372036854775807)");
  EXPECT_EQ(read_error<std::vector<int64_t>>("[1e3]"), "/0: expected an integer, found 1e3");
  EXPECT_EQ(read_error<std::vector<int64_t>>("[1.0]"), "/0: expected an integer, found 1.0");
  EXPECT_EQ(read_error<std::vector<int64_t>>("[\"1\"]"), "/0: expected an integer, found a string");
}

TEST(JsonIn, KindsAreNotMixed) {
  EXPECT_EQ(read_error<std::vector<std::string>>("[1]"), "/0: expected a string, found a number");
  EXPECT_EQ(read_error<std::vector<std::string>>("[null]"), "/0: expected a string, found null");
  EXPECT_EQ(read_error<std::vector<std::string>>("{}"), "the document: expected an array, found an object");
  using Map = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(read_error<Map>("[]"), "the document: expected an object, found an array");
  EXPECT_EQ(read_error<Map>(R"({"a":true})"), "/a: expected a string, found a boolean");
  EXPECT_EQ(read_error<Map>(R"({"a\u0000b":""})"), "/a?b: key contains a NUL byte");
  EXPECT_EQ(read_error<std::vector<std::string>>(R"(["a\u0000b"])"), "/0: string contains a NUL byte");
}

TEST(JsonIn, TheFirstErrorIsKept) {
  EXPECT_EQ(read_error<std::vector<std::string>>("[\"a\", 1, true]"), "/1: expected a string, found a number");
}

}  // namespace
}  // namespace husk::json
