// Every kind of step through plan::encode() and husk::Reader, with a value of its own in every member.
#include <gtest/gtest.h>

#include <vector>

#include "base/reader.h"
#include "plan/plan.h"
#include "plan/writer.h"
#include "plan_text.h"

namespace husk {
namespace {

using test::fields_text;
using test::FieldText;

// An archive that gives every member a value that no other one has: small ones, negative ones, ones with all 64 bits.
class Filler {
 public:
  Filler(Arena& arena, uint64_t seed) : arena_(arena), next_(seed) {}

  template <class T>
  Filler& operator()(const char* /*name*/, T& value) {
    fill(value);
    return *this;
  }

 private:
  void fill(bool& value) { value = (next_++ & 1) != 0; }
  void fill(Str& value) {
    std::string text = cat("text ", next_++);
    text += '\0';  // a text may hold anything, a filter does
    value = arena_.copy(text + "end");
  }
  template <class T>
  requires(std::is_integral_v<T>) void fill(T& value) {
    const uint64_t n = next_++;
    if constexpr (std::is_signed_v<T>)
      value = -static_cast<T>(n);
    else
      value = static_cast<T>(n % 3 == 0 ? ~n : n);
  }
  template <class T>
  void fill(std::span<const T>& value) {
    const std::span<T> to = arena_.array<T>(next_++ % 4);
    for (T& one : to) fill(one);
    value = to;
  }
  template <class T>
  requires(requires(T& t, Filler& f) { T::fields(t, f); }) void fill(T& value) { T::fields(value, *this); }

  Arena& arena_;
  uint64_t next_;
};

template <class Step>
void round_trip(const char* name, uint64_t seed) {
  Arena arena;
  Filler filler(arena, seed);
  Step before;
  Step::fields(before, filler);
  plan::Writer writer;
  writer.write(before);
  const std::string bytes = writer.take();
  Reader reader(bytes.data(), bytes.size(), arena);
  Step after;
  reader.read(after);
  EXPECT_FALSE(reader.bad()) << name;
  EXPECT_TRUE(reader.done()) << name;
  EXPECT_EQ(fields_text(after, FieldText::Style::full), fields_text(before, FieldText::Style::full)) << name;
}

TEST(PlanCodec, EveryKindOfStep) {
  for (const uint64_t seed : {1U, 2U, 3U, 4U}) {
#define HUSK_ROUND_TRIP(name, type) round_trip<type>(#name, seed);
    HUSK_STEPS(HUSK_ROUND_TRIP)
#undef HUSK_ROUND_TRIP
    round_trip<plan::Header>("header", seed);
  }
}

// What comes back from init's loop over a plan: `op name {members}` for each step.
template <class Step>
std::string decode_one(const char* name, Reader& reader) {
  Step step;
  reader.read(step);
  return cat(name, " {", fields_text(step, FieldText::Style::full), "}");
}

std::string decode(plan::Op op, Reader& reader) {
  switch (op) {
#define HUSK_DECODE(name, type) \
  case plan::Op::name:          \
    return decode_one<type>(#name, reader);
    HUSK_STEPS(HUSK_DECODE)
#undef HUSK_DECODE
  }
  return "unknown";
}

TEST(PlanCodec, AWholePlanWithEveryKindOfStep) {
  plan::Plan p;
  Filler filler(p.arena, 100);
  std::vector<std::string> before;
  const auto add = [&](const char* name, auto step) {
    decltype(step)::fields(step, filler);
    before.push_back(cat(name, " {", fields_text(step, FieldText::Style::full), "}"));
    p.steps.emplace_back(step);
  };
#define HUSK_ADD(name, type) add(#name, type{});
  HUSK_STEPS(HUSK_ADD)
#undef HUSK_ADD
  p.header.openat2 = false;
  p.header.steps = p.steps.size();

  const std::string bytes = plan::encode(p);
  Arena arena;
  Reader reader(bytes.data(), bytes.size(), arena);
  plan::Header header;
  reader.read(header);
  EXPECT_EQ(fields_text(header, FieldText::Style::full), fields_text(p.header, FieldText::Style::full));
  ASSERT_EQ(header.steps, before.size());
  for (const std::string& one : before) {
    plan::Op op{};
    reader.read(op);
    EXPECT_EQ(decode(op, reader), one);
  }
  EXPECT_FALSE(reader.bad());
  EXPECT_TRUE(reader.done());
}

TEST(PlanCodec, EveryKindOfStepHasASentence) {
  plan::Plan p;
#define HUSK_ADD(name, type) p.steps.emplace_back(type{});
  HUSK_STEPS(HUSK_ADD)
#undef HUSK_ADD
  for (const plan::Step& s : p.steps) EXPECT_GT(plan::describe(s).size(), 5U) << test::kind_of(s);
  EXPECT_EQ(plan::describe({}), "nothing");
}

}  // namespace
}  // namespace husk
