#include "cli/table.h"

#include <husk/text.h>

#include <algorithm>
#include <string_view>

namespace husk::cli {

namespace {

constexpr size_t kLeast = 12;
constexpr size_t kPadding = 3;

// In characters of UTF-8: bytes that do not continue one.
size_t width_of(std::string_view cell) {
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  return static_cast<size_t>(std::count_if(cell.begin(), cell.end(), starts));
}

}  // namespace

void Table::add(Row row) {
  for (std::string& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<size_t> widths;
  for (const Row& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()), kLeast);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]) + kPadding);
  }
  std::string out;
  for (const Row& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      // The last column has nothing to its right.
      if (i + 1 < row.size()) out.append(widths[i] - width_of(row[i]), ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace husk::cli
