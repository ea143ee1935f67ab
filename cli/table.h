// Tables as Go's text/tabwriter aligns them with (12, 1, 3, ' ', 0), which is how runc does it: a column is as wide as
// its widest cell and three blanks, and at least twelve characters.
#pragma once

#include <string>
#include <vector>

namespace husk::cli {

class Table {
 public:
  using Row = std::vector<std::string>;

  // All rows have the same number of cells.
  void add(Row row);
  // A line for each row, whose cells are as printable() makes them.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Row> rows_;
};

}  // namespace husk::cli
