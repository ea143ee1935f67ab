// Whole configurations: our own in tests/data/spec, and the specification's (see tests/vectors.sh) in $HUSK_VECTORS.
#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "spec/parse.h"
#include "spec/validate.h"
#include "spec_test_files.h"

namespace husk::spec {
namespace {

// The names of the .json files in a folder, sorted.
std::vector<std::string> json_files(const std::string& folder) {
  std::vector<std::string> out;
  DIR* dir = opendir(folder.c_str());
  EXPECT_NE(dir, nullptr) << folder;
  if (dir == nullptr) return out;
  while (const dirent* entry = readdir(dir))
    if (const std::string name = entry->d_name; name.ends_with(".json")) out.push_back(name);
  closedir(dir);
  std::sort(out.begin(), out.end());
  return out;
}

// What is wrong with a config.json: the parser's error or the first problem.
std::string refusal(const std::string& text, NeedProcess need) {
  const Result<Spec> spec = parse(text);
  if (!spec) return spec.error().what;
  const Status status = validate(*spec, need);
  return status ? "" : status.error().what;
}

TEST(SpecVectors, OurGoodOnes) {
  const std::string folder = HUSK_TEST_DATA "/spec/good/";
  const std::vector<std::string> files = json_files(folder);
  EXPECT_GE(files.size(), 4U);
  for (const std::string& name : files)
    EXPECT_EQ(refusal(test::read_file(folder + name), NeedProcess::yes), "") << name;
}

// Each NAME.json has a NAME.error with the sentence that refuses it.
TEST(SpecVectors, OurBadOnes) {
  const std::string folder = HUSK_TEST_DATA "/spec/bad/";
  const std::vector<std::string> files = json_files(folder);
  EXPECT_GE(files.size(), 15U);
  for (const std::string& name : files) {
    const std::string expected = test::read_file(folder + name.substr(0, name.size() - 4) + "error");
    EXPECT_EQ(refusal(test::read_file(folder + name), NeedProcess::yes) + "\n", expected) << name;
  }
}

struct Exception {
  std::string_view file, refusal, reason;
};

// Good to the schema, but not to us.
constexpr auto kStricter = std::to_array<Exception>({
    {"spec-example.json", "/ociVersion: version 0.5.0-dev", "a version before 1.0; else it is a Linux configuration"},
    {"zos-example.json", "/ociVersion: version 0.5.0-dev", "a version before 1.0, and for z/OS"},
    {"freebsd-example.json", "/hostname: needs a uts namespace", "FreeBSD jails have no uts namespaces"},
    {"linux-netdevice.json", "/linux/netDevices: network devices need a network namespace", "none to move it to"},
});

// Bad to the schema only for what it says about another platform, which we do not read.
constexpr std::string_view kOtherPlatform = "freebsd-";

std::string vectors_folder() {
  const char* folder = std::getenv("HUSK_VECTORS");
  return folder == nullptr ? "" : cat(folder, "/config");
}

constexpr char kSkipped[] =
    "\n*** The specification's own vectors were NOT run: HUSK_VECTORS is not set.\n"
    "*** HUSK_VECTORS=$(tests/vectors.sh) fetches them.";

TEST(SpecVectors, GoodOnesOfTheSpecification) {
  if (vectors_folder().empty()) GTEST_SKIP() << kSkipped;
  const std::string folder = vectors_folder() + "/good/";
  const std::vector<std::string> files = json_files(folder);
  EXPECT_GE(files.size(), 4U);
  for (const std::string& name : files) {
    const std::string text = test::read_file(folder + name);
    const Result<Spec> spec = parse(text);
    EXPECT_TRUE(spec) << name << ": " << spec.error().what;  // all of them, with no exception
    const auto* stricter =
        std::find_if(kStricter.begin(), kStricter.end(), [&](const Exception& e) { return e.file == name; });
    const std::string why = refusal(text, NeedProcess::no);
    if (stricter == kStricter.end()) {
      EXPECT_EQ(why, "") << name;
    } else {
      EXPECT_TRUE(why.starts_with(stricter->refusal)) << name << ": " << why;
    }
  }
}

TEST(SpecVectors, BadOnesOfTheSpecification) {
  if (vectors_folder().empty()) GTEST_SKIP() << kSkipped;
  const std::string folder = vectors_folder() + "/bad/";
  const std::vector<std::string> files = json_files(folder);
  EXPECT_GE(files.size(), 3U);
  for (const std::string& name : files) {
    if (name.starts_with(kOtherPlatform)) continue;
    EXPECT_NE(refusal(test::read_file(folder + name), NeedProcess::no), "") << name;
  }
}

}  // namespace
}  // namespace husk::spec
