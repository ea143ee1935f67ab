// husk ps: the host's ps(1), without the processes that are not the container's.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "cli/command.h"
#include "cli/table.h"

namespace husk::cli {

namespace {

struct PsArguments {
  std::string format = "table";
  bool levels = false;
};

constexpr Option kOptions[] = {
    one_of("table json",
           option<PsArguments, &PsArguments::format>("format", 'f', "table (default) or json: the process ids only")),
    option<PsArguments, &PsArguments::levels>("levels", 0, "the pids in every PID namespace; ps is not run"),
};

std::string as_json(const std::vector<pid_t>& pids) {
  if (pids.empty()) return "null\n";
  std::string out;
  for (const pid_t pid : pids) out += cat(out.empty() ? '[' : ',', pid);
  return out + "]\n";
}

using Levels = std::vector<ProcessLevels>;

std::string as_json(const Levels& processes) {
  if (processes.empty()) return "null\n";
  std::string out;
  for (const ProcessLevels& process : processes) out += cat(out.empty() ? '[' : ',', process_json(process));
  return out + "]\n";
}

// A column for each level, the deepest process having the most; what is not as deep has "-" there.
std::string as_table(const Levels& processes) {
  size_t depth = 1;
  for (const ProcessLevels& process : processes) depth = std::max(depth, process.ns_pids.size());
  Table table;
  Table::Row header = {"PID"};
  for (size_t level = 1; level < depth; ++level) header.push_back(cat("NSPID", level));
  header.push_back("CMD");
  table.add(std::move(header));
  for (const ProcessLevels& process : processes) {
    Table::Row row;
    for (const pid_t pid : process.ns_pids) row.push_back(std::to_string(pid));
    row.resize(depth, "-");
    row.push_back(process.name);
    table.add(std::move(row));
  }
  return table.text();
}

// ps with its output and its errors on `out`.
Result<pid_t> spawn_ps(char* const* argv, int out) {
  posix_spawn_file_actions_t actions;
  if (const int error = posix_spawn_file_actions_init(&actions); error != 0) return fail(error, "start ps");
  (void)posix_spawn_file_actions_adddup2(&actions, out, 1);
  (void)posix_spawn_file_actions_adddup2(&actions, out, 2);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, "ps", &actions, nullptr, argv, environ);
  (void)posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return fail(0, "exec: \"ps\": executable file not found in $PATH");
  if (error != 0) return fail(error, "exec: \"ps\"");
  return pid;
}

std::string read_to_end(int fd) {
  std::string out;
  char text[16384];
  for (;;) {
    const ssize_t n = read(fd, text, sizeof text);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return out;
    out.append(text, static_cast<size_t>(n));
  }
}

// What ps prints; an error when it fails. ECHILD: our caller ignores SIGCHLD, so there is no status to be had.
Result<std::string> run_ps(char* const* argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return fail(errno, "make a pipe");
  Result<pid_t> pid = spawn_ps(argv, ends[1]);
  (void)close(ends[1]);
  std::string output;
  if (pid.ok()) output = read_to_end(ends[0]);
  (void)close(ends[0]);
  if (!pid.ok()) return std::move(pid).error();
  int status = 0;
  pid_t waited = 0;
  do waited = waitpid(*pid, &status, 0);
  while (waited < 0 && errno == EINTR);
  if (waited < 0 || status == 0) return output;
  if (WIFSIGNALED(status)) return fail(0, "ps: signal: ", strsignal(WTERMSIG(status)), ": ", output);
  return fail(0, "exit status ", WEXITSTATUS(status), ": ", output);
}

// The next word of a line; `line` is what follows it.
std::string_view next_word(std::string_view& line) {
  constexpr std::string_view blanks = " \t\r\v\f";
  const size_t begin = std::min(line.find_first_not_of(blanks), line.size());
  const size_t end = std::min(line.find_first_of(blanks, begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

std::string_view word_at(std::string_view line, size_t column) {
  while (column-- > 0) (void)next_word(line);
  return next_word(line);
}

Result<size_t> pid_column(std::string_view header) {
  for (size_t column = 0;; ++column) {
    const std::string_view word = next_word(header);
    if (word == "PID") return column;
    if (word.empty()) return fail(0, "couldn't find PID field in ps output");
  }
}

// The first line, and those whose process is one of `pids` (sorted).
Result<std::string> only(std::string_view output, const std::vector<pid_t>& pids) {
  std::string out;
  size_t column = SIZE_MAX;
  while (!output.empty()) {
    const size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (column == SIZE_MAX) {
      HUSK_LET(column, pid_column(line));
      out += cat(line, '\n');
      continue;
    }
    if (line.empty()) continue;
    int pid = 0;
    const std::string word(word_at(line, column));
    if (!parse(word.c_str(), pid)) return fail(0, "ps printed \"", word, "\" where a process id belongs");
    if (std::binary_search(pids.begin(), pids.end(), pid)) out += cat(line, '\n');
  }
  if (column == SIZE_MAX) return pid_column("").error();
  return out;
}

Result<std::string> as_table(const std::vector<pid_t>& pids, std::span<char*> options) {
  char name[] = "ps";
  char every[] = "-ef";
  std::vector<char*> argv = {name};
  argv.insert(argv.end(), options.begin(), options.end());
  if (options.empty()) argv.push_back(every);
  argv.push_back(nullptr);
  HUSK_LET(const std::string output, run_ps(argv.data()));
  return only(output, pids);
}

Result<std::string> text_of(const Environment& env, const PsArguments& arguments, std::span<char*> rest) {
  const bool json = arguments.format == "json";
  if (arguments.levels) {
    if (rest.size() > 1) return Error{"--levels takes no options of ps", 0, "it prints the pids without running ps"};
    HUSK_LET(const Levels levels, process_levels(env, rest[0]));
    return json ? as_json(levels) : as_table(levels);
  }
  HUSK_LET(const std::vector<pid_t> pids, processes(env, rest[0]));
  if (json) return as_json(pids);
  return as_table(pids, rest.subspan(1));
}

Result<int> ps_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  PsArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  if (arguments.format != "json" && arguments.format != "table") return fail(0, "invalid format option");
  HUSK_LET(const Environment env, make_environment(globals, log));
  HUSK_LET(const std::string text, text_of(env, arguments, parsed.rest));
  if (!print(text)) return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

constinit const Command ps_command = {
    "ps",
    "display the processes of a container",
    "<container-id> [ps options]",
    "The ps command runs the host's ps(1) with the given options, by default -ef, and shows those\n"
    "processes that belong to the container. There must be a column PID. With --format json, the\n"
    "process ids are printed as a JSON array, and ps is not run. Nor is it with --levels, which shows\n"
    "each process's id in every PID namespace, from the caller's to its own.",
    kOptions,
    1,
    SIZE_MAX,
    ps_main,
    Order::args_first};

}  // namespace husk::cli
