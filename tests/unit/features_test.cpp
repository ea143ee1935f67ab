#include <gtest/gtest.h>

#include <set>

#include "husk/husk.h"
#include "json/document.h"
#include "rooms/rootfs/options.h"
#include "spec/names.h"

namespace husk {
namespace {

TEST(Features, IsJsonWithTheTables) {
  const std::string text = features();
  auto document = json::Document::parse(text);
  ASSERT_TRUE(document.ok()) << document.error().text();
  const auto features_linux = *document->root().member("linux");
  const auto names = [](json::Value list) {
    std::set<std::string, std::less<>> out;
    for (const json::Value v : list.children()) out.emplace(v.text());
    return out;
  };
  EXPECT_EQ(names(*features_linux.member("capabilities")).size(), spec::kCapabilities.size());
  EXPECT_EQ(names(*features_linux.member("namespaces")).size(), spec::kNamespaces.size());
  const auto actions = names(*features_linux.member("seccomp")->member("actions"));
  EXPECT_TRUE(actions.contains("SCMP_ACT_ERRNO"));
  EXPECT_EQ(actions.size(), spec::kSeccompActions.size());
  EXPECT_TRUE(names(*features_linux.member("seccomp")->member("archs")).contains("SCMP_ARCH_X86_64"));
}

TEST(Features, EveryMountOptionIsKnown) {
  for (const std::string_view word : rootfs::known_options()) {
    const rootfs::Options options = rootfs::parse_options({std::string(word)});
    // Some are data all the same: words that are flags of fsconfig(2).
    const bool flag = word == "sync" || word == "dirsync" || word == "lazytime";
    EXPECT_TRUE(options.data.empty() || flag) << word;
  }
}

TEST(Features, StateJson) {
  Container container;
  container.id = "x";
  container.bundle = "/a&b";
  container.phase = Phase::running;
  container.pid = 7;
  EXPECT_EQ(
      state_json(container, "me", false),
      R"({"ociVersion":"1.3.0","id":"x","pid":7,"status":"running","bundle":"/a\u0026b","rootfs":"","created":"","owner":"me"})");
}

}  // namespace
}  // namespace husk
