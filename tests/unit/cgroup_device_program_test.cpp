// Device programs against two models: the kernel's v1 check of a folded list, and "the last rule wins" for the rules
// themselves.
#include <gtest/gtest.h>

#include <random>

#include "ebpf.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/device_program.h"

namespace husk::cgroup {
namespace {

using Number = std::optional<int64_t>;

struct Question {
  char type;
  uint32_t major, minor;
  uint8_t access;
};

// How the v1 controller answers: an exception to "denied" must cover the whole access, one to "allowed" any part of it.
bool v1_allows(const DeviceList& list, const Question& q) {
  for (const DeviceException& e : list.exceptions) {
    if (e.type != q.type || (e.major && *e.major != q.major) || (e.minor && *e.minor != q.minor)) continue;
    if (list.allow_all ? (q.access & e.access) != 0 : (q.access & ~e.access) == 0) return !list.allow_all;
  }
  return list.allow_all;
}

// What the specification says of one access bit: the last rule that names it and the device decides.
bool last_rule_allows(const std::vector<spec::DeviceRule>& rules, const Question& q) {
  const auto names = [](const Number& n, uint32_t value) { return !n || *n < 0 || *n == value; };
  const char bit = q.access == kRead ? 'r' : q.access == kWrite ? 'w' : 'm';
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    const bool any_type = rule->type.empty() || rule->type == "a";
    if (!any_type && rule->type[0] != q.type) continue;
    if (!names(rule->major, q.major) || !names(rule->minor, q.minor)) continue;
    if (rule->access.empty() || rule->access.find(bit) != std::string::npos) return rule->allow;
  }
  return false;
}

// The runtime's own devices, as rules that follow the container's.
std::vector<spec::DeviceRule> with_defaults(std::vector<spec::DeviceRule> rules) {
  for (const char* type : {"b", "c"}) rules.push_back({true, type, {}, {}, "m"});
  for (const int64_t minor : {3, 8, 7, 5, 9}) rules.push_back({true, "c", 1, minor, "rwm"});
  for (const int64_t minor : {0, 2}) rules.push_back({true, "c", 5, minor, "rwm"});
  rules.push_back({true, "c", 136, {}, "rwm"});
  rules.push_back({true, "c", 10, 200, "rwm"});
  return rules;
}

uint32_t kernel_bits(uint8_t access) {
  return ((access & kRead) != 0 ? 2U : 0U) | ((access & kWrite) != 0 ? 4U : 0U) | ((access & kMknod) != 0 ? 1U : 0U);
}

test::Ebpf compiled(const DeviceList& list) {
  auto program = device_program(list);
  EXPECT_TRUE(program.ok()) << program.error().text();
  test::Ebpf out(program.ok() ? *std::move(program) : std::vector<bpf_insn>());
  EXPECT_TRUE(out.well_formed());
  return out;
}

std::optional<uint64_t> ask(const test::Ebpf& program, const Question& q) {
  return program.run({kernel_bits(q.access) << 16 | (q.type == 'b' ? 1U : 2U), q.major, q.minor});
}

// Numbers that the tests' rules use, and neighbours.
constexpr uint32_t kMajors[] = {0, 1, 4, 5, 7, 8, 10, 136, 4095};
constexpr uint32_t kMinors[] = {0, 1, 2, 3, 5, 8, 200, 229, 1048575};

template <class F>
void each_question(F&& f) {
  for (const char type : {'b', 'c'})
    for (const uint32_t major : kMajors)
      for (const uint32_t minor : kMinors)
        for (uint8_t access = 0; access <= kAllAccess; ++access) f(Question{type, major, minor, access});
}

std::string text(const DeviceList& list) {
  std::string out = list.allow_all ? "all but" : "only";
  for (const DeviceException& e : list.exceptions) out += cat(", ", to_string(e));
  return out;
}

// The number of questions that the program answers otherwise than v1 does.
int differences(const DeviceList& list) {
  const test::Ebpf program = compiled(list);
  int wrong = 0;
  each_question([&](const Question& q) { wrong += ask(program, q) == uint64_t{v1_allows(list, q)} ? 0 : 1; });
  EXPECT_EQ(wrong, 0) << text(list);
  return wrong;
}

size_t length(const DeviceList& list) {
  return compiled(list).program().size();
}

TEST(CgroupDeviceProgram, AllOrNothingIsTwoInstructions) {
  for (const bool all : {false, true}) {
    EXPECT_EQ(length({all, {}}), 2U);
    EXPECT_EQ(differences({all, {}}), 0);
  }
}

TEST(CgroupDeviceProgram, DefaultList) {
  const auto list = fold_devices({});
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(differences(*list), 0);
  EXPECT_LE(length(*list), 30U);
  const test::Ebpf program = compiled(*list);
  EXPECT_EQ(ask(program, {'c', 1, 3, kRead | kWrite}), 1U);
  EXPECT_EQ(ask(program, {'c', 1, 1, kRead}), 0U);
  EXPECT_EQ(ask(program, {'c', 1, 1, kMknod}), 1U);
  EXPECT_EQ(ask(program, {'c', 136, 77, kRead | kWrite}), 1U);
  EXPECT_EQ(ask(program, {'b', 8, 0, kRead}), 0U);
  EXPECT_EQ(ask(program, {'b', 8, 0, 0}), 1U);  // access(2) with F_OK
}

TEST(CgroupDeviceProgram, Shapes) {
  const DeviceList lists[] = {
      {false, {{'c', {}, {}, kAllAccess}}},
      {true, {{'c', {}, {}, kAllAccess}}},
      {false, {{'c', {}, {}, kAllAccess}, {'c', 1, 3, kRead}, {'b', 8, {}, kAllAccess}}},
      {false, {{'c', 1, {}, kAllAccess}, {'c', 1, 3, kRead}, {'c', 5, 1, kWrite}}},
      {false, {{'c', {}, 3, kAllAccess}, {'c', 1, {}, kRead}, {'c', 1, 5, kWrite}}},
      {false, {{'c', 1, 3, kRead}, {'c', 1, {}, kWrite}, {'c', {}, {}, kMknod}}},
      {true, {{'c', {}, 3, kRead}, {'c', 1, {}, kWrite}, {'c', 1, 5, kMknod | kRead}}},
      {false, {{'b', 8, 0, kRead}, {'b', 8, 1, kRead}, {'b', 8, 2, kWrite}, {'b', 7, {}, kAllAccess}}},
      {false, {{'c', 1, 3, kRead}, {'c', 1, 3, kRead}}},  // the same twice
  };
  for (const DeviceList& list : lists) EXPECT_EQ(differences(list), 0);
  EXPECT_EQ(length({false, {{'c', 1, 3, 0}}}), 2U);  // says nothing
}

// Numbers no device has: they must not be cut down to those of another.
TEST(CgroupDeviceProgram, NumbersOutOfRange) {
  for (const int64_t high : {int64_t{1} << 32, int64_t{1} << 31, int64_t{1} << 20}) {
    for (const bool all : {false, true}) {
      const DeviceList list = {all, {{'c', high + 1, 3, kAllAccess}, {'c', 1, high + 3, kAllAccess}}};
      EXPECT_EQ(differences(list), 0);
      EXPECT_EQ(length(list), 2U);
    }
  }
}

class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}

  size_t roll(size_t n) { return random_() % n; }
  uint8_t access() { return static_cast<uint8_t>(1 + roll(kAllAccess)); }
  Number number(const uint32_t* from, size_t n) { return roll(3) == 0 ? Number() : Number(from[roll(n)]); }

  DeviceException exception() {
    return {roll(2) == 0 ? 'b' : 'c', number(kMajors, std::size(kMajors)), number(kMinors, std::size(kMinors)),
            roll(2) == 0 ? uint8_t{kAllAccess} : access()};
  }

  spec::DeviceRule rule() {
    const DeviceException e = exception();
    spec::DeviceRule out{roll(2) == 0, std::string(1, e.type), e.major, e.minor, ""};
    if (const size_t kind = roll(8); kind == 0) {
      out.type = roll(2) == 0 ? "a" : "";
      if (roll(2) == 0) out.major = out.minor = -1;
    }
    if (roll(4) == 0) return out;  // no access: all
    for (const auto& [bit, letter] : {std::pair{kRead, 'r'}, {kWrite, 'w'}, {kMknod, 'm'}})
      if ((e.access & bit) != 0) out.access += letter;
    return out;
  }

 private:
  std::mt19937 random_;
};

