// Messages of rtnetlink, put together and taken apart. Pure.
//
// A message is a header, a struct that depends on its type (struct ifinfomsg for links ...), and attributes: length,
// type, value, filled up to four bytes. A value may be a list of attributes itself.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace husk::network {

template <class T>
[[nodiscard]] std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

class Message {
 public:
  template <class Head>
  Message(uint16_t type, unsigned flags, const Head& head) : Message(type, flags) {
    pad(bytes_of(head));
  }

  Message& raw(uint16_t attribute, std::string_view value);
  // With the NUL that the kernel wants.
  Message& text(uint16_t attribute, std::string_view value);
  template <std::integral T>
  Message& number(uint16_t attribute, T value) {
    return raw(attribute, bytes_of(value));
  }
  // What is added until close() is inside this attribute.
  [[nodiscard]] size_t open(uint16_t attribute);
  void close(size_t opened);
  // A struct that stands in an attribute before its own attributes.
  template <class Head>
  void head(const Head& head) {
    pad(bytes_of(head));
  }

  // As it is sent.
  [[nodiscard]] std::string_view finish(uint32_t number);

 private:
  Message(uint16_t type, unsigned flags);
  void pad(std::string_view value);
  std::string bytes_;
};

class Attributes {
 public:
  explicit Attributes(std::string_view bytes) : bytes_(bytes) {}

  // f(type, value) for each; what is no whole attribute ends the list.
  template <class F>
  void each(F f) const {
    std::string_view rest = bytes_;
    for (struct rtattr a = {}; rest.size() >= sizeof a;) {
      std::memcpy(&a, rest.data(), sizeof a);
      if (a.rta_len < sizeof a || a.rta_len > rest.size()) return;
      f(static_cast<uint16_t>(a.rta_type & NLA_TYPE_MASK), rest.substr(sizeof a, a.rta_len - sizeof a));
      const size_t whole = RTA_ALIGN(a.rta_len);
      rest.remove_prefix(whole < rest.size() ? whole : rest.size());
    }
  }
  [[nodiscard]] std::optional<std::string_view> find(uint16_t type) const;
  [[nodiscard]] Attributes inside(uint16_t type) const { return Attributes(find(type).value_or(std::string_view())); }
  [[nodiscard]] std::string text(uint16_t type) const;
  [[nodiscard]] uint32_t number(uint16_t type, uint32_t otherwise = 0) const;

 private:
  std::string_view bytes_;
};

// What the kernel says: a message without its header.
struct Answer {
  uint16_t type = 0;
  std::string body;

  // Zeros where it is too short.
  template <class Head>
  [[nodiscard]] Head head() const {
    Head out = {};
    if (body.size() >= sizeof out) std::memcpy(&out, body.data(), sizeof out);
    return out;
  }
  template <class Head>
  [[nodiscard]] Attributes attributes() const {
    const size_t begin = NLMSG_ALIGN(sizeof(Head));
    return Attributes(body.size() > begin ? std::string_view(body).substr(begin) : std::string_view());
  }
};

}  // namespace husk::network
