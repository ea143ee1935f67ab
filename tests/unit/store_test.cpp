// Containers on disk.
#include "store/store.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "host/files.h"

namespace husk::store {
namespace {

class Store : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(top_.data()), nullptr);
    root_ = top_ + "/deep/root";
  }
  void TearDown() override { ASSERT_TRUE(host::remove_tree(top_).ok()); }

  // A state.json with this text.
  void write(const std::string& id, const std::string& json) const {
    ASSERT_TRUE(host::make_directories(cat(root_, "/", id), 0700).ok());
    ASSERT_TRUE(host::write_atomic(cat(root_, "/", id, "/state.json"), json, 0600).ok());
  }
  [[nodiscard]] std::string refusal(const std::string& id) const {
    const Result<State> s = load(root_, id);
    EXPECT_FALSE(s.ok()) << id;
    return s.ok() ? std::string() : s.error().text();
  }
  [[nodiscard]] mode_t mode_of(const std::string& path) const {
    struct stat st = {};
    EXPECT_EQ(stat((root_ + path).c_str(), &st), 0) << path;
    return st.st_mode & 07777;
  }

  std::string top_ = "/tmp/husk-store-XXXXXX";
  std::string root_;
};

State some_state(const std::string& id) {
  State s;
  s.id = id;
  s.bundle =
      "/bundle \"of\" gr\xc3\xbc\xc3\x9f"
      "e\n";
  s.rootfs = "/rootfs";
  s.created = now();
  s.pid = 4194303;
  s.start_time = ~uint64_t{0};
  s.owner = 4294967294;
  s.cgroup.directories = {"/sys/fs/cgroup/a", "/sys/fs/cgroup/b"};
  s.annotations = {{"z", "last first"}, {"a", ""}};
  return s;
}

TEST_F(Store, GoodIds) {
  for (const char* id : {"a", "A-Z_0+9.x", "...", "-"}) EXPECT_TRUE(check_id(id).ok()) << id;
  EXPECT_TRUE(check_id(std::string(1024, 'x')).ok());
}

TEST_F(Store, BadIds) {
  for (const std::string id : {"", ".", "..", "a/b", "/", "../x", "a b", "a\n", "\xc3\xa4", "a:b", "a%"}) {
    EXPECT_FALSE(check_id(id).ok()) << id;
    EXPECT_FALSE(load(root_, id).ok()) << id;
  }
  EXPECT_FALSE(check_id(std::string(1025, 'x')).ok());
  EXPECT_FALSE(check_id(std::string("a\0b", 3)).ok());
  EXPECT_EQ(check_id("a/b").error().text().substr(0, 35), "invalid container ID format: \"a/b\" ");
}

TEST_F(Store, AnIdIsTakenOnce) {
  ASSERT_TRUE(reserve(root_, "one").ok());
  EXPECT_EQ(mode_of("/one"), 0711U);
  const Result<sys::Fd> again = reserve(root_, "one");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().what, "container with given ID already exists: one");
  ASSERT_TRUE(store::remove_state(root_, "one").ok());
  EXPECT_TRUE(reserve(root_, "one").ok());
}

TEST_F(Store, OfManyThatTakeAnIdOneGetsIt) {
  std::atomic<int> got{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { got += reserve(root_, "contended").ok() ? 1 : 0; });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(got, 1);
}

TEST_F(Store, WhatIsSavedIsLoaded) {
  ASSERT_TRUE(reserve(root_, "id").ok());
  const State before = some_state("id");
  ASSERT_TRUE(save(root_, before).ok());
  EXPECT_EQ(mode_of("/id/state.json"), 0600U);
  const Result<State> after = load(root_, "id");
  ASSERT_TRUE(after.ok()) << after.error().text();
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(after->bundle, before.bundle);
  EXPECT_EQ(after->rootfs, before.rootfs);
  EXPECT_EQ(after->created, before.created);
  EXPECT_EQ(after->pid, before.pid);
  EXPECT_EQ(after->start_time, before.start_time);
  EXPECT_EQ(after->owner, before.owner);
  EXPECT_EQ(after->cgroup.directories, before.cgroup.directories);
  EXPECT_EQ(after->annotations, before.annotations);
}

TEST_F(Store, TheFirstStateIsLikeAnyOther) {
  ASSERT_TRUE(reserve(root_, "id").ok());
  const State before = some_state("id");
  ASSERT_TRUE(save_first(root_, before).ok());
  EXPECT_EQ(mode_of("/id/state.json"), 0600U);
  const Result<State> after = load(root_, "id");
  ASSERT_TRUE(after.ok()) << after.error().text();
  EXPECT_EQ(after->bundle, before.bundle);
  EXPECT_FALSE(save_first(root_, before).ok());  // there is one already
}

TEST_F(Store, SavingAgainReplaces) {
  ASSERT_TRUE(reserve(root_, "id").ok());
  State s = some_state("id");
  ASSERT_TRUE(save(root_, s).ok());
  s.pid = 7;
  s.cgroup.directories.clear();
  ASSERT_TRUE(save(root_, s).ok());
  const Result<State> after = load(root_, "id");
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->pid, 7);
  EXPECT_TRUE(after->cgroup.directories.empty());
  DIR* dir = opendir((root_ + "/id").c_str());
  ASSERT_NE(dir, nullptr);
  int entries = 0;
  while (readdir(dir) != nullptr) ++entries;
  closedir(dir);
  EXPECT_EQ(entries, 3);  // ".", ".." and state.json: nothing temporary is left
}

