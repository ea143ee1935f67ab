// Files of tests/data for the tests of spec/.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace husk::test {

inline std::string read_file(const std::string& path) {
  std::string out;
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  EXPECT_NE(file, nullptr) << path;
  if (file == nullptr) return out;
  char part[4096];
  for (size_t n = 0; (n = std::fread(part, 1, sizeof part, file)) > 0;) out.append(part, n);
  std::fclose(file);
  return out;
}

inline std::string data_file(const std::string& name) {
  return read_file(HUSK_TEST_DATA "/" + name);
}

}  // namespace husk::test
