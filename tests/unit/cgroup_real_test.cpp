// The room on the kernel at hand, whichever cgroup version it has. Needs root; makes cgroups named husk-test-PID-* and
// removes them. For v2 on a v1 machine, run it under
//   unshare -m --propagation private sh -c 'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec
//   "$@"' sh
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files.h"
#include "rooms/cgroup/cgroup.h"

namespace husk::cgroup {
namespace {

using Paths = std::vector<std::string>;

class CgroupReal : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    auto host = probe();
    ASSERT_TRUE(host.ok()) << host.error().text();
    host_ = *std::move(host);
    if (host_.mode == Mode::none) GTEST_SKIP() << "no cgroups mounted";
  }

  void TearDown() override {
    for (const pid_t pid : children_) {
      (void)kill(pid, SIGKILL);
      (void)waitpid(pid, nullptr, 0);
    }
    EXPECT_TRUE(kill_all(made_).ok());
    EXPECT_TRUE(remove(made_).ok());
    for (auto it = parents_.rbegin(); it != parents_.rend(); ++it) EXPECT_EQ(rmdir(it->c_str()), 0) << *it;
  }

  static std::string name(const char* suffix) { return cat("husk-test-", getpid(), "-", suffix); }

  Plan planned(const std::string& path, const spec::Resources* resources = nullptr) {
    auto p = plan(host_, path, "box", resources);
    EXPECT_TRUE(p.ok()) << p.error().text();
    return p.ok() ? *std::move(p) : Plan();
  }

  Result<Cgroup> create(const Plan& p) {
    auto c = Cgroup::create(p);
    if (c.ok()) {
      made_.insert(made_.end(), c->created().begin(), c->created().end());
      parents_.insert(parents_.end(), c->created_parents().begin(), c->created_parents().end());
    }
    return c;
  }

  // A process that sleeps; in its own session so that nothing of ours reaches it.
  pid_t sleeper() {
    const pid_t pid = fork();
    if (pid == 0) {
      for (;;) pause();
    }
    children_.push_back(pid);
    return pid;
  }

  // Waits for a killed child and forgets it. The signal it died of.
  int reap(pid_t pid) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    std::erase(children_, pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  static bool exists(const std::string& path) {
    struct stat st = {};
    return stat(path.c_str(), &st) == 0;
  }

  // The file of a v1 controller or of the only v2 directory.
  static std::string file(const Plan& p, const std::string& controller, const std::string& name) {
    for (const Directory& d : p.directories)
      if (d.controllers.empty() ? p.mode == Mode::v2
                                : cat(',', d.controllers, ',').find(cat(',', controller, ',')) != std::string::npos)
        return d.path + "/" + name;
    return "";
  }

  static std::string read(const std::string& path) {
    auto r = host::read_file(path, 1 << 16);
    return r.ok() ? *r : r.error().text();
  }

  Host host_;
  Paths made_, parents_;
  std::vector<pid_t> children_;
};

TEST_F(CgroupReal, CreateJoinKillRemove) {
  const Plan p = planned(cat("/", name("a"), "/leaf"));
  auto c = create(p);
  ASSERT_TRUE(c.ok()) << c.error().text();
  EXPECT_EQ(c->created(), c->directories());
  EXPECT_EQ(c->created_parents().size(), p.directories.size());
  EXPECT_EQ(c->directory_fd() >= 0, p.mode == Mode::v2);
  const pid_t pid = sleeper();
  ASSERT_TRUE(c->join(pid).ok());
  EXPECT_NE(read(cat("/proc/", pid, "/cgroup")).find(name("a") + "/leaf"), std::string::npos);
  EXPECT_EQ(*processes(c->directories()), std::vector<pid_t>{pid});
  ASSERT_TRUE(kill_all(c->directories()).ok());
  EXPECT_EQ(reap(pid), SIGKILL);
  ASSERT_TRUE(remove(c->directories()).ok());
  for (const std::string& d : c->directories()) EXPECT_FALSE(exists(d)) << d;
  EXPECT_TRUE(remove(c->directories()).ok());  // nothing there is fine
  EXPECT_TRUE(kill_all(c->directories()).ok());
  EXPECT_TRUE(processes(c->directories())->empty());
}

TEST_F(CgroupReal, BornInTheCgroup) {
  if (host_.mode != Mode::v2) GTEST_SKIP() << "CLONE_INTO_CGROUP is for v2";
  auto c = create(planned(cat("/", name("b"))));
  ASSERT_TRUE(c.ok()) << c.error().text();
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  } args = {};
  args.flags = 0x200000000;  // CLONE_INTO_CGROUP
  args.exit_signal = SIGCHLD;
  args.cgroup = static_cast<uint64_t>(c->directory_fd());
  const auto pid = static_cast<pid_t>(syscall(SYS_clone3, &args, sizeof args));
  ASSERT_GE(pid, 0);
  if (pid == 0)
    for (;;) pause();
  children_.push_back(pid);
  EXPECT_EQ(*processes(c->directories()), std::vector<pid_t>{pid});
}

