#include <gtest/gtest.h>

#include "host/subid.h"

namespace husk::host {
namespace {

std::string shown(const std::vector<IdRange>& ranges) {
  std::string out;
  for (const IdRange& r : ranges) out += std::to_string(r.first) + "+" + std::to_string(r.count) + " ";
  return out;
}

constexpr std::string_view kFile =
    "alice:100000:65536\nbob:200000:65536\n1000:300000:10\nalice:400000:5\n\nalicia:1:1\n1:500000:7";

TEST(Subid, LinesByNameAndByNumber) {
  EXPECT_EQ(shown(id_ranges(kFile, "alice", 1000)), "100000+65536 300000+10 400000+5 ");
  EXPECT_EQ(shown(id_ranges(kFile, "bob", 1)), "200000+65536 500000+7 ");
}

TEST(Subid, LinesOfEverybody) {
  EXPECT_EQ(shown(all_id_ranges(kFile)), "100000+65536 200000+65536 300000+10 400000+5 1+1 500000+7 ");
  EXPECT_EQ(shown(all_id_ranges(":1:1\nalice\n# comment\nbob:x:1")), "");
}

TEST(Subid, NobodyElsesLines) {
  EXPECT_EQ(shown(id_ranges(kFile, "ali", 100)), "");
  EXPECT_EQ(shown(id_ranges("", "alice", 1000)), "");
}

TEST(Subid, NoNameIsNobodysName) {
  EXPECT_EQ(shown(id_ranges(":100:10\n", "", 1000)), "");
}

TEST(Subid, DamagedLinesCountForNobody) {
  for (const char* line :
       {"alice", "alice:", "alice:1", "alice:1:", "alice:x:1", "alice:1:y", "alice:1:2:3", "alice:1:0", "alice:-1:2",
        "alice:4294967295:1", "alice:1:4294967296", "# alice:1:2", " alice:1:2"})
    EXPECT_EQ(shown(id_ranges(line, "alice", 1000)), "") << line;
}

TEST(Subid, NameOfAUser) {
  const std::string_view passwd = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:100";
  EXPECT_EQ(user_name(passwd, 0), "root");
  EXPECT_EQ(user_name(passwd, 1000), "alice");
  EXPECT_EQ(user_name(passwd, 100), "bob");
  EXPECT_EQ(user_name(passwd, 10), "");
}

}  // namespace
}  // namespace husk::host
