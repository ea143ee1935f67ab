// The gate between create and start, with a thread in init's place.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "host/files.h"
#include "start/gate.h"
#include "start/protocol.h"

namespace husk::starting {
namespace {

class StartGate : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(directory_.data()), nullptr); }
  void TearDown() override { ASSERT_TRUE(host::remove_tree(directory_).ok()); }

  // What init does: sleeps in write(2), then says `frame` (if any) and closes its end.
  void init(sys::Fd gate, const Frame* frame) {
    char passed = '0';
    if (write(gate.get(), &passed, 1) != 1) return;
    through_ = true;
    if (frame != nullptr) (void)!write(gate.get(), frame, sizeof *frame);
  }

  std::string directory_ = "/tmp/husk-gate-XXXXXX";
  std::atomic<bool> through_{false};
};

TEST_F(StartGate, TellsWhetherItIsBuilt) {
  EXPECT_EQ(gate_state(directory_), Gate::none);
  Result<sys::Fd> gate = make_gate(directory_);
  ASSERT_TRUE(gate.ok());
  EXPECT_EQ(gate_state(directory_), Gate::building);
  ASSERT_TRUE(gate_built(*gate).ok());
  EXPECT_EQ(gate_state(directory_), Gate::shut);
  struct stat st = {};
  ASSERT_EQ(fstat(gate->get(), &st), 0);
  EXPECT_EQ(st.st_mode, static_cast<mode_t>(S_IFIFO | 0600));
}

TEST_F(StartGate, HoldsInitUntilItIsOpened) {
  Result<sys::Fd> gate = make_gate(directory_);
  ASSERT_TRUE(gate.ok());
  ASSERT_TRUE(gate_built(*gate).ok());
  std::thread waiting([&] { init(*std::move(gate), nullptr); });
  usleep(20'000);
  EXPECT_FALSE(through_);
  const Status opened = open_gate(directory_);
  waiting.join();
  EXPECT_TRUE(opened.ok()) << opened.error().text();
  EXPECT_TRUE(through_);
  EXPECT_EQ(gate_state(directory_), Gate::none);
}

TEST_F(StartGate, BringsTheErrorBack) {
  Result<sys::Fd> gate = make_gate(directory_);
  ASSERT_TRUE(gate.ok());
  Frame frame;
  frame.kind = Kind::error;
  frame.err = 2;
  frame.whole = 1;
  std::strcpy(frame.what, "exec /x: no such file or directory");
  std::thread waiting([&] { init(*std::move(gate), &frame); });
  const Status opened = open_gate(directory_);
  waiting.join();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().text(), "exec /x: no such file or directory");
}

TEST_F(StartGate, NeverTakesOtherBytesForAnError) {
  Result<sys::Fd> gate = make_gate(directory_);
  ASSERT_TRUE(gate.ok());
  Frame frame;
  frame.magic = 7;
  std::thread waiting([&] { init(*std::move(gate), &frame); });
  const Status opened = open_gate(directory_);
  waiting.join();
  EXPECT_FALSE(opened.ok());
}

TEST_F(StartGate, LeftByAStartThatWasKilled) {
  ASSERT_TRUE(make_gate(directory_).ok());  // and closed again: nobody waits
  EXPECT_TRUE(open_gate(directory_).ok());
  EXPECT_EQ(gate_state(directory_), Gate::none);
}

TEST_F(StartGate, IsNotThere) {
  EXPECT_FALSE(open_gate(directory_).ok());
}

}  // namespace
}  // namespace husk::starting
