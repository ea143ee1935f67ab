#include <gtest/gtest.h>

#include "cli/table.h"

namespace husk::cli {
namespace {

TEST(CliTable, Empty) {
  EXPECT_EQ(Table().text(), "");
}

TEST(CliTable, NarrowColumnsAreTwelveWide) {
  Table table;
  table.add({"ID", "PID", "OWNER"});
  table.add({"a", "", "root"});
  EXPECT_EQ(table.text(), "ID          PID         OWNER\na                       root\n");
}

TEST(CliTable, WideOnesHaveThreeBlanks) {
  Table table;
  table.add({"ID", "X"});
  table.add({"123456789", "X"});
  EXPECT_EQ(table.text(), "ID          X\n123456789   X\n");
  table.add({"1234567890", "X"});
  EXPECT_EQ(table.text(), "ID           X\n123456789    X\n1234567890   X\n");
}

TEST(CliTable, CountsCharactersAndHidesControls) {
  Table table;
  table.add({"\u00e4\u00f6\u65e5", "x"});
  table.add({"a\nb\tc\x7f", "y"});
  EXPECT_EQ(table.text(), "\u00e4\u00f6\u65e5         x\na?b?c?      y\n");
}

}  // namespace
}  // namespace husk::cli
