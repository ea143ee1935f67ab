#include <gtest/gtest.h>

#include <vector>

#include "cli/command.h"
#include "cli/options.h"

namespace husk::cli {
namespace {

struct Arguments {
  std::string bundle;
  bool detach = false;
  bool no_pivot = false;
  int fds = 0;
};

constexpr Option kOptions[] = {
    option<Arguments, &Arguments::bundle>("bundle", 'b', ""),
    option<Arguments, &Arguments::detach>("detach", 'd', ""),
    option<Arguments, &Arguments::no_pivot>("no-pivot", '\0', ""),
    option<Arguments, &Arguments::fds>("fds", '\0', ""),
};

struct Outcome {
  Arguments arguments;
  std::string error;
  bool help = false;
  std::vector<std::string> rest;
};

Outcome read(std::vector<std::string> words, Order order = Order::mixed) {
  words.insert(words.begin(), "command");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);  // as main's
  Outcome outcome;
  auto parsed = parse_options({argv.data(), argv.size() - 1}, kOptions, order, &outcome.arguments);
  if (!parsed.ok()) {
    outcome.error = parsed.error().text();
    return outcome;
  }
  outcome.help = parsed->help;
  for (const char* word : parsed->rest) outcome.rest.emplace_back(word);
  return outcome;
}

TEST(CliOptions, EverySpellingOfRunc) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--bundle", "x"}, {"--bundle=x"}, {"-bundle", "x"}, {"-bundle=x"}, {"-b", "x"}, {"-b=x"}, {"--b", "x"}}) {
    const Outcome got = read(words);
    EXPECT_EQ(got.error, "");
    EXPECT_EQ(got.arguments.bundle, "x") << words[0];
  }
  for (const char* word : {"--no-pivot", "-no-pivot", "--no-pivot=true", "--no-pivot=1"})
    EXPECT_TRUE(read({word}).arguments.no_pivot) << word;
  EXPECT_FALSE(read({"--no-pivot=false"}).arguments.no_pivot);
  EXPECT_EQ(read({"--fds", "-1"}).arguments.fds, -1);
  EXPECT_EQ(read({"--fds=0x10"}).arguments.fds, 16);
}

TEST(CliOptions, MixedWithArguments) {
  const Outcome got = read({"id", "-d", "second", "--bundle", "x", "--", "--fds", "-"});
  EXPECT_TRUE(got.arguments.detach);
  EXPECT_EQ(got.arguments.bundle, "x");
  EXPECT_EQ(got.rest, (std::vector<std::string>{"id", "second", "--fds", "-"}));
}

TEST(CliOptions, PosixlyCorrectHasNoSay) {
  setenv("POSIXLY_CORRECT", "1", 1);
  EXPECT_TRUE(read({"id", "-d"}).arguments.detach);
  unsetenv("POSIXLY_CORRECT");
}

TEST(CliOptions, ArgumentsFirstEndTheOptions) {
  const Outcome got = read({"-d", "run", "-b", "x"}, Order::args_first);
  EXPECT_TRUE(got.arguments.detach);
  EXPECT_EQ(got.arguments.bundle, "");
  EXPECT_EQ(got.rest, (std::vector<std::string>{"run", "-b", "x"}));
}

TEST(CliOptions, UsageErrorsInRuncsWords) {
  EXPECT_EQ(read({"--nope"}).error, "flag provided but not defined: -nope");
  EXPECT_EQ(read({"--nope=1"}).error, "flag provided but not defined: -nope");
  EXPECT_EQ(read({"--det"}).error, "flag provided but not defined: -det");  // no abbreviations
  EXPECT_EQ(read({"-bx"}).error, "flag provided but not defined: -bx");
  EXPECT_EQ(read({"-:"}).error, "flag provided but not defined: -:");
  EXPECT_EQ(read({"--=x"}).error, "flag provided but not defined: -");
  EXPECT_EQ(read({"id", "--bundle"}).error, "flag needs an argument: -bundle");
  EXPECT_EQ(read({"-b"}).error, "flag needs an argument: -b");
  EXPECT_EQ(read({"--no-pivot=maybe"}).error, "invalid boolean value \"maybe\" for -no-pivot: parse error");
  for (const char* value : {"x", "", " 1", "1x", "99999999999"})
    EXPECT_EQ(read({"--fds", value}).error, cat("invalid value \"", value, "\" for flag -fds: parse error"));
}

TEST(CliOptions, Help) {
  for (const char* word : {"-h", "--help", "-help", "--h"}) EXPECT_TRUE(read({"id", word}).help) << word;
  EXPECT_FALSE(read({"--", "-h"}).help);
}

TEST(CliCommands, HelpBeginsWithNameAndListsEveryOption) {
  for (const Command* command : commands()) {
    const std::string help = command_help(*command);
    EXPECT_EQ(help.find(cat("NAME:\n   husk ", command->name, " - ")), 0U);
    for (const Option& option : command->options)
      EXPECT_EQ(help.find(cat("--", option.name)) == std::string::npos, option.hidden) << option.name;
    EXPECT_FALSE(is_planned(command->name));
    EXPECT_LE(command->options.size(), 32U);  // what the parser has room for
  }
  EXPECT_EQ(global_help().find("NAME:\n   husk - Open Container Initiative runtime\n"), 0U);
  EXPECT_EQ(global_help().find("long-start"), std::string::npos);
}

TEST(CliCommands, UnknownAndPlanned) {
  EXPECT_EQ(unknown_command("foo").text(), "No help topic for 'foo'");
  EXPECT_EQ(unknown_command("foo").exit_code, 3);
  EXPECT_EQ(unknown_command("restore").text(), "husk restore is not implemented in this version");
  EXPECT_EQ(unknown_command("restore").exit_code, 1);
}

TEST(CliCommands, Root) {
  const auto root = [](const char* text) {
    Globals globals;
    globals.root = text;
    auto found = state_root(globals);
    return found.ok() ? *found : found.error().text();
  };
  EXPECT_EQ(root("/a//b/../c/./"), "/a/c");
  EXPECT_EQ(root("/"), "Option --root argument should not be set to /");
  EXPECT_EQ(root("/a/.."), "Option --root argument should not be set to /");
  EXPECT_EQ(root("/../../x"), "/x");
  EXPECT_EQ(root("x")[0], '/');
}

}  // namespace
}  // namespace husk::cli
