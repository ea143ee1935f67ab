// The conversation of a start: frames, texts and descriptors over a real socket pair.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "start/protocol.h"

namespace husk::starting {
namespace {

size_t open_descriptors() {
  size_t n = 0;
  DIR* dir = opendir("/proc/self/fd");
  while (readdir(dir) != nullptr) ++n;
  closedir(dir);
  return n;
}

class Protocol : public testing::Test {
 protected:
  void SetUp() override {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    ours_.reset(pair[0]);
    theirs_.reset(pair[1]);
  }

  // The parent's end takes the socket over.
  ParentEnd parent() { return ParentEnd(std::move(ours_)); }
  Frame received() {
    Frame frame;
    EXPECT_EQ(receive_frame(ours_.get(), frame), 0);
    return frame;
  }
  void send_bytes(const void* data, size_t size) const {
    ASSERT_EQ(send(theirs_.get(), data, size, 0), static_cast<ssize_t>(size));
  }
  void send_descriptors(const Frame& frame, const std::vector<int>& fds) const {
    alignas(cmsghdr) std::array<char, 256> control = {};
    iovec part = {const_cast<Frame*>(&frame), sizeof frame};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(c), fds.data(), fds.size() * sizeof(int));
    ASSERT_EQ(sendmsg(theirs_.get(), &message, 0), static_cast<ssize_t>(sizeof frame));
  }
  void answer(Kind kind, int64_t value = 0, Who who = Who::parent) const {
    Frame frame;
    frame.kind = kind;
    frame.who = who;
    frame.value = value;
    ASSERT_EQ(send_frame(ours_.get(), frame), 0);
  }