TEST_F(CgroupReal, RemoveTakesSubCgroupsAndWaitsForReaping) {
  auto c = create(planned(cat("/", name("c"))));
  ASSERT_TRUE(c.ok()) << c.error().text();
  Paths sub;
  for (const std::string& d : c->directories()) {
    for (const char* s : {"/x", "/x/y", "/x/y/z", "/x2"}) ASSERT_EQ(mkdir((d + s).c_str(), 0755), 0) << d << s;
    if (read(d + "/cpuset.cpus") == "\n") continue;  // a new v1 cpuset takes no process
    if (!exists(d + "/x/y/z/cpuset.cpus") || host_.mode == Mode::v2) sub.push_back(d + "/x/y/z");
  }
  const pid_t pid = sleeper();
  ASSERT_TRUE(join(sub, pid).ok());
  EXPECT_EQ(*processes(c->directories()), std::vector<pid_t>{pid});
  // Dies while remove() is already waiting: killed a moment later by a helper.
  const pid_t helper = fork();
  if (helper == 0) {
    usleep(100'000);
    _exit(kill(pid, SIGKILL));
  }
  const Status s = remove(c->directories());
  EXPECT_TRUE(s.ok()) << s.error().text();
  EXPECT_EQ(waitpid(helper, nullptr, 0), helper);
  EXPECT_EQ(reap(pid), SIGKILL);
}

TEST_F(CgroupReal, RefusesProcessesOfOthers) {
  const Plan p = planned(cat("/", name("d")));
  auto c = create(p);
  ASSERT_TRUE(c.ok()) << c.error().text();
  EXPECT_TRUE(Cgroup::create(p).ok());  // empty: fine, and none of it was made by the second
  EXPECT_TRUE(Cgroup::create(p)->created().empty());
  ASSERT_TRUE(c->join(sleeper()).ok());
  auto again = Cgroup::create(p);
  ASSERT_FALSE(again.ok());
  EXPECT_TRUE(again.error().text().starts_with("container's cgroup is not empty: 1 process(es) found"))
      << again.error().text();
  for (const std::string& d : c->directories()) EXPECT_TRUE(exists(d));
}

TEST_F(CgroupReal, RefusesFrozenAndKillsFrozen) {
  const Plan p = planned(cat("/", name("e")));
  auto c = create(p);
  ASSERT_TRUE(c.ok()) << c.error().text();
  const bool v2 = p.mode == Mode::v2;
  const std::string freezer = file(p, "freezer", v2 ? "cgroup.freeze" : "freezer.state");
  ASSERT_TRUE(host::write_file(freezer, v2 ? "1" : "FROZEN").ok());
  auto again = Cgroup::create(p);
  ASSERT_FALSE(again.ok());
  EXPECT_TRUE(again.error().text().starts_with("container's cgroup unexpectedly frozen")) << again.error().text();
  ASSERT_TRUE(host::write_file(freezer, v2 ? "0" : "THAWED").ok());
  const pid_t pid = sleeper();
  ASSERT_TRUE(c->join(pid).ok());
  ASSERT_TRUE(host::write_file(freezer, v2 ? "1" : "FROZEN").ok());
  ASSERT_TRUE(kill_all(c->directories()).ok());
  EXPECT_EQ(reap(pid), SIGKILL);
  EXPECT_TRUE(remove(c->directories()).ok());
}

// Deeper than a path can be long, with a process at the bottom.
TEST_F(CgroupReal, DeepTrees) {
  auto c = create(planned(cat("/", name("f"))));
  ASSERT_TRUE(c.ok()) << c.error().text();
  const std::string top = c->directories().back();  // v2 or the last v1 tree
  const std::string part(200, 'd');
  const pid_t pid = sleeper();
  const pid_t builder = fork();  // changes its directory, which is not for this process
  if (builder == 0) {
    if (chdir(top.c_str()) != 0) _exit(1);
    for (int i = 0; i < 30; ++i)
      if (mkdir(part.c_str(), 0755) != 0 || chdir(part.c_str()) != 0) _exit(2);
    _exit(host::write_file("cgroup.procs", std::to_string(pid)).ok() ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(builder, &status, 0), builder);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(*processes({top}), std::vector<pid_t>{pid});
  ASSERT_TRUE(kill_all({top}).ok());
  EXPECT_EQ(reap(pid), SIGKILL);
  const Status s = remove({top});
  EXPECT_TRUE(s.ok()) << s.error().text();
}

TEST_F(CgroupReal, FailureLeavesNothingBehind) {
  Plan p = planned(cat("/", name("g"), "/leaf"));
  Directory impossible = p.directories.back();
  impossible.mountpoint = "/proc/self";
  impossible.path = cat("/proc/self/", name("g"), "/leaf");
  p.directories.push_back(impossible);
  auto c = Cgroup::create(p);
  ASSERT_FALSE(c.ok());
  EXPECT_TRUE(c.error().text().starts_with("unable to apply cgroup configuration: mkdir /proc/self"));
  p.directories.pop_back();
  for (const Directory& d : p.directories) EXPECT_FALSE(exists(d.path.substr(0, d.path.rfind('/'))));
}

TEST_F(CgroupReal, ResourcesOnV1) {
  if (host_.mode == Mode::v2) GTEST_SKIP() << "v1 only";
  spec::Resources r;
  r.memory.emplace();
  r.memory->limit = 64 << 20;
  r.memory->swap = 128 << 20;
  r.cpu.emplace();
  r.cpu->quota = 50000;
  r.cpu->period = 100000;
  r.cpu->shares = 512;
  r.pids_limit = 20;
  r.devices = {{false, "", {}, {}, "rwm"}, {true, "c", 10, 229, "rw"}};
  Plan p = planned(cat("/", name("h")), &r);
  auto c = create(p);
  ASSERT_TRUE(c.ok()) << c.error().text();
  EXPECT_EQ(read(file(p, "memory", "memory.limit_in_bytes")), "67108864\n");
  EXPECT_EQ(read(file(p, "cpu", "cpu.cfs_quota_us")), "50000\n");
  EXPECT_EQ(read(file(p, "cpu", "cpu.shares")), "512\n");
  EXPECT_EQ(read(file(p, "pids", "pids.max")), "20\n");
  const std::string devices = read(file(p, "devices", "devices.list"));
  EXPECT_NE(devices.find("c 10:229 rw\n"), std::string::npos) << devices;
  EXPECT_NE(devices.find("c 1:3 rwm\n"), std::string::npos) << devices;
  EXPECT_EQ(devices.find("a *:*"), std::string::npos) << devices;
  // Up, then down: the kernel wants limit and swap in another order each time.
  for (const int64_t mib : {512, 32}) {
    r.memory->limit = mib << 20;
    r.memory->swap = mib << 20;
    auto update = plan_resources(host_.mode, &r, false);
    ASSERT_TRUE(update.ok());
    const Status u = write_resources(p.directories, *update);
    EXPECT_TRUE(u.ok()) << u.error().text();
    EXPECT_EQ(read(file(p, "memory", "memory.memsw.limit_in_bytes")), cat(mib << 20, "\n"));
  }
}

TEST_F(CgroupReal, WriteErrorsNameFileAndValue) {
  spec::Resources r;
  r.cpu.emplace();
  r.cpu->cpus = "9999";
  Plan p = planned(cat("/", name("i")), &r);
  auto c = create(p);
  ASSERT_FALSE(c.ok());
  EXPECT_TRUE(c.error().text().starts_with(cat("failed to write \"9999\" to ", file(p, "cpuset", "cpuset.cpus"), ": ")))
      << c.error().text();
  for (const Directory& d : p.directories) EXPECT_FALSE(exists(d.path)) << d.path;
}

// v2 with whatever controller this host has left for it.
TEST_F(CgroupReal, ControllersAreEnabledOnV2) {
  if (host_.mode != Mode::v2) GTEST_SKIP() << "v2 only";
  const std::string mountpoint = host_.hierarchies[0].mountpoint;
  const std::string available = read(mountpoint + "/cgroup.controllers");
  const std::string before = read(mountpoint + "/cgroup.subtree_control");
  const std::string controller = available.substr(0, available.find_first_of(" \n"));
  if (controller.empty()) GTEST_SKIP() << "no controllers here";
  Plan p = planned(cat("/", name("j"), "/k/leaf"));
  p.resources.controllers = {"nosuch", controller};
  auto c = create(p);
  ASSERT_TRUE(c.ok()) << c.error().text();
  EXPECT_NE(read(p.directories[0].path + "/cgroup.controllers").find(controller), std::string::npos);
  // Left as found, the test's own cgroups first.
  EXPECT_TRUE(remove(c->directories()).ok());
  for (auto it = parents_.rbegin(); it != parents_.rend(); ++it) EXPECT_EQ(rmdir(it->c_str()), 0) << *it;
  parents_.clear();
  if (before.find(controller) == std::string::npos) {
    EXPECT_TRUE(host::write_file(mountpoint + "/cgroup.subtree_control", "-" + controller).ok());
  }
}

}  // namespace
}  // namespace husk::cgroup
