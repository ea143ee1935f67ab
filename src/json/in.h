// Reading a Document into C++ values.
//
//   void read(const json::In& in, User& out) {
//     in.get("uid", out.uid);       // a member that may be absent
//     in.need("cwd", out.cwd);      // one that may not
//   }
//
// get() and need() find the right read() by the type of `out`: those of this file for numbers, strings, lists ..., and
// one beside each struct. Nothing is returned: the first error is kept in a Failure that all places share, and after it
// reading goes on without effect. So the code above has no error handling in it, and still every error names its place.
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace husk::json {

// What is wrong, and where in the document.
struct Fault {
  std::string pointer, sentence;
};

// `pointer` is `whole` or something in it.
[[nodiscard]] bool is_in(std::string_view pointer, std::string_view whole);

// With `all`, reading goes on after an error. So ok() is no promise that what was read is there: a reader that looks at
// a member again asks at() again, and takes an empty answer.
struct Failure {
  static constexpr size_t kMost = 1000;  // of `all`: a text that is wrong everywhere is not read to its end

  std::optional<Error> first;
  std::vector<Fault>* all = nullptr;  // each error is put there, one for a place
  bool any_case = false;              // names of members count whatever their case, as for programs written in Go
};

class In {
 public:
  In(Value value, Failure& failure) : value_(value), failure_(&failure) {}

  [[nodiscard]] Value value() const { return value_; }
  // False once nothing more is read.
  [[nodiscard]] bool ok() const {
    return !failure_->first.has_value() && (failure_->all == nullptr || failure_->all->size() < Failure::kMost);
  }

  // Records "pointer: sentence" unless an error came before.
  template <class... Parts>
  void fail(const Parts&... parts) const {
    if (ok()) fail_at(value_.pointer(), cat(parts...));
  }

  // True if this value is of that kind; otherwise it is an error.
  [[nodiscard]] bool expect(Kind kind) const;

  // The member, if this is an object that has it with a value other than null.
  [[nodiscard]] std::optional<In> at(std::string_view name) const;

  // True if the member is there (null does not count).
  [[nodiscard]] bool has(std::string_view name) const { return at(name).has_value(); }

  // With any_case there may be several of a name: what the exact one says comes on top.
  template <class T>
  void get(std::string_view name, T& out) const {
    if (failure_->any_case) {
      if (!ok() || !expect(Kind::object)) return;
      for (const Value v : value_.children())
        if (v.kind() != Kind::null && v.key() != name && v.has_key_in_any_case(name)) read(In(v, *failure_), out);
      if (!value_.member(name)) return;
    }
    if (const std::optional<In> member = at(name)) read(*member, out);
  }

  template <class T>
  void need(std::string_view name, T& out) const {
    if (const std::optional<In> member = at(name)) {
      read(*member, out);
    } else {
      missing(name);
    }
  }

  void missing(std::string_view name) const;

  // Calls f(In) for each member or element.
  template <class F>
  void each(F f) const {
    for (const Value v : value_.children()) f(In(v, *failure_));
  }

  [[nodiscard]] size_t size() const;

  // From here on, in this document.
  void set_any_case(bool on) const { failure_->any_case = on; }
  [[nodiscard]] bool any_case() const { return failure_->any_case; }

 private:
  void fail_at(std::string pointer, const std::string& sentence) const;

  Value value_;
  Failure* failure_;
};

void read(const In& in, bool& out);
void read(const In& in, std::string& out);  // refuses NUL bytes: no system call could take them
void read(const In& in, std::vector<std::pair<std::string, std::string>>& out);

// A key that becomes a name somewhere: refuses NUL bytes.
void read_key(const In& in, std::string& out);

int64_t read_signed(const In& in, int64_t min, int64_t max);
uint64_t read_unsigned(const In& in, uint64_t max);

template <std::integral T>
void read(const In& in, T& out) {
  if constexpr (std::signed_integral<T>) {
    out = static_cast<T>(read_signed(in, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else {
    out = static_cast<T>(read_unsigned(in, std::numeric_limits<T>::max()));
  }
}

template <class T>
void read(const In& in, std::optional<T>& out) {
  if (!out) out.emplace();
  read(in, *out);
}

template <class T>
void read(const In& in, std::vector<T>& out) {
  if (!in.expect(Kind::array)) return;
  out.clear();
  out.reserve(in.size());
  in.each([&out](const In& element) { read(element, out.emplace_back()); });
}

// The whole document as a T.
template <class T>
Result<T> parse_as(std::string_view text, bool any_case = false) {
  HUSK_LET(const Document doc, Document::parse(text));
  Failure failure;
  failure.any_case = any_case;
  T out;
  read(In(doc.root(), failure), out);
  if (failure.first) return *std::move(failure.first);
  return out;
}

// The same for who wants to know everything that is wrong: what could be read is in `out`.
template <class T>
void read_all(const Document& doc, T& out, std::vector<Fault>& faults) {
  Failure failure;
  failure.all = &faults;
  read(In(doc.root(), failure), out);
}
template <class T>
Status read_all(std::string_view text, T& out, std::vector<Fault>& faults) {
  HUSK_LET(const Document doc, Document::parse(text));
  read_all(doc, out, faults);
  return Ok{};
}

}  // namespace husk::json
