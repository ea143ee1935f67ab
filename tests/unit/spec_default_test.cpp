#include <gtest/gtest.h>

#include "base/result.h"
#include "spec/default_spec.h"
#include "spec/parse.h"

namespace husk::spec {
namespace {

// FNV-1a: enough to notice any change of a text that must not change.
uint64_t hash(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

// Byte for byte what runc 1.3.6 writes, apart from the version. The hashes are of its output with 1.3.0 put in.
TEST(SpecDefault, IsWhatRuncWrites) {
  EXPECT_EQ(hash(default_config(false)), 0x6a7320f969199a92U) << default_config(false);
  EXPECT_EQ(hash(default_config(true)), 0x3a5311b85202d2eaU) << default_config(true);
}

TEST(SpecDefault, Rootless) {
  const Result<Spec> spec = parse(default_config(true, 1000, 4294967294));
  ASSERT_TRUE(spec) << spec.error().what;
  EXPECT_EQ(spec->oci_version, kOciVersion);
  EXPECT_NE(spec->lx.find(NsType::user), nullptr);
  EXPECT_EQ(spec->lx.find(NsType::network), nullptr);
  EXPECT_EQ(spec->lx.uid_mappings.at(0).host_id, 1000U);
  EXPECT_EQ(spec->lx.gid_mappings.at(0).host_id, 4294967294U);
  EXPECT_EQ(spec->lx.gid_mappings.at(0).container_id, 0U);
  EXPECT_EQ(spec->lx.gid_mappings.at(0).size, 1U);
  EXPECT_FALSE(spec->lx.resources);
}

TEST(SpecDefault, CgroupNamespaceOnTheUnifiedHierarchy) {
  EXPECT_EQ(parse(default_config(false))->lx.find(NsType::cgroup), nullptr);
  EXPECT_NE(parse(default_config(false, 0, 0, true))->lx.find(NsType::cgroup), nullptr);
  // The user namespace comes last, as in runc.
  EXPECT_EQ(parse(default_config(true, 0, 0, true))->lx.namespaces.back().type, NsType::user);
}

}  // namespace
}  // namespace husk::spec
