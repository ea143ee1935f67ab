// A process on the other side, and how what both have seen is printed.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "cli/ns.h"
#include "cli/ns_demo.h"

namespace husk::cli::demo {

namespace {

void close_it(int& fd) {
  if (fd >= 0) (void)close(fd);
  fd = -1;
}

// Standard input and output of whoever is launched meanwhile.
class Standard {
 public:
  Standard(int in, int out) : in_(fcntl(0, F_DUPFD_CLOEXEC, 3)), out_(fcntl(1, F_DUPFD_CLOEXEC, 3)) {
    (void)dup2(in, 0);
    (void)dup2(out, 1);
  }
  Standard(const Standard&) = delete;
  Standard& operator=(const Standard&) = delete;
  ~Standard() {
    if (in_ >= 0) (void)dup2(in_, 0);
    if (out_ >= 0) (void)dup2(out_, 1);
    close_it(in_);
    close_it(out_);
  }

 private:
  int in_, out_;
};

ssize_t read_some(int fd, char* to, size_t size) {
  ssize_t got = 0;
  do got = read(fd, to, size);
  while (got < 0 && errno == EINTR);
  return got;
}

size_t width_of_terminal() {
  struct winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  const char* columns = getenv("COLUMNS");
  const long n = columns != nullptr ? strtol(columns, nullptr, 10) : 0;
  return n > 20 ? static_cast<size_t>(n) : 80;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    const size_t end = text.find('\n');
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

size_t width_of(const std::vector<Column>& columns, size_t column, bool names) {
  size_t width = names ? 0 : columns[column].heading.size();
  for (const Fact& fact : columns[column].facts) {
    if (names) width = std::max(width, fact.name.size());
    if (!names)
      for (const std::string_view line : lines_of(fact.value)) width = std::max(width, line.size());
  }
  return width;
}

void add_line(std::string& out, std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

std::string padded(std::string_view text, size_t width) {
  return cat(text, std::string(width > text.size() ? width - text.size() : 0, ' '));
}

// Rows by the names of the first column; a column without a fact has an empty cell.
std::string side_by_side(const std::vector<Column>& columns, size_t names, const std::vector<size_t>& widths) {
  std::string out;
  std::string line = std::string(names, ' ');
  for (size_t i = 0; i < columns.size(); ++i) line += cat(" | ", padded(columns[i].heading, widths[i]));
  add_line(out, line);
  line = std::string(names, '-');
  for (const size_t width : widths) line += cat("-+-", std::string(width, '-'));
  add_line(out, line);
  for (size_t row = 0; row < columns[0].facts.size(); ++row) {
    const std::string& name = columns[0].facts[row].name;
    std::vector<std::vector<std::string_view>> cells;
    size_t height = 1;
    for (const Column& column : columns) {
      cells.emplace_back();
      for (const Fact& fact : column.facts)
        if (fact.name == name) cells.back() = lines_of(fact.value);
      height = std::max(height, cells.back().size());
    }
    for (size_t i = 0; i < height; ++i) {
      line = padded(i == 0 ? name : "", names);
      for (size_t c = 0; c < cells.size(); ++c)
        line += cat(" | ", padded(i < cells[c].size() ? cells[c][i] : "", widths[c]));
      add_line(out, line);
    }
  }
  return out;
}

}  // namespace

Result<std::string> own_program() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size < 0) return fail(errno, "read /proc/self/exe");
  return std::string(path, static_cast<size_t>(size));
}

Result<Side> Side::begin_words(NsProgram program, const Launcher& launch) {
  int to[2];
  int from[2];
  if (pipe2(to, O_CLOEXEC) < 0) return fail(errno, "make a pipe");
  if (pipe2(from, O_CLOEXEC) < 0) return fail(errno, "make a pipe");
  Side side;
  side.to_ = to[1];
  side.from_ = from[0];
  for (char** variable = environ; *variable != nullptr; ++variable) program.env.emplace_back(*variable);
  Result<Launched> launched = [&] {
    const Standard standard(to[0], from[1]);
    return launch(program);
  }();
  close_it(to[0]);
  close_it(from[1]);
  if (!launched.ok()) return std::move(launched).error();
  side.launched_ = *launched;
  HUSK_TRY(side.wait_until_ready());
  return side;
}

Result<Side> Side::begin(const std::vector<std::string>& words, const Launcher& launch) {
  return begin_below({}, words, launch);
}

Result<Side> Side::begin_below(const std::vector<std::string>& options, const std::vector<std::string>& words,
                               const Launcher& launch) {
  HUSK_LET(const std::string husk, own_program());
  NsProgram program;
  if (!options.empty()) {
    program.args = {husk, "ns", "run"};
    program.args.insert(program.args.end(), options.begin(), options.end());
    program.args.emplace_back("--");
  }
  for (const char* word : {husk.c_str(), "ns", "probe"}) program.args.emplace_back(word);
  program.args.insert(program.args.end(), words.begin(), words.end());
  return begin_words(std::move(program), launch);
}

Side::Side(Side&& other) noexcept
    : launched_(std::exchange(other.launched_, {})),
      to_(std::exchange(other.to_, -1)),
      from_(std::exchange(other.from_, -1)) {}

Side::~Side() {
  close_it(to_);
  close_it(from_);
  if (launched_.pid > 0) {
    (void)::kill(launched_.pid, SIGKILL);
    (void)waitpid(launched_.pid, nullptr, __WALL);
  }
  close_it(launched_.pidfd);
}

Status Side::wait_until_ready() {
  char c = '\0';
  if (read_some(from_, &c, 1) != 1) return fail(0, "the process on the other side has ended early");
  return {};
}

Result<Facts> Side::facts() {
  close_it(to_);
  std::string text;
  char part[4096];
  ssize_t size = 0;
  while ((size = read_some(from_, part, sizeof part)) > 0) text.append(part, static_cast<size_t>(size));
  Facts out;
  for (const std::string_view line : lines_of(text)) {
    if (line.empty()) continue;
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos && !out.empty())
      out.back().value += cat('\n', line);
    else
      out.push_back({std::string(line.substr(0, tab)), std::string(line.substr(std::min(line.size(), tab + 1)))});
  }
  if (out.empty()) return fail(0, "the process on the other side has said nothing");
  return out;
}

