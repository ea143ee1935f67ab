// Memory that is only taken: aligned, zeroed, never twice, given back at the end.
#include "base/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "host/files.h"

namespace husk {
namespace {

uintptr_t address(const void* p) {
  return reinterpret_cast<uintptr_t>(p);
}

TEST(Arena, PiecesAreAlignedZeroedAndApart) {
  Arena arena;
  std::vector<std::pair<uintptr_t, uintptr_t>> taken;
  for (size_t i = 0; i < 3000; ++i) {
    const size_t size = i * 7 % 301;
    const size_t align = size_t{1} << (i % 7);
    auto* p = static_cast<unsigned char*>(arena.take(size, align));
    ASSERT_EQ(address(p) % align, 0U);
    ASSERT_TRUE(std::all_of(p, p + size, [](unsigned char c) { return c == 0; }));
    std::memset(p, 0xee, size);
    if (size != 0) taken.emplace_back(address(p), address(p) + size);
  }
  std::sort(taken.begin(), taken.end());
  for (size_t i = 1; i < taken.size(); ++i) ASSERT_LE(taken[i - 1].second, taken[i].first);
}

TEST(Arena, PiecesAroundTheSizeOfAChunk) {
  for (size_t size = 32768 - 64; size <= 32768 + 64; ++size) {
    Arena arena;
    for (int i = 0; i < 3; ++i) std::memset(arena.take(size, 64), 1, size);
  }
  Arena arena;
  std::memset(arena.take(size_t{10} << 20, 8), 1, size_t{10} << 20);
}

TEST(Arena, CopiesEndInNul) {
  Arena arena;
  std::string text("a\0b", 3);
  const Str copy = arena.copy(text);
  text.assign("xxx");
  EXPECT_EQ(copy.view(), std::string_view("a\0b", 3));
  EXPECT_EQ(copy.c_str()[3], '\0');
  EXPECT_EQ(arena.copy({}).view(), "");
  EXPECT_EQ(arena.copy({}).c_str()[0], '\0');
}

TEST(Arena, ListsAndArrays) {
  Arena arena;
  const std::vector<int> numbers = {1, 2, 3};
  const std::span<const uint64_t> list = arena.list<uint64_t>(numbers);
  EXPECT_TRUE(std::equal(list.begin(), list.end(), numbers.begin(), numbers.end()));
  EXPECT_TRUE(arena.list<uint64_t>(std::vector<int>()).empty());
  for (const Str& one : arena.array<Str>(4)) EXPECT_EQ(one.view(), "");  // constructed, not only zeroed
}

TEST(Arena, WhatWasTakenStaysWhenItIsMoved) {
  Arena first;
  const Str text = first.copy("text");
  Arena second(std::move(first));
  EXPECT_EQ(text.view(), "text");
  const Str more = first.copy("the old one works on");  // NOLINT(bugprone-use-after-move)
  Arena third;
  (void)third.copy("is given back");
  third = std::move(second);
  EXPECT_EQ(text.view(), "text");
  EXPECT_EQ(more.view(), "the old one works on");
  Arena& same = third;
  third = std::move(same);
  EXPECT_EQ(text.view(), "text");
}

size_t mappings() {
  const Result<std::string> maps = host::read_file("/proc/self/maps", size_t{16} << 20);
  return static_cast<size_t>(std::count(maps->begin(), maps->end(), '\n'));
}

TEST(Arena, GivesEverythingBack) {
  const auto use = [] {
    Arena arena;
    for (int i = 0; i < 50; ++i) (void)arena.take(100000, 8);
    arena = Arena();
    (void)arena.take(100000, 8);
  };
  use();
  const size_t before = mappings();
  for (int i = 0; i < 100; ++i) use();
  EXPECT_LE(mappings(), before + 5);  // the reading itself may map some
}

}  // namespace
}  // namespace husk
