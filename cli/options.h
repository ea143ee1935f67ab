// The one description of a command's options, from which parsing, help and usage errors are made (ADR 4). All tables
// are constexpr: nothing is built when the program starts.
#pragma once

#include <husk/result.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace husk::cli {

enum class Kind : uint8_t { flag, text, number };

struct Option {
  const char* name;
  char letter;  // '\0': none
  Kind kind;
  bool hidden;
  const char* help;
  // Stores the value into the command's arguments; false: it is not of the kind.
  bool (*store)(void* arguments, const char* value);
  const char* values = nullptr;  // the words it takes, with blanks between; null: any
};

bool parse(const char* value, std::string& to);
bool parse(const char* value, std::optional<std::string>& to);  // tells an empty value from none
bool parse(const char* value, bool& to);                        // 1 t T true True TRUE 0 f F false False FALSE
bool parse(const char* value, int& to);                         // decimal, 0x, 0
bool parse(const char* value, std::vector<std::string>& to);    // adds one: the option may be given several times

namespace detail {
template <class T>
struct KindOf;
template <>
struct KindOf<bool> {
  static constexpr Kind value = Kind::flag;
};
template <>
struct KindOf<std::string> {
  static constexpr Kind value = Kind::text;
};
template <>
struct KindOf<std::optional<std::string>> {
  static constexpr Kind value = Kind::text;
};
template <>
struct KindOf<int> {
  static constexpr Kind value = Kind::number;
};
template <>
struct KindOf<std::vector<std::string>> {
  static constexpr Kind value = Kind::text;
};
template <class Class, class T>
constexpr Kind kind_of(T Class::* /*member*/) {
  return KindOf<T>::value;
}
}  // namespace detail

// option<Arguments, &Arguments::member>("name", 'n', "help"): the member's type is the option's kind.
template <class Arguments, auto Member>
constexpr Option option(const char* name, char letter, const char* help, bool hidden = false) {
  return {
      name,   letter, detail::kind_of(Member),
      hidden, help,   [](void* to, const char* value) { return parse(value, static_cast<Arguments*>(to)->*Member); }};
}

// one_of("text json", option<...>(...)): what completions offer for it.
constexpr Option one_of(const char* values, Option option) {
  option.values = values;
  return option;
}

enum class Order : uint8_t {
  mixed,       // options may follow the arguments: "run ID --detach"
  args_first,  // the first argument ends the options: global options, exec, ps
};

struct Parsed {
  std::span<char*> rest;  // the arguments that are not options
  bool help = false;      // -h or --help, which every table has without listing it
};

// Parses argv[1...], which is reordered. An error is a sentence for the user, in runc's words.
Result<Parsed> parse_options(std::span<char*> argv, std::span<const Option> table, Order order, void* arguments);

}  // namespace husk::cli