Side::Launcher in_new(NsRun run) {
  return [run](const NsProgram& program) mutable {
    run.args = program.args;
    run.env = program.env;
    return ns_run(Environment(), run);
  };
}

Side::Launcher in_those_of(pid_t pid, std::vector<NsKind> kinds) {
  return [pid, kinds](const NsProgram& program) {
    NsEnter enter;
    enter.args = program.args;
    enter.env = program.env;
    enter.target = cat("pid:", pid);
    enter.kinds = kinds;
    return ns_enter(Environment(), enter);
  };
}

std::string table(const std::vector<Column>& columns) {
  size_t names = 0;
  std::vector<size_t> widths;
  size_t total = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    names = std::max(names, width_of(columns, i, true));
    widths.push_back(width_of(columns, i, false));
    total += widths.back() + 3;
  }
  if (names + total <= width_of_terminal()) return side_by_side(columns, names, widths);
  std::string out;
  for (size_t i = 0; i < columns.size(); ++i)
    out += cat(i == 0 ? "" : "\n", side_by_side({columns[i]}, names, {widths[i]}));
  return out;
}

std::string sentence(std::string_view text) {
  const size_t width = std::min<size_t>(width_of_terminal(), 100);
  std::string out = "\n";
  size_t used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (used != 0 && used + 1 + word.size() > width) {
      out += '\n';
      used = 0;
    }
    out += cat(used == 0 ? "" : " ", word);
    used += word.size() + (used == 0 ? 0 : 1);
  }
  return out + '\n';
}

}  // namespace husk::cli::demo
