// Device programs on the kernel at hand. Needs root; the cgroups (husk-test-PID-*) are made through a cgroup2 mount
// that is attached to no directory, so this runs on a v1 machine too and nobody sees the mount.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/device_program.h"

namespace husk::cgroup {
namespace {

class CgroupDevicesReal : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    const sys::Fd fs(static_cast<int>(syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC)));
    if (fs) (void)syscall(SYS_fsconfig, fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
    if (fs) mount_.reset(static_cast<int>(syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC, 0)));
    if (!mount_) GTEST_SKIP() << "no cgroup2: " << strerror(errno);
    auto probe = load_device_program(*device_program({true, {}}));
    if (!probe.ok() && devices_unavailable(probe.error())) GTEST_SKIP() << probe.error().text();
    ASSERT_TRUE(probe.ok()) << probe.error().text();
    nodes_ = testing::TempDir() + "husk-test-nodes-XXXXXX";
    ASSERT_NE(mkdtemp(nodes_.data()), nullptr);
    // kmsg under another name, and a loop device that may or may not be there.
    ASSERT_EQ(mknod(node("log").c_str(), S_IFCHR | 0600, makedev(1, 11)), 0);
    ASSERT_EQ(mknod(node("loop").c_str(), S_IFBLK | 0600, makedev(7, 77)), 0);
  }

  void TearDown() override {
    if (!nodes_.empty()) {
      for (const char* name : {"log", "loop", "new"}) (void)unlink(node(name).c_str());
      EXPECT_EQ(rmdir(nodes_.c_str()), 0);
    }
    EXPECT_TRUE(remove(made_).ok());
  }

  [[nodiscard]] std::string node(const char* name) const { return cat(nodes_, "/", name); }

  [[nodiscard]] Plan planned(const char* suffix, const spec::Resources* resources) const {
    Host host;
    host.mode = Mode::v2;
    host.hierarchies = {{"", cat("/proc/self/fd/", mount_.get()), "/"}};
    auto out = plan(host, cat("/husk-test-", getpid(), "-", suffix), "box", resources);
    EXPECT_TRUE(out.ok());
    return *std::move(out);
  }

  Result<Cgroup> create(const Plan& p) {
    auto out = Cgroup::create(p);
    if (out.ok()) made_.insert(made_.end(), out->created().begin(), out->created().end());
    return out;
  }

  // What a process in the cgroup gets: 0 or an errno.
  static int inside(Cgroup& cgroup, const std::function<int()>& what) {
    const pid_t pid = fork();
    if (pid == 0) {
      if (!cgroup.join(getpid()).ok()) _exit(255);
      _exit(what() < 0 ? errno : 0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static int open_inside(Cgroup& cgroup, const std::string& path, int flags = O_RDONLY) {
    return inside(cgroup, [&] { return open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC); });
  }

  int mknod_inside(Cgroup& cgroup, unsigned major, unsigned minor) {
    const int error = inside(cgroup, [&] { return mknod(node("new").c_str(), S_IFCHR | 0600, makedev(major, minor)); });
    (void)unlink(node("new").c_str());
    return error;
  }

  sys::Fd mount_;
  std::string nodes_;
  std::vector<std::string> made_;
};

void expect_ok(const Status& status) {
  EXPECT_TRUE(status.ok()) << status.error().text();
}

TEST_F(CgroupDevicesReal, DefaultDeny) {
  auto c = create(planned("a", nullptr));
  ASSERT_TRUE(c.ok()) << c.error().text();
  EXPECT_EQ(open_inside(*c, node("log")), 0);  // no program yet
  expect_ok(c->prepare_devices());
  EXPECT_EQ(open_inside(*c, node("log")), 0);
  expect_ok(c->attach_devices());
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    EXPECT_EQ(open_inside(*c, path, O_RDWR), 0) << path;
  EXPECT_EQ(open_inside(*c, node("log")), EPERM);
  EXPECT_EQ(open_inside(*c, node("loop")), EPERM);
  EXPECT_EQ(mknod_inside(*c, 1, 11), 0);  // harmless
  EXPECT_EQ(inside(*c, [&] { return access(node("loop").c_str(), F_OK); }), 0);
  EXPECT_EQ(open(node("log").c_str(), O_RDONLY | O_CLOEXEC) < 0 ? errno : 0, 0);  // out here nothing has changed
}

TEST_F(CgroupDevicesReal, RulesDecide) {
  spec::Resources r;
  r.devices = {{false, "a", {}, {}, "rwm"}, {true, "c", 1, 11, "r"}, {true, "b", 7, {}, "rwm"}};
  auto c = create(planned("b", &r));
  ASSERT_TRUE(c.ok()) << c.error().text();
  expect_ok(c->prepare_devices());
  expect_ok(c->attach_devices());
  EXPECT_EQ(open_inside(*c, node("log")), 0);
  EXPECT_EQ(open_inside(*c, node("log"), O_WRONLY), EPERM);
  EXPECT_EQ(open_inside(*c, node("log"), O_RDWR), EPERM);
  EXPECT_NE(open_inside(*c, node("loop")), EPERM);
}

TEST_F(CgroupDevicesReal, AllButOne) {
  spec::Resources r;
  r.devices = {{true, "a", {}, {}, "rwm"}, {false, "c", 1, 11, "w"}};
  auto c = create(planned("c", &r));
  ASSERT_TRUE(c.ok()) << c.error().text();
  expect_ok(c->prepare_devices());
  expect_ok(c->attach_devices());
  EXPECT_EQ(open_inside(*c, node("log")), 0);
  EXPECT_EQ(open_inside(*c, node("log"), O_RDWR), EPERM);
  EXPECT_NE(open_inside(*c, node("loop")), EPERM);
}

// Nobody's descriptor keeps the program alive but the cgroup; who comes later finds it and replaces it.
TEST_F(CgroupDevicesReal, ReusedCgroup) {
  spec::Resources r;
  r.devices = {{false, "a", {}, {}, "rwm"}};
  auto first = create(planned("d", &r));
  ASSERT_TRUE(first.ok()) << first.error().text();
  EXPECT_FALSE(*find_device_program(first->directory_fd()));
  expect_ok(first->prepare_devices());
  expect_ok(first->attach_devices());
  EXPECT_TRUE(*find_device_program(first->directory_fd()));
  EXPECT_EQ(open_inside(*first, node("log")), EPERM);
  r.devices = {{true, "a", {}, {}, "rwm"}};
  auto second = create(planned("d", &r));
  ASSERT_TRUE(second.ok()) << second.error().text();
  expect_ok(second->prepare_devices());
  EXPECT_EQ(open_inside(*first, node("log")), EPERM);
  expect_ok(second->attach_devices());
  EXPECT_EQ(open_inside(*first, node("log")), 0);
}

TEST_F(CgroupDevicesReal, MknodIsDeniedWhereTheListSaysSo) {
  auto c = create(planned("e", nullptr));
  ASSERT_TRUE(c.ok()) << c.error().text();
  auto program = load_device_program(*device_program({false, {{'c', 1, 3, kRead | kWrite}}}));
  ASSERT_TRUE(program.ok()) << program.error().text();
  expect_ok(attach_device_program(c->directory_fd(), program->get()));
  EXPECT_EQ(mknod_inside(*c, 1, 3), EPERM);
  EXPECT_EQ(open_inside(*c, "/dev/null", O_RDWR), 0);
  EXPECT_EQ(open_inside(*c, "/dev/zero"), EPERM);
}

// A program that nobody attached cannot be replaced.
TEST_F(CgroupDevicesReal, ErrorsHaveAnErrno) {
  auto c = create(planned("f", nullptr));
  ASSERT_TRUE(c.ok()) << c.error().text();
  auto program = load_device_program(*device_program({false, {}}));
  ASSERT_TRUE(program.ok()) << program.error().text();
  const Status status = attach_device_program(c->directory_fd(), program->get(), program->get());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().text(), "attach the program for /linux/resources/devices: no such file or directory");
  EXPECT_EQ(attach_device_program(mount_.get() + 100, program->get()).error().errnum, EBADF);
}

