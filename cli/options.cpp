// getopt_long_only does the work; what is added makes it accept exactly what runc's flag package accepts:
//  - one-letter names are long options too, so "-b=DIR" and "--b DIR" work, and "-bDIR" does not;
//  - "--flag=false" is allowed for flags, "--flag false" is not;
//  - abbreviations, which getopt would take, are refused: "--no" must not change its meaning with a new option;
//  - POSIXLY_CORRECT has no say: arguments are taken in order ("-") and collected here.
#include "cli/options.h"

#include <getopt.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace husk::cli {

namespace {

constexpr size_t kMaxOptions = 32;  // in one table
// What getopt is to answer for the first option of a table; 1 is its word for an argument, characters for errors.
constexpr int kFirst = 0x100;
constexpr int kHelp = 0x1000;

struct LongOptions {
  struct ::option list[2 * kMaxOptions + 3] = {};
  size_t count = 0;

  void add(const char* name, int has_arg, int value) { list[count++] = {name, has_arg, nullptr, value}; }
};

// The names of one letter, as strings that stay.
const char* letter_name(char letter) {
  static constexpr char names[] = "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q\0r\0s\0t\0u\0v\0w\0x\0y\0z";
  return names + 2 * static_cast<size_t>(letter - 'a');
}

LongOptions make_list(std::span<const Option> table) {
  LongOptions out;
  for (size_t i = 0; i < table.size() && i < kMaxOptions; ++i) {
    const int has_arg = table[i].kind == Kind::flag ? optional_argument : required_argument;
    out.add(table[i].name, has_arg, kFirst + static_cast<int>(i));
    if (table[i].letter != '\0') out.add(letter_name(table[i].letter), has_arg, kFirst + static_cast<int>(i));
  }
  out.add("help", optional_argument, kHelp);
  out.add("h", optional_argument, kHelp);
  return out;
}

// The name as it was written on the command line, without dashes and value.
std::string_view written_name(std::span<char*> argv) {
  const auto index = static_cast<size_t>(optind);
  const char* word = argv[optarg != nullptr && optarg == argv[index - 1] ? index - 2 : index - 1];
  std::string_view name = word;
  name.remove_prefix(name.substr(0, 2) == "--" ? 2 : 1);
  return name.substr(0, name.find('='));
}

Error undefined(std::string_view name) {
  return fail(0, "flag provided but not defined: -", name);
}

Error wrong_value(std::string_view name, Kind kind) {
  return fail(0, kind == Kind::flag ? "invalid boolean value \"" : "invalid value \"", optarg,
              kind == Kind::flag ? "\" for -" : "\" for flag -", name, ": parse error");
}

}  // namespace

bool parse(const char* value, std::string& to) {
  to = value;
  return true;
}

bool parse(const char* value, std::optional<std::string>& to) {
  to = value;
  return true;
}

bool parse(const char* value, std::vector<std::string>& to) {
  to.emplace_back(value);
  return true;
}

bool parse(const char* value, bool& to) {
  const std::string_view v = value;
  to = v == "1" || v == "t" || v == "T" || v == "true" || v == "True" || v == "TRUE";
  return to || v == "0" || v == "f" || v == "F" || v == "false" || v == "False" || v == "FALSE";
}

bool parse(const char* value, int& to) {
  char* end = nullptr;
  errno = 0;
  const long n = strtol(value, &end, 0);
  if (end == value || *end != '\0' || strchr(" \t\n\v\f\r", *value) != nullptr) return false;
  if (errno != 0 || n < INT_MIN || n > INT_MAX) return false;
  to = static_cast<int>(n);
  return true;
}

Result<Parsed> parse_options(std::span<char*> argv, std::span<const Option> table, Order order, void* arguments) {
  const LongOptions names = make_list(table);
  Parsed parsed;
  size_t count = 0;  // arguments found so far, moved to argv[1...]
  opterr = 0;
  optind = 0;  // 0, not 1: start afresh
  for (;;) {
    int index = -1;
    const int found = getopt_long_only(static_cast<int>(argv.size()), argv.data(),
                                       order == Order::mixed ? "-:" : "+:", names.list, &index);
    if (found == -1) break;
    if (found == 1) {
      argv[++count] = optarg;
      continue;
    }
    const std::string_view name = written_name(argv);
    if (found == ':') return fail(0, "flag needs an argument: -", name);
    if (found == '?' || index < 0 || name != names.list[index].name) return undefined(name);
    if (found == kHelp) {
      parsed.help = true;
      return parsed;
    }
    const Option& option = table[static_cast<size_t>(found - kFirst)];
    if (optarg == nullptr) optarg = const_cast<char*>("true");
    if (!option.store(arguments, optarg)) return wrong_value(name, option.kind);
  }
  for (auto i = static_cast<size_t>(optind); i < argv.size(); ++i) argv[++count] = argv[i];
  parsed.rest = argv.subspan(1, count);
  return parsed;
}

}  // namespace husk::cli
