// Text in init: a view that is known to end in NUL, so that it can go to the kernel as it is.
#pragma once

#include <cstddef>
#include <string_view>

namespace husk {

class Str {
 public:
  constexpr Str() = default;
  // From a literal, or any NUL-terminated text.
  constexpr Str(const char* text)
      : text_(text), size_(__builtin_strlen(text)) {}  // NOLINT(google-explicit-constructor)
  // `text[size]` must be NUL.
  constexpr Str(const char* text, size_t size) : text_(text), size_(size) {}

  [[nodiscard]] constexpr const char* c_str() const { return text_; }
  [[nodiscard]] constexpr size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr std::string_view view() const { return {text_, size_}; }
  constexpr operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  constexpr char operator[](size_t i) const { return text_[i]; }

 private:
  const char* text_ = "";
  size_t size_ = 0;
};

// Text of limited length that is put together without allocation. What does not fit is dropped and full() says so.
template <size_t N>
class Text {
 public:
  Text& add(std::string_view s) {
    for (char c : s) add(c);
    return *this;
  }
  Text& add(char c) {
    if (size_ + 1 < N)
      buffer_[size_++] = c;
    else
      full_ = true;
    buffer_[size_] = '\0';
    return *this;
  }
  Text& number(long value) {
    char digits[24];
    size_t n = 0;
    unsigned long rest = value < 0 ? 0UL - static_cast<unsigned long>(value) : static_cast<unsigned long>(value);
    do {
      digits[n++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (value < 0) add('-');
    while (n != 0) add(digits[--n]);
    return *this;
  }
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] Str str() const { return {buffer_, size_}; }
  [[nodiscard]] const char* c_str() const { return buffer_; }
  [[nodiscard]] size_t size() const { return size_; }
  void truncate(size_t size) {
    if (size < size_) size_ = size;
    buffer_[size_] = '\0';
  }

 private:
  char buffer_[N] = {};
  size_t size_ = 0;
  bool full_ = false;
};

}  // namespace husk