TEST_F(CgroupDevicesReal, VerifierSaysWhy) {
  const bpf_insn nothing[] = {{BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  const auto program = load_device_program(nothing);
  ASSERT_FALSE(program.ok());
  EXPECT_NE(program.error().what.find("R0 !read_ok"), std::string::npos) << program.error().what;
  EXPECT_FALSE(devices_unavailable(program.error()));
}

// As many exceptions as the compiler takes, each with a major of its own, pass the verifier as well.
TEST_F(CgroupDevicesReal, LongLists) {
  for (const bool all : {false, true}) {
    DeviceList list{all, {}};
    for (int64_t i = 0; i < 4096; ++i)
      list.exceptions.push_back({i % 2 == 0 ? 'c' : 'b', i / 2, i, static_cast<uint8_t>(1 + i % 7)});
    const auto program = load_device_program(*device_program(list));
    EXPECT_TRUE(program.ok()) << program.error().text();
  }
}

// A process that may not use bpf(2) is told so in a way that the caller can tell from a bad program.
TEST_F(CgroupDevicesReal, NotPermitted) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0) _exit(2);
    const auto program = load_device_program(*device_program({false, {}}));
    _exit(!program.ok() && program.error().errnum == EPERM && devices_unavailable(program.error()) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace husk::cgroup
