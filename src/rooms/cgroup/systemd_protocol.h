// What libhusk and the program husk-systemd (src/systemd) say to each other, over one SOCK_SEQPACKET socket.
//
// One message a request, one a reply; nothing is asked before the last answer is there. A message is a letter and then
// texts, each with its NUL:
//
//   start   's' unit property*            set  'p' unit property*
//   stop    'k' unit                      attach  'a' unit below pid
//   property: name, need, type, count of values in decimal, values ("a(ss)": two texts for each)
//
//   done    'o'
//   error   'e' name text                 what systemd or the bus answered
//   job     'j' result                    the unit's job came to an end, and it was not "done"
//   failed  'f' errno what                the program itself could not: "connect to ..."
//
// The socket is also the program's standard error: so a message that begins otherwise is what the dynamic loader says
// when a library is missing.
//
// Shared with a program that has no C++ library: nothing here may need one.
#pragma once

#include <cstddef>

#include "base/str.h"

namespace husk::cgroup::systemd {

enum Request : char { kStart = 's', kSet = 'p', kStop = 'k', kAttach = 'a' };
enum Reply : char { kDone = 'o', kError = 'e', kJob = 'j', kFailed = 'f' };
// What a property is to a systemd that does not know it: a reason to refuse, or left out.
constexpr char kNeeded[] = "!";
constexpr char kOptional[] = "?";

constexpr size_t kMaxRequest = size_t{128} << 10;
constexpr size_t kMaxReply = 2048;

// Takes a message to pieces; whatever does not fit marks it as bad.
class Texts {
 public:
  Texts(const char* data, size_t size) : at_(data), end_(data + size) {}

  [[nodiscard]] bool done() const { return at_ == end_; }
  [[nodiscard]] bool bad() const { return bad_; }
  Str next() {
    const char* start = at_;
    while (at_ != end_ && *at_ != '\0') ++at_;
    if (at_ == end_) {
      bad_ = true;
      return {};
    }
    return {start, static_cast<size_t>(at_++ - start)};
  }
  // A decimal number without sign.
  unsigned long long number() {
    const Str text = next();
    unsigned long long n = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const auto digit = static_cast<unsigned>(text[i] - '0');
      if (digit > 9 || __builtin_mul_overflow(n, 10ULL, &n) || __builtin_add_overflow(n, digit, &n)) bad_ = true;
    }
    if (text.empty()) bad_ = true;
    return n;
  }

 private:
  const char* at_;
  const char* end_;
  bool bad_ = false;
};

}  // namespace husk::cgroup::systemd
