// Labels in the plans of a start and of an added process, and in that of the root file system.
#include <gtest/gtest.h>

#include "plan/exec.h"
#include "plan_build_kit.h"
#include "rooms/rootfs/plan.h"

namespace husk {
namespace {

// What is written, in order, with the keyring between: "keycreate=LABEL keyring keycreate= exec=LABEL".
std::string labels(const Result<plan::Plan>& p) {
  if (!p.ok()) return p.error().text();
  std::string out;
  for (const plan::Step& s : p->steps) {
    if (const auto* label = std::get_if<lsm::Label>(&s))
      out += cat(out.empty() ? "" : " ", label->file.view(), "=", label->value.view());
    if (std::holds_alternative<process::Keyring>(s)) out += out.empty() ? "keyring" : " keyring";
  }
  return out;
}

class Labels : public testing::Test {
 protected:
  spec::Process& process() { return *case_.spec.process; }
  std::string of_start() {
    plan::Input in = case_.input();
    in.apparmor = apparmor_;
    in.selinux = selinux_;
    in.no_new_keyring = no_new_keyring_;
    return labels(plan::build(in));
  }
  Result<plan::Plan> exec() {
    plan::ExecInput in{case_.spec, case_.facts, "demo", "/bundle/rootfs"};
    in.init = 42;
    in.by_pidfd = true;
    in.apparmor = apparmor_;
    in.selinux = selinux_;
    in.no_new_keyring = no_new_keyring_;
    return plan::build_exec(in);
  }
  // Both, which are to be the same.
  std::string written() {
    const std::string start = of_start();
    EXPECT_EQ(labels(exec()), start);
    return start;
  }

  test::Case case_;
  bool apparmor_ = false, selinux_ = false, no_new_keyring_ = false;
};

TEST_F(Labels, OfAProcess) {
  apparmor_ = true;
  process().apparmor_profile = "some";
  EXPECT_EQ(written(), "keyring apparmor/exec=exec some");
}

TEST_F(Labels, UnconfinedIsWrittenWhereTheCallerMayBeConfined) {
  process().apparmor_profile = "unconfined";
  EXPECT_EQ(written(), "keyring");
  apparmor_ = true;
  EXPECT_EQ(written(), "keyring apparmor/exec=exec unconfined");
}

TEST_F(Labels, ANameThatBeginsWithUnconfinedIsAProfile) {
  process().apparmor_profile = "unconfined_x";
  EXPECT_EQ(written(), "/process/apparmorProfile: AppArmor is not enabled on this host (leave the profile out)");
  apparmor_ = true;
  EXPECT_EQ(written(), "keyring apparmor/exec=exec unconfined_x");
}

TEST_F(Labels, TheKeyringHasThatOfTheProcess) {
  selinux_ = true;
  process().selinux_label = "u:r:t:s0";
  EXPECT_EQ(written(), "keycreate=u:r:t:s0 keyring keycreate= exec=u:r:t:s0");
  no_new_keyring_ = true;
  EXPECT_EQ(written(), "exec=u:r:t:s0");
}

TEST_F(Labels, ThatCannotBeAreRefused) {
  process().selinux_label = "u:r:t:s0";
  EXPECT_EQ(written(), "/process/selinuxLabel: SELinux is not enabled on this host (leave the label out)");
  process().selinux_label.clear();
  case_.spec.lx.mount_label = "u:object_r:t:s0";
  EXPECT_EQ(of_start(), "/linux/mountLabel: SELinux is not enabled on this host (leave the label out)");
}

TEST_F(Labels, TheCallersProcfsIsOpenedForAnyOfThem) {
  selinux_ = true;
  process().selinux_label = "u:r:t:s0";
  const Result<plan::Plan> p = exec();
  ASSERT_TRUE(p.ok());
  EXPECT_FALSE(p->header.no_procfs);
}

// ---------------------------------------------------------------- of mounts

class MountLabels : public testing::Test {
 protected:
  MountLabels() {
    around_.rootfs = "/bundle/rootfs";
    around_.bundle = "/bundle";
    around_.selinux = true;
    spec_.lx.mount_label = "u:object_r:t:s0:c1,c2";
  }
  const rootfs::RootPlan& planned() {
    Result<rootfs::RootPlan> p = rootfs::plan(spec_, around_, arena_);
    EXPECT_TRUE(p.ok()) << p.error().text();
    if (p.ok()) plan_ = *std::move(p);
    return plan_;
  }
  const rootfs::Mount& planned(const std::string& type, const std::vector<std::string>& options = {}) {
    spec_.mounts = {{"/data", type, type, options, {}, {}}};
    return planned().mounts.at(0);
  }
  static std::string data(const rootfs::Mount& mount) {
    std::string out;
    for (const Str& one : mount.data) out += cat(out.empty() ? "" : " ", one.view());
    return out;
  }

  spec::Spec spec_;
  rootfs::Surroundings around_;
  Arena arena_;
  rootfs::RootPlan plan_;
};

TEST_F(MountLabels, AreAnOptionOfMostFileSystems) {
  EXPECT_EQ(data(planned("tmpfs", {"mode=755"})), "mode=755 context=u:object_r:t:s0:c1,c2");
  EXPECT_EQ(data(planned("devpts")), "context=u:object_r:t:s0:c1,c2");
  EXPECT_EQ(data(planned("overlay", {"lowerdir=/a"})), "lowerdir=/a context=u:object_r:t:s0:c1,c2");
}

TEST_F(MountLabels, ConcernNeitherBindsNorTheKernelsOwnFileSystems) {
  EXPECT_EQ(data(planned("bind", {"bind"})), "");
  EXPECT_EQ(data(planned("proc")), "");
  EXPECT_EQ(data(planned("sysfs")), "");
}

TEST_F(MountLabels, AreSetOnTheRootOfMqueue) {
  const rootfs::Mount& mount = planned("mqueue");
  EXPECT_EQ(data(mount), "");
  EXPECT_EQ(mount.label.view(), "u:object_r:t:s0:c1,c2");
}

TEST_F(MountLabels, OfTheDirectoryForCgroupsV1) {
  around_.cgroups = {{"memory", "memory", "/sys/fs/cgroup/memory/demo"}};
  EXPECT_EQ(data(planned("cgroup")), "mode=755 context=u:object_r:t:s0:c1,c2");
  EXPECT_EQ(data(plan_.mounts.at(1)), "");
}

TEST_F(MountLabels, OfWhatCoversAMaskedDirectory) {
  spec_.lx.masked_paths = {"/sys/firmware"};
  EXPECT_EQ(planned().masked_paths.at(0).label.view(), "u:object_r:t:s0:c1,c2");
}

TEST_F(MountLabels, ThatAreTooLongForFsconfigGoTheClassicWay) {
  EXPECT_FALSE(planned("tmpfs").classic);
  spec_.lx.mount_label += std::string(255 - spec_.lx.mount_label.size(), 'c');
  EXPECT_FALSE(planned("tmpfs").classic);
  spec_.lx.mount_label += 'c';
  EXPECT_TRUE(planned("tmpfs").classic);
}

TEST_F(MountLabels, AreLeftOutWithoutSELinux) {
  around_.selinux = false;
  spec_.lx.masked_paths = {"/sys/firmware"};
  EXPECT_EQ(data(planned("tmpfs")), "");
  EXPECT_TRUE(planned("mqueue").label.empty());
  EXPECT_TRUE(plan_.masked_paths.at(0).label.empty());
}

}  // namespace
}  // namespace husk
