#include "life/timeline.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

#include "host/files.h"
#include "husk/text.h"
#include "json/writer.h"

namespace husk::life {
namespace {

using starting::Who;

constexpr const char* kWho[] = {"parent", "child", "init"};
constexpr uint32_t kLast = static_cast<uint32_t>(Who::init);

// Microseconds since the beginning, with the nanoseconds behind the point.
std::string microseconds(int64_t ns) {
  std::string digits = std::to_string(ns % 1000);
  return cat(ns / 1000, ".", std::string(3 - digits.size(), '0'), digits);
}

int64_t clock_ns() {
  timespec now = {};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string words_of(const sys::Moment& m, const plan::Plan& plan) {
  return cat(m.failed != 0 ? "failed: " : "",
             printable(m.step < plan.steps.size() ? plan::words(plan.steps[m.step]) : std::string(m.what)));
}

const char* category(const sys::Moment& m, const std::string& words) {
  if (m.failed != 0) return "error";
  if (words.starts_with("wait ") || words.starts_with("tell the parent") || words.find(", wait for ") != words.npos)
    return "wait";
  return m.step == starting::kNoStep ? "work" : "step";
}

void add_event(json::Writer& w, const sys::Moment& m, const plan::Plan& plan, int64_t zero) {
  const std::string words = words_of(m, plan);
  w.begin_object().member("name", words).member("cat", category(m, words)).member("ph", "X");
  w.member("pid", 1).member("tid", uint32_t{m.who} + 1).key("ts").raw(microseconds(m.begin - zero));
  w.key("dur").raw(microseconds(m.end - m.begin));
  if (m.step != starting::kNoStep) w.key("args").begin_object().member("step", m.step + 1).end_object();
  w.end_object();
}

void add_name(json::Writer& w, const char* kind, uint32_t tid, const std::string& name) {
  w.begin_object().member("name", kind).member("ph", "M").member("pid", 1).member("tid", tid);
  w.key("args").begin_object().member("name", name).end_object().end_object();
}

}  // namespace

Timeline::~Timeline() {
  if (memory_ != nullptr) munmap(memory_, sizeof *memory_);
}

Status Timeline::open(const std::string& path) {
  if (path.empty()) return {};
  struct stat st = {};
  const size_t slash = path.rfind('/');
  const std::string directory = slash == 0 ? "/" : slash == std::string::npos ? "." : path.substr(0, slash);
  // Held from now on: whoever may rename it (the container, once it runs) is not to choose where the file goes.
  directory_.reset(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory_ || faccessat(directory_.get(), ".", W_OK | X_OK, 0) < 0)
    return fail(errno, "write the trace file ", path);
  name_ = path.substr(slash + 1);
  if (name_.empty()) return fail(EISDIR, "write the trace file ", path);
  // It takes the place of what is there: that must not be /dev/null, nor anybody's pipe.
  if (fstatat(directory_.get(), name_.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode) &&
      !S_ISLNK(st.st_mode))
    return fail(0, "write the trace file ", path, ": it is there and no regular file");
  fd_.reset(memfd_create("husk-timeline", MFD_CLOEXEC));
  if (!fd_ || ftruncate(fd_.get(), sizeof *memory_) < 0) return fail(errno, "make memory for the trace");
  void* at = mmap(nullptr, sizeof *memory_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (at == MAP_FAILED) return fail(errno, "map memory for the trace");
  memory_ = static_cast<sys::Timeline*>(at);
  path_ = path;
  opened_ = sys::ticks();
  opened_ns_ = clock_ns();
  return {};
}

Status Timeline::write(const plan::Plan& plan, const std::string& what, pid_t init, const Error* failed) const {
  if (!on()) return {};
  const uint32_t begun = __atomic_load_n(&memory_->used, __ATOMIC_ACQUIRE);
  const size_t count = std::min(begun, sys::Timeline::kRoom);
  std::vector<sys::Moment> moments(memory_->moments, memory_->moments + count);
  for (sys::Moment& m : moments) m.what[sizeof m.what - 1] = '\0';
  // Init has not finished writing what it wrote when it was ended; and a process that may write to init's memory may
  // have put anything there.
  const int64_t now = sys::ticks();
  std::erase_if(moments, [&](const sys::Moment& m) {
    const bool known = m.who <= kLast && (m.step == starting::kNoStep || m.step < plan.steps.size());
    return !known || m.begin < opened_ || m.end < m.begin || m.end > now;
  });
  // An execve that has failed is there twice, for it is written down before: when it succeeds nobody is left to do
  // that.
  const auto last = std::find_if(moments.begin(), moments.end(),
                                 [](const sys::Moment& m) { return m.step != starting::kNoStep && m.failed != 0; });
  if (last != moments.end())
    moments.erase(std::remove_if(moments.begin(), last, [&](const sys::Moment& m) { return m.step == last->step; }),
                  last);
  const double tick =
      static_cast<double>(clock_ns() - opened_ns_) / static_cast<double>(std::max<int64_t>(now - opened_, 1));
  for (sys::Moment& m : moments)
    for (int64_t* at : {&m.begin, &m.end}) *at = static_cast<int64_t>(static_cast<double>(*at - opened_) * tick);
  std::stable_sort(moments.begin(), moments.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  json::Writer w(json::Style::pretty, " ");
  w.begin_object().member("displayTimeUnit", "ns").key("otherData").begin_object();
  w.member("what", what).member("pid", init);
  if (failed != nullptr) w.member("error", printable(failed->text()));
  // A plan of thousands of steps: the last of them are not there.
  if (begun > sys::Timeline::kRoom) w.member("leftOut", static_cast<uint64_t>(begun - sys::Timeline::kRoom));
  w.end_object().key("traceEvents").begin_array();
  add_name(w, "process_name", 1, what);
  for (uint32_t who = 0; who <= kLast; ++who)
    if (std::any_of(moments.begin(), moments.end(), [who](const sys::Moment& m) { return m.who == who; }))
      add_name(w, "thread_name", who + 1, kWho[who]);
  for (const sys::Moment& m : moments) add_event(w, m, plan, moments.front().begin);
  w.end_array().end_object();
  if (Status s = host::write_atomic_at(directory_.get(), name_, w.take() + "\n", 0644); !s.ok())
    return std::move(s).error().within(cat("trace file ", path_));
  return {};
}

}  // namespace husk::life