TEST(CgroupDeviceProgram, RandomLists) {
  Dice dice(20240601);
  for (int round = 0; round < 2000 && !HasFailure(); ++round) {
    DeviceList list{dice.roll(2) == 0, {}};
    for (size_t n = dice.roll(12); n > 0; --n) list.exceptions.push_back(dice.exception());
    EXPECT_EQ(differences(list), 0);
  }
}

TEST(CgroupDeviceProgram, RandomRules) {
  Dice dice(6);
  int tried = 0;
  int allow_all = 0;
  for (int round = 0; round < 6000 && !HasFailure(); ++round) {
    std::vector<spec::DeviceRule> rules;
    for (size_t n = dice.roll(7); n > 0; --n) rules.push_back(dice.rule());
    const auto list = fold_devices(rules);
    if (!list.ok()) continue;  // has holes
    ++tried;
    allow_all += list->allow_all ? 1 : 0;
    const test::Ebpf program = compiled(*list);
    const std::vector<spec::DeviceRule> all = with_defaults(rules);
    int wrong = 0;
    each_question([&](const Question& q) {
      if (q.access != kRead && q.access != kWrite && q.access != kMknod) return;
      wrong += ask(program, q) == uint64_t{last_rule_allows(all, q)} ? 0 : 1;
    });
    EXPECT_EQ(wrong, 0) << text(*list);
  }
  EXPECT_GT(tried, 1000);
  EXPECT_GT(allow_all, 30);
}

