#include "rooms/network/message.h"

namespace husk::network {

Message::Message(uint16_t type, unsigned flags) {
  struct nlmsghdr header = {};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST | NLM_F_ACK);
  pad(bytes_of(header));
}

void Message::pad(std::string_view value) {
  bytes_ += value;
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

Message& Message::raw(uint16_t attribute, std::string_view value) {
  struct rtattr a = {};
  a.rta_type = attribute;
  a.rta_len = static_cast<uint16_t>(sizeof a + value.size());
  bytes_ += bytes_of(a);
  pad(value);
  return *this;
}

Message& Message::text(uint16_t attribute, std::string_view value) {
  std::string ended(value);
  ended.push_back('\0');
  return raw(attribute, ended);
}

size_t Message::open(uint16_t attribute) {
  const size_t at = bytes_.size();
  raw(static_cast<uint16_t>(attribute | NLA_F_NESTED), {});
  return at;
}

void Message::close(size_t opened) {
  const auto length = static_cast<uint16_t>(bytes_.size() - opened);
  std::memcpy(bytes_.data() + opened + offsetof(struct rtattr, rta_len), &length, sizeof length);
}

std::string_view Message::finish(uint32_t number) {
  const auto length = static_cast<uint32_t>(bytes_.size());
  std::memcpy(bytes_.data() + offsetof(struct nlmsghdr, nlmsg_len), &length, sizeof length);
  std::memcpy(bytes_.data() + offsetof(struct nlmsghdr, nlmsg_seq), &number, sizeof number);
  return bytes_;
}

std::optional<std::string_view> Attributes::find(uint16_t type) const {
  std::optional<std::string_view> out;
  each([&](uint16_t found, std::string_view value) {
    if (found == type) out = value;
  });
  return out;
}

std::string Attributes::text(uint16_t type) const {
  const std::string_view value = find(type).value_or(std::string_view());
  return std::string(value.substr(0, value.find('\0')));
}

uint32_t Attributes::number(uint16_t type, uint32_t otherwise) const {
  const std::string_view value = find(type).value_or(std::string_view());
  if (value.size() == sizeof(uint8_t)) return static_cast<uint8_t>(value.front());
  if (value.size() >= sizeof otherwise) std::memcpy(&otherwise, value.data(), sizeof otherwise);
  return otherwise;
}

}  // namespace husk::network
