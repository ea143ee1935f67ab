// Value or error, for everything outside of init.
//
// An Error is one sentence for the user: what was tried and on what (`what`), why it failed (`errnum`, or already in
// the sentence), and what to do about it (`hint`). Callers add context in front: "mount /proc: " + inner.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace husk {

struct [[nodiscard]] Error {
  std::string what;
  int errnum = 0;  // 0: the sentence says it all
  std::string hint;
  int exit_code = 1;   // what a command ends with because of it
  bool said = false;   // errnum is for programs: the sentence has it in its own words
  bool plain = false;  // shown without time and level on a terminal: as a shell would say it of the program
  std::string more;    // how to see more: no part of the sentence, told on standard error where that is text

  // The sentence: "what: no such file or directory (hint)". Errno texts are lower case, as clients of runc expect.
  [[nodiscard]] std::string text() const;
  // The same error with context in front.
  [[nodiscard]] Error within(std::string_view context) &&;
};

// Text of an errno value in lower case: "operation not permitted".
[[nodiscard]] std::string errno_text(int errnum);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & { return *std::get_if<0>(&v_); }
  const T& operator*() const& { return *std::get_if<0>(&v_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&v_)); }
  T* operator->() { return std::get_if<0>(&v_); }
  const T* operator->() const { return std::get_if<0>(&v_); }
  [[nodiscard]] Error& error() & { return *std::get_if<1>(&v_); }
  [[nodiscard]] const Error& error() const& { return *std::get_if<1>(&v_); }
  [[nodiscard]] Error&& error() && { return std::move(*std::get_if<1>(&v_)); }

 private:
  std::variant<T, Error> v_;
};

struct Ok {};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Ok /*unused*/) {}                                      // NOLINT(google-explicit-constructor)
  Result(Error error) : failed_(true), e_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] Error& error() & { return e_; }
  [[nodiscard]] const Error& error() const& { return e_; }
  [[nodiscard]] Error&& error() && { return std::move(e_); }

 private:
  bool failed_ = false;
  Error e_;
};

using Status = Result<void>;

// Concatenates anything a string can be appended with; numbers go through std::to_string.
namespace detail {
inline void append_one(std::string& out, std::string_view s) {
  out.append(s);
}
inline void append_one(std::string& out, char c) {
  out.push_back(c);
}
template <class T>
requires(std::is_arithmetic_v<T> && !std::is_same_v<T, char>) void append_one(std::string& out, T n) {
  out.append(std::to_string(n));
}
}  // namespace detail

template <class... Parts>
[[nodiscard]] std::string cat(const Parts&... parts) {
  std::string out;
  (detail::append_one(out, parts), ...);
  return out;
}

// fail(errno, "open ", path): an Error with the errno given and a sentence made of the parts.
template <class... Parts>
[[nodiscard]] Error fail(int errnum, const Parts&... parts) {
  return Error{cat(parts...), errnum, {}};
}

}  // namespace husk

#define HUSK_CAT2(a, b) a##b
#define HUSK_CAT(a, b) HUSK_CAT2(a, b)
// HUSK_TRY(status): returns its error from the enclosing function.
#define HUSK_TRY(expr)                                                                 \
  do {                                                                                 \
    if (auto husk_try_ = (expr); !husk_try_.ok()) return std::move(husk_try_).error(); \
  } while (false)
// HUSK_LET(int n, parse(s)): declares n from a Result or returns its error.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses
#define HUSK_LET(decl, expr)                                                                        \
  auto HUSK_CAT(husk_let_, __LINE__) = (expr);                                                      \
  if (!HUSK_CAT(husk_let_, __LINE__).ok()) return std::move(HUSK_CAT(husk_let_, __LINE__)).error(); \
  decl = *std::move(HUSK_CAT(husk_let_, __LINE__))
// NOLINTEND(bugprone-macro-parentheses)