TEST(CgroupDeviceProgram, LongLists) {
  DeviceList list;
  for (int64_t i = 0; i < 4096; ++i) list.exceptions.push_back({'c', i, i, kRead | kWrite});
  const test::Ebpf program = compiled(list);
  EXPECT_EQ(ask(program, {'c', 4095, 4095, kRead}), 1U);
  EXPECT_EQ(ask(program, {'c', 4095, 4095, kMknod}), 0U);
  EXPECT_EQ(ask(program, {'b', 4095, 4095, kRead}), 0U);
  list.exceptions.push_back({'b', 1, 1, kRead});
  const auto more = device_program(list);
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().text(), "/linux/resources/devices: 4097 rules are too many for one program (at most 4096)");
}

TEST(CgroupDeviceProgram, InThePlanOfV2) {
  const auto nobody_asked = plan_resources(Mode::v2, nullptr);
  ASSERT_TRUE(nobody_asked.ok() && nobody_asked->devices);
  EXPECT_TRUE(nobody_asked->devices->optional);
  EXPECT_FALSE(nobody_asked->devices->list.allow_all);
  spec::Resources r;
  r.devices = {{false, "a", {}, {}, "rwm"}, {true, "c", 10, 229, "rw"}};
  const auto asked = plan_resources(Mode::v2, &r);
  ASSERT_TRUE(asked.ok() && asked->devices);
  EXPECT_FALSE(asked->devices->optional);
  EXPECT_EQ(to_string(asked->devices->list.exceptions.at(0)), "c 10:229 rw");
  EXPECT_FALSE(plan_resources(Mode::v2, &r, false)->devices);
  EXPECT_FALSE(plan_resources(Mode::v1, &r)->devices);
  EXPECT_FALSE(plan_resources(Mode::hybrid, &r)->devices);
}

}  // namespace
}  // namespace husk::cgroup
