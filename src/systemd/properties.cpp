#include "systemd/properties.h"

#include <stdlib.h>
#include <string.h>

#include <cerrno>

namespace husk::systemd {
namespace {

using cgroup::systemd::Texts;

struct Head {
  Str name;
  bool optional = false;
  Str type;
  unsigned long long count = 0;
};

Head read_head(Texts& in) {
  Head out;
  out.name = in.next();
  out.optional = in.next()[0] == cgroup::systemd::kOptional[0];
  out.type = in.next();
  out.count = in.number();
  return out;
}

void skip_values(Texts& in, const Head& head) {
  const unsigned long long texts = head.type.view() == "a(ss)" ? 2 : 1;
  for (unsigned long long i = 0; i < head.count * texts && !in.bad(); ++i) (void)in.next();
}

// Ranges were looked at by who made the request.
int append_basic(sd_bus_message* message, char type, Str text) {
  if (type == 's' || type == 'o' || type == 'g') return sd_bus_message_append_basic(message, type, text.c_str());
  if (type == 'd') {
    const double value = strtod(text.c_str(), nullptr);
    return sd_bus_message_append_basic(message, type, &value);
  }
  const bool negative = text[0] == '-';
  Texts digits(text.c_str() + (negative ? 1 : 0), text.size() + (negative ? 0 : 1));
  uint64_t value = digits.number();
  if (digits.bad()) return -EBADMSG;
  if (negative) value = ~value + 1;
  // The parts of a number lie at its beginning: both machines that husk knows are little endian. A boolean is an int.
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  return sd_bus_message_append_basic(message, type, &value);
}

int append_values(sd_bus_message* message, Texts& in, const Head& head) {
  const char* type = head.type.c_str();
  if (type[0] != 'a')
    return head.count == 1 && head.type.size() == 1 ? append_basic(message, type[0], in.next()) : -EBADMSG;
  const bool pairs = head.type.view() == "a(ss)";
  if (!pairs && head.type.size() != 2) return -EBADMSG;
  int r = sd_bus_message_open_container(message, 'a', type + 1);
  for (unsigned long long i = 0; r >= 0 && i < head.count && !in.bad(); ++i) {
    if (pairs) {
      const Str first = in.next();
      const Str second = in.next();
      r = sd_bus_message_append(message, "(ss)", first.c_str(), second.c_str());
    } else {
      r = append_basic(message, type[1], in.next());
    }
  }
  return r < 0 ? r : sd_bus_message_close_container(message);
}

int append_property(sd_bus_message* message, Texts& in, const Head& head) {
  int r = sd_bus_message_open_container(message, 'r', "sv");
  if (r >= 0) r = sd_bus_message_append_basic(message, 's', head.name.c_str());
  if (r >= 0) r = sd_bus_message_open_container(message, 'v', head.type.c_str());
  if (r >= 0) r = append_values(message, in, head);
  if (r >= 0) r = sd_bus_message_close_container(message);
  if (r >= 0) r = sd_bus_message_close_container(message);
  return r;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// As a word of its own: an error about CPUWeight is none about StartupCPUWeight.
bool names(const char* text, Str word) {
  for (const char* at = text; (at = strstr(at, word.c_str())) != nullptr; ++at)
    if ((at == text || !is_letter(at[-1])) && !is_letter(at[word.size()])) return true;
  return false;
}

}  // namespace

int append_properties(sd_bus_message* message, Texts in, const Dropped& dropped) {
  int r = sd_bus_message_open_container(message, 'a', "(sv)");
  for (size_t i = 0; r >= 0 && !in.done(); ++i) {
    const Head head = read_head(in);
    if (in.bad()) return -EBADMSG;
    if (i < Dropped::kMax && dropped.is[i])
      skip_values(in, head);
    else
      r = append_property(message, in, head);
    if (in.bad()) return -EBADMSG;
  }
  return r < 0 ? r : sd_bus_message_close_container(message);
}

// A property that is younger than this systemd, or a value of it that is. Versions say little, as distributions take
// changes back and forth; the answer is what counts.
bool drop_property(Texts in, const Failure& failure, Dropped& dropped) {
  if (!failure.is("org.freedesktop.DBus.Error.PropertyReadOnly") &&
      !failure.is("org.freedesktop.DBus.Error.UnknownProperty") &&
      !failure.is("org.freedesktop.DBus.Error.InvalidArgs"))
    return false;
  bool found = false;
  for (size_t i = 0; i < Dropped::kMax && !in.done() && !in.bad(); ++i) {
    const Head head = read_head(in);
    skip_values(in, head);
    if (dropped.is[i] || !head.optional || head.name.empty() || !names(failure.what.c_str(), head.name)) continue;
    dropped.is[i] = found = true;
  }
  return found;
}

}  // namespace husk::systemd