TEST_F(Store, WhatIsErasedIsGone) {
  ASSERT_TRUE(reserve(root_, "id").ok());
  ASSERT_TRUE(save(root_, some_state("id")).ok());
  ASSERT_TRUE(save_config(root_, "id", "{}").ok());
  ASSERT_TRUE(store::remove_state(root_, "id").ok());
  EXPECT_NE(access((root_ + "/id").c_str(), F_OK), 0);
  EXPECT_TRUE(store::remove_state(root_, "id").ok());
  const Result<State> after = load(root_, "id");
  ASSERT_FALSE(after.ok());
  EXPECT_EQ(after.error().errnum, ENOENT);
  EXPECT_EQ(after.error().what, "container does not exist: id");
}

TEST_F(Store, AnIdThatIsOnlyReservedDoesNotExistYet) {
  ASSERT_TRUE(reserve(root_, "id").ok());
  const Result<State> s = load(root_, "id");
  ASSERT_FALSE(s.ok());
  EXPECT_EQ(s.error().errnum, ENOENT);
}

TEST_F(Store, TheConfigurationIsKept) {
  ASSERT_TRUE(reserve(root_, "id").ok());
  EXPECT_EQ(load_config(root_, "id").error().errnum, ENOENT);
  ASSERT_TRUE(save_config(root_, "id", "{\"a\": 1}").ok());
  EXPECT_EQ(*load_config(root_, "id"), "{\"a\": 1}");
}

TEST_F(Store, DamagedFiles) {
  for (const char* json : {" ", "{", "[]", "null", "{\"id\": 7}", "{\"version\": 1}", "{\"id\": \"d\", \"pid\": \"x\"}",
                           "{\"id\": \"d\", \"pid\": 99999999999}", "{\"id\": \"d\", \"cgroups\": {}}"}) {
    write("d", json);
    EXPECT_NE(refusal("d").find("/d/state.json"), std::string::npos) << json;
  }
}

TEST_F(Store, AStateThatWasNeverWritten) {
  write("e", "");
  EXPECT_EQ(refusal("e"), "container does not exist: e");
}

TEST_F(Store, MembersOfANewerVersionAreIgnored) {
  write("n", R"({"version": 2, "id": "n", "new": {"deep": [1, null]}, "pid": 12, "list": [[]]})");
  const Result<State> s = load(root_, "n");
  ASSERT_TRUE(s.ok()) << s.error().text();
  EXPECT_EQ(s->pid, 12);
  EXPECT_EQ(s->start_time, 0U);
}

// ---------------------------------------------------------------- the state of runtime-spec

TEST_F(Store, OciState) {
  State s;
  s.id = "x";
  s.bundle = "/b";
  s.pid = 12;
  EXPECT_EQ(oci_state(s, "running", false),
            R"({"ociVersion":"1.3.0","id":"x","status":"running","pid":12,"bundle":"/b"})");
  s.pid = 0;
  s.annotations = {{"k", "v"}};
  EXPECT_EQ(oci_state(s, "stopped", false),
            R"({"ociVersion":"1.3.0","id":"x","status":"stopped","bundle":"/b","annotations":{"k":"v"}})");
}

// ---------------------------------------------------------------- time

TEST_F(Store, NowIsNow) {
  for (int i = 0; i < 20; ++i) {
    const time_t before = time(nullptr);
    const std::string text = now();
    const time_t after = time(nullptr);
    struct tm fields = {};
    const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &fields);
    ASSERT_NE(rest, nullptr) << text;
    EXPECT_EQ(std::string(rest).size(), sizeof ".123456789Z" - 1) << text;
    EXPECT_EQ(text.back(), 'Z');
    const time_t shown = timegm(&fields);
    EXPECT_GE(shown, before - 1);  // time() may lag behind clock_gettime() by a tick
    EXPECT_LE(shown, after + 1);
    char expected[32];
    struct tm again = {};
    (void)strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", gmtime_r(&shown, &again));
    EXPECT_EQ(text.substr(0, 19), expected);
  }
}

TEST_F(Store, StartTimeTellsAProcessFromItsSuccessor) {
  const uint64_t self = look_at(getpid()).start_time;
  EXPECT_GT(self, 0U);
  EXPECT_EQ(look_at(getpid()).start_time, self);
  // In ticks since the machine started: not later than now, not earlier than our parent.
  struct timespec t = {};
  clock_gettime(CLOCK_BOOTTIME, &t);
  EXPECT_LE(self, static_cast<uint64_t>(t.tv_sec + 1) * static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
  EXPECT_GE(self, look_at(getppid()).start_time);
  EXPECT_EQ(look_at(-1).start_time, 0U);
  EXPECT_EQ(look_at(0x7fffffff).start_time, 0U);
}

}  // namespace
}  // namespace husk::store
