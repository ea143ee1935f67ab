// What the Reader makes of plans that no Writer wrote. Under AddressSanitizer every buffer here ends where the heap
// block ends, so that one byte too many is noticed.
#include "base/reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "plan/writer.h"
#include "plan_build_kit.h"

namespace husk {
namespace {

// A copy that is not one byte longer than it says.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : size_(bytes.size()), data_(new char[bytes.size()]) {
    if (size_ != 0) std::memcpy(data_.get(), bytes.data(), size_);
  }
  [[nodiscard]] Reader reader(Arena& arena) const { return {data_.get(), size_, arena}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> data_;
};

std::string number(uint64_t n) {
  return {reinterpret_cast<const char*>(&n), sizeof n};
}

template <class T>
bool bad(const std::string& bytes) {
  Arena arena;
  const Exact exact(bytes);
  Reader reader = exact.reader(arena);
  T value{};
  reader.read(value);
  return reader.bad();
}

TEST(PlanReader, NumbersAreEightBytes) {
  for (size_t n = 0; n < 8; ++n) EXPECT_TRUE(bad<uint64_t>(std::string(n, 'x'))) << n;
  EXPECT_FALSE(bad<uint64_t>(std::string(8, 'x')));
  EXPECT_TRUE(bad<bool>("1"));
}

TEST(PlanReader, NothingIsStoredFromWhatIsCutOff) {
  Arena arena;
  const Exact exact("1234567");
  Reader reader = exact.reader(arena);
  uint64_t value = 42;
  reader.read(value);
  EXPECT_TRUE(reader.bad());
  EXPECT_EQ(value, 42U);
}

TEST(PlanReader, BadStaysBad) {
  Arena arena;
  const Exact exact(number(1000) + number(7));  // a text that is too long, then a number
  Reader reader = exact.reader(arena);
  Str text = "before";
  reader.read(text);
  EXPECT_TRUE(reader.bad());
  EXPECT_EQ(text.view(), "before");
  uint64_t value = 42;
  reader.read(value);
  EXPECT_EQ(value, 42U);
  EXPECT_TRUE(reader.bad());
}

TEST(PlanReader, TextsEndInNul) {
  EXPECT_FALSE(bad<Str>(number(3) + std::string("abc\0", 4)));
  EXPECT_TRUE(bad<Str>(number(3) + "abcd"));
  EXPECT_TRUE(bad<Str>(number(3) + "abc"));  // the NUL is cut off
  EXPECT_TRUE(bad<Str>(number(0)));
  EXPECT_FALSE(bad<Str>(number(0) + std::string(1, '\0')));
}

TEST(PlanReader, HugeLengthsOfTexts) {
  for (const uint64_t n : {uint64_t{5}, uint64_t{1} << 31, uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0},
                           ~uint64_t{0} - 7, ~uint64_t{0} - 8})
    EXPECT_TRUE(bad<Str>(number(n) + std::string("abc\0", 4))) << n;
}

TEST(PlanReader, HugeCountsOfLists) {
  for (const uint64_t n : {uint64_t{2}, uint64_t{17}, uint64_t{1} << 32, uint64_t{1} << 60, uint64_t{1} << 61,
                           uint64_t{1} << 63, ~uint64_t{0}}) {
    EXPECT_TRUE(bad<std::span<const uint64_t>>(number(n) + number(0))) << n;
    EXPECT_TRUE(bad<std::span<const uint32_t>>(number(n) + number(0))) << n;
    EXPECT_TRUE(bad<std::span<const Str>>(number(n) + number(0))) << n;
    EXPECT_TRUE(bad<std::span<const namespaces::Join>>(number(n) + number(0))) << n;
  }
}

// ---------------------------------------------------------------- whole plans

template <class Step>
void decode_one(Reader& reader) {
  Step step;
  reader.read(step);
}

bool decode_step(Reader& reader) {
  plan::Op op{};
  reader.read(op);
  if (reader.bad()) return false;
  switch (op) {
#define HUSK_DECODE(name, type) \
  case plan::Op::name:          \
    decode_one<type>(reader);   \
    return !reader.bad();
    HUSK_STEPS(HUSK_DECODE)
#undef HUSK_DECODE
  }
  return false;
}

// As init does it. False where init would say that the plan is damaged.
bool decode(std::string_view bytes) {
  Arena arena;
  const Exact exact(bytes);
  Reader reader = exact.reader(arena);
  plan::Header header;
  reader.read(header);
  if (reader.bad()) return false;
  for (uint64_t i = 0; i < header.steps; ++i)
    if (!decode_step(reader)) return false;
  return true;
}

std::string some_plan() {
  test::Case c;
  c.spec.lx.namespaces.push_back({spec::NsType::user, ""});
  c.spec.lx.uid_mappings = c.spec.lx.gid_mappings = {{0, 100000, 65536}};
  c.spec.hooks.create_container = {{"/hook", {"a", "b"}, {"C=d"}, 3}};
  c.spec.process->user.additional_gids = {1, 2, 3};
  const Result<plan::Plan> p = plan::build(c.input());
  EXPECT_TRUE(p.ok()) << p.error().text();
  return plan::encode(*p);
}

TEST(PlanReader, APlanIsReadAndCutOffAnywhereIsNot) {
  const std::string bytes = some_plan();
  ASSERT_TRUE(decode(bytes));
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode(bytes.substr(0, n))) << n << " of " << bytes.size();
}

// Whatever it is taken for, nothing outside may be read.
TEST(PlanReader, APlanWithAnyWordReplaced) {
  const std::string bytes = some_plan();
  for (size_t at = 0; at + 8 <= bytes.size(); ++at) {
    for (const uint64_t n : {~uint64_t{0}, uint64_t{1} << 40, uint64_t{bytes.size()}, uint64_t{bytes.size() - at - 8},
                             uint64_t{bytes.size() - at - 9}}) {
      std::string damaged = bytes;
      damaged.replace(at, 8, number(n));
      (void)decode(damaged);
    }
  }
}

}  // namespace
}  // namespace husk