  sys::Fd ours_, theirs_, fifo_;
  pid_t sender_ = -1;
  Arena arena_;
  Str text_;
};

// ---------------------------------------------------------------- each end has its lines

TEST_F(Protocol, TheChildAsksForMapsAndTellsAPid) {
  const ChildEnd child(theirs_.get());
  answer(Kind::maps_done);
  EXPECT_EQ(child.ask_for_maps(), 0);
  const Frame maps = received();
  EXPECT_EQ(maps.kind, Kind::maps_please);
  EXPECT_EQ(maps.who, Who::child);
  EXPECT_EQ(maps.step, kNoStep);
  EXPECT_EQ(child.tell_init_pid(4711), 0);
  const Frame pid = received();
  EXPECT_EQ(pid.kind, Kind::init_pid);
  EXPECT_EQ(pid.value, 4711);
}

TEST_F(Protocol, InitIsReadyAndWaitsForRun) {
  answer(Kind::run);
  EXPECT_EQ(InitEnd(theirs_.get()).ready(fifo_), 0);
  const Frame ready = received();
  EXPECT_EQ(ready.kind, Kind::ready);
  EXPECT_EQ(ready.who, Who::init);
}

TEST_F(Protocol, InitGetsTheStateForHooks) {
  answer(Kind::state, 5);
  ASSERT_EQ(send_text(ours_.get(), "state"), 0);
  EXPECT_EQ(InitEnd(theirs_.get()).ask_for_hooks(arena_, text_), 0);
  EXPECT_EQ(text_.view(), "state");
  EXPECT_EQ(text_.c_str()[5], '\0');
  EXPECT_EQ(received().kind, Kind::hooks_please);
}

TEST_F(Protocol, TheParentGivesAPlanAndAState) {
  const ParentEnd from = parent();
  ASSERT_EQ(from.give_plan("a plan"), 0);
  EXPECT_EQ(InitEnd(theirs_.get()).receive_plan(arena_, text_), 0);
  EXPECT_EQ(text_.view(), "a plan");
  ASSERT_EQ(from.give_plan(""), 0);
  EXPECT_EQ(ChildEnd(theirs_.get()).receive_plan(arena_, text_), 0);
  EXPECT_EQ(text_.view(), "");
  Frame frame;
  for (const auto& [kind, said] : {std::pair{Kind::maps_done, from.maps_done()}, {Kind::run, from.run(-1)}}) {
    EXPECT_EQ(said, 0);
    ASSERT_EQ(receive_frame(theirs_.get(), frame), 0);
    EXPECT_EQ(frame.kind, kind);
    EXPECT_EQ(frame.who, Who::parent);
  }
}

TEST_F(Protocol, AnErrorKeepsItsPlaceAndIsCutWhereItIsTooLong) {
  const std::string path(5000, 'p');
  InitEnd(theirs_.get()).error(7, {EPERM, "open", path.c_str(), true});
  const Frame frame = received();
  EXPECT_EQ(frame.kind, Kind::error);
  EXPECT_EQ(frame.who, Who::init);
  EXPECT_EQ(frame.step, 7U);
  EXPECT_EQ(frame.err, EPERM);
  EXPECT_EQ(frame.whole, 1U);
  EXPECT_STREQ(frame.what, "open");
  EXPECT_EQ(std::string(frame.path), path.substr(0, sizeof frame.path - 1));
}

// ---------------------------------------------------------------- descriptors

TEST_F(Protocol, ADescriptorRidesAlong) {
  const sys::Fd file(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(InitEnd(theirs_.get()).give_console(file.get()), 0);
  const ParentEnd to = parent();
  Frame frame;
  sys::Fd came;
  ASSERT_EQ(to.receive(frame, came, sender_), 0);
  EXPECT_EQ(frame.kind, Kind::console);
  ASSERT_TRUE(came);
  EXPECT_EQ(fcntl(came.get(), F_GETFD), FD_CLOEXEC);
  char byte = 1;
  EXPECT_EQ(read(came.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 0);
}

TEST_F(Protocol, ASourceComesAsADescriptorOrAsAnErrno) {
  const ParentEnd from = parent();
  const InitEnd init(theirs_.get());
  sys::Fd source;
  ASSERT_EQ(from.give_source(STDIN_FILENO), 0);
  EXPECT_EQ(init.ask_for_source(7, STDOUT_FILENO, source), 0);
  EXPECT_TRUE(source);
  Frame frame;
  sys::Fd came;
  ASSERT_EQ(from.receive(frame, came, sender_), 0);
  EXPECT_EQ(frame.kind, Kind::source_please);
  EXPECT_EQ(frame.who, Who::init);
  EXPECT_EQ(frame.value, 7);
  EXPECT_TRUE(came);
  ASSERT_EQ(from.give_source(-EACCES), 0);
  EXPECT_EQ(init.ask_for_source(8, STDOUT_FILENO, source), -EACCES);
  EXPECT_FALSE(source);
  ASSERT_EQ(from.run(-1), 0);
  EXPECT_EQ(init.ask_for_source(9, STDOUT_FILENO, source), -EPROTO);
}

TEST_F(Protocol, ADescriptorThatWasHereBeforeIsClosed) {
  Frame frame;
  sys::Fd came(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const size_t before = open_descriptors();
  ASSERT_EQ(send_frame(theirs_.get(), frame, STDIN_FILENO), 0);
  ASSERT_EQ(receive_frame(ours_.get(), frame, &came), 0);
  EXPECT_EQ(open_descriptors(), before);
  ASSERT_EQ(send_frame(theirs_.get(), frame), 0);
  ASSERT_EQ(receive_frame(ours_.get(), frame, &came), 0);
  EXPECT_FALSE(came);
  EXPECT_EQ(open_descriptors(), before - 1);
}

TEST_F(Protocol, AnUnexpectedDescriptorIsClosed) {
  const size_t before = open_descriptors();
  Frame frame;
  frame.kind = Kind::maps_done;
  ASSERT_EQ(send_frame(ours_.get(), frame, STDIN_FILENO), 0);
  EXPECT_EQ(ChildEnd(theirs_.get()).ask_for_maps(), 0);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Protocol, TheFifoComesWithRun) {
  Frame frame;
  frame.kind = Kind::run;
  ASSERT_EQ(send_frame(ours_.get(), frame, STDIN_FILENO), 0);
  EXPECT_EQ(InitEnd(theirs_.get()).ready(fifo_), 0);
  EXPECT_TRUE(fifo_);
}

TEST_F(Protocol, ADescriptorThatComesWithGarbageIsClosed) {
  const size_t before = open_descriptors();
  Frame frame;
  frame.version = kVersion + 1;
  ASSERT_EQ(send_frame(theirs_.get(), frame, STDIN_FILENO), 0);
  sys::Fd came;
  EXPECT_EQ(receive_frame(ours_.get(), frame, &came), -EPROTO);
  EXPECT_FALSE(came);
  EXPECT_EQ(open_descriptors(), before);
}

// There is room for one; the alignment of control messages makes it two on 64-bit machines.
TEST_F(Protocol, SeveralDescriptorsAreAllClosed) {
  for (const size_t n : {2U, 3U, 20U}) {
    const size_t before = open_descriptors();
    send_descriptors(Frame{}, std::vector<int>(n, STDIN_FILENO));
    Frame frame;
    sys::Fd came;
    (void)receive_frame(ours_.get(), frame, &came);
    came.reset();
    EXPECT_EQ(open_descriptors(), before) << n << " descriptors";
  }
}

// ---------------------------------------------------------------- what is no frame

TEST_F(Protocol, TruncatedFramesAreRefused) {
  const Frame good;
  for (const size_t size : {size_t{1}, size_t{4}, size_t{40}, sizeof good - 1}) {
    send_bytes(&good, size);
    Frame frame;
    EXPECT_EQ(receive_frame(ours_.get(), frame), -EPROTO) << size;
  }
}

TEST_F(Protocol, OversizedFramesAreRefused) {
  std::vector<char> bytes(sizeof(Frame) + 1);
  const Frame good;
  std::memcpy(bytes.data(), &good, sizeof good);
  send_bytes(bytes.data(), bytes.size());
  Frame frame;
  EXPECT_EQ(receive_frame(ours_.get(), frame), -EPROTO);
}

TEST_F(Protocol, GarbageIsRefused) {
  Frame frame;
  const std::string noise(sizeof frame, '\xa5');
  send_bytes(noise.data(), noise.size());
  EXPECT_EQ(receive_frame(ours_.get(), frame), -EPROTO);
  Frame other;
  other.magic = 1;
  ASSERT_EQ(send_frame(theirs_.get(), other), 0);
  EXPECT_EQ(receive_frame(ours_.get(), frame), -EPROTO);
}

TEST_F(Protocol, TextsInAFrameAlwaysEnd) {
  Frame endless;
  std::memset(endless.what, 'w', sizeof endless.what);
  std::memset(endless.path, 'p', sizeof endless.path);
  send_bytes(&endless, sizeof endless);
  const Frame frame = received();
  EXPECT_EQ(std::string(frame.what).size(), sizeof frame.what - 1);
  EXPECT_EQ(std::string(frame.path).size(), sizeof frame.path - 1);
}

TEST_F(Protocol, AnotherKindThanExpectedIsRefused) {
  answer(Kind::maps_done);
  EXPECT_EQ(InitEnd(theirs_.get()).ready(fifo_), -EPROTO);
  answer(Kind::run);
  EXPECT_EQ(ChildEnd(theirs_.get()).ask_for_maps(), -EPROTO);
  answer(Kind::plan, 0);
  EXPECT_EQ(InitEnd(theirs_.get()).ask_for_hooks(arena_, text_), -EPROTO);
}

TEST_F(Protocol, OnlyTheParentAnswers) {
  for (const Who who : {Who::child, Who::init, static_cast<Who>(9)}) {
    answer(Kind::run, 0, who);
    EXPECT_EQ(InitEnd(theirs_.get()).ready(fifo_), -EPROTO);
  }
}

TEST_F(Protocol, SizesThatCannotBeAreRefused) {
  for (const int64_t size : {int64_t{-1}, INT64_MIN, static_cast<int64_t>(kMaxText) + 1, INT64_MAX}) {
    answer(Kind::plan, size);
    EXPECT_EQ(InitEnd(theirs_.get()).receive_plan(arena_, text_), -EPROTO) << size;
  }
}

// ---------------------------------------------------------------- a peer that is gone

TEST_F(Protocol, AClosedPeerIsEpipe) {
  theirs_.reset();
  Frame frame;
  EXPECT_EQ(receive_frame(ours_.get(), frame), -EPIPE);
  char byte = 0;
  EXPECT_EQ(receive_text(ours_.get(), &byte, 1), -EPIPE);
  // The default action of SIGPIPE would end this test.
  struct sigaction standard = {};
  struct sigaction before = {};
  standard.sa_handler = SIG_DFL;
  ASSERT_EQ(sigaction(SIGPIPE, &standard, &before), 0);
  EXPECT_EQ(send_frame(ours_.get(), frame), -EPIPE);
  EXPECT_EQ(send_text(ours_.get(), "text"), -EPIPE);
  EXPECT_EQ(parent().run(-1), -EPIPE);
  ASSERT_EQ(sigaction(SIGPIPE, &before, nullptr), 0);
}

// The kernel says ECONNRESET when the peer had not read all that was sent to it.
TEST_F(Protocol, APeerThatWentWithoutReadingIsEpipe) {
  Frame frame;
  ASSERT_EQ(send_frame(ours_.get(), frame), 0);
  theirs_.reset();
  EXPECT_EQ(receive_frame(ours_.get(), frame), -EPIPE);
}

TEST_F(Protocol, APeerThatWentInTheMiddleOfATextIsEpipe) {
  Frame frame;
  ASSERT_EQ(send_frame(theirs_.get(), frame), 0);  // stays unread
  answer(Kind::plan, 100);
  ASSERT_EQ(send_text(ours_.get(), "half"), 0);
  ours_.reset();
  EXPECT_EQ(InitEnd(theirs_.get()).receive_plan(arena_, text_), -EPIPE);
}

TEST_F(Protocol, WhatWasSentBeforeTheEndIsStillRead) {
  InitEnd(theirs_.get()).error(3, {ENOENT, "open", "/x"});
  theirs_.reset();
  EXPECT_EQ(received().step, 3U);
  Frame frame;
  EXPECT_EQ(receive_frame(ours_.get(), frame), -EPIPE);
}

// ---------------------------------------------------------------- long texts

TEST_F(Protocol, TextsOfAllSizes) {
  const ParentEnd from = parent();
  for (const size_t size : {kPiece - 1, kPiece, kPiece + 1, 3 * kPiece, size_t{5} << 20}) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / kPiece);
    int received = -1;
    std::thread reader([&] { received = InitEnd(theirs_.get()).receive_plan(arena_, text_); });
    EXPECT_EQ(from.give_plan(text), 0);
    reader.join();
    EXPECT_EQ(received, 0);
    EXPECT_TRUE(text_.view() == text) << size;  // not printed: it is long
  }
}

TEST_F(Protocol, AReaderThatGoesAwayEndsALongText) {
  const ParentEnd from = parent();
  std::thread reader([&] {
    Frame frame;
    EXPECT_EQ(receive_frame(theirs_.get(), frame), 0);
    theirs_.reset();
  });
  // The kernel's first answer may be that something we sent was not read.
  const int err = from.give_plan(std::string(size_t{5} << 20, 'x'));
  EXPECT_TRUE(err == -EPIPE || err == -ECONNRESET) << err;
  reader.join();
}

}  // namespace
}  // namespace husk::starting
