// The timeline of one start, from the parent's first step to the program: CreateOptions::trace.
#pragma once

#include <string>

#include "base/result.h"
#include "plan/plan.h"
#include "start/protocol.h"
#include "sys/fd.h"
#include "sys/timeline.h"

namespace husk::life {

class Timeline {
 public:
  Timeline() = default;
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;
  ~Timeline();

  // Nothing is written down, and nothing done, with an empty path. A file that cannot be written is told now, before
  // anything is started.
  Status open(const std::string& path);

  [[nodiscard]] bool on() const { return memory_ != nullptr; }
  [[nodiscard]] sys::Recorder recorder() const { return {memory_, static_cast<uint32_t>(starting::Who::parent)}; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // In the format of Chrome's tracing, which ui.perfetto.dev opens, too. `plan` may be one without steps.
  Status write(const plan::Plan& plan, const std::string& what, pid_t init, const Error* failed) const;

 private:
  sys::Timeline* memory_ = nullptr;
  sys::Fd fd_, directory_;
  std::string path_, name_;
  int64_t opened_ = 0, opened_ns_ = 0;  // ticks, and CLOCK_MONOTONIC
};

// Writes down what is done until its end.
class Span {
 public:
  Span(const Timeline& timeline, const char* what)
      : recorder_(timeline.recorder()), begin_(recorder_.now()), what_(what) {}
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span() {
    if (recorder_.on()) recorder_.add(begin_, starting::kNoStep, what_);
  }

 private:
  sys::Recorder recorder_;
  int64_t begin_;
  const char* what_;
};

}  // namespace husk::life
