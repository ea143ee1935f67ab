// Finding the program and starting it.
#include <sys/stat.h>

#include <cerrno>

#include "base/weakness.h"
#include "rooms/process/init.h"
#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::process {
namespace {

using sys::Fault;

// The sentences clients look for are runc's own.
Fault exec_fault(Arena& arena, int err, std::string_view before, Str name, std::string_view after) {
  Text<408> text;
  std::string_view shown = name;
  if (shown.size() > 200) shown = shown.substr(0, 200);  // the reason stands behind it
  text.add(before).add(shown).add(after);
  return {err, arena.copy(text.str()), {}, true};
}

Str value_of(std::span<const Str> env, std::string_view name) {
  for (size_t i = env.size(); i-- > 0;)  // the last one counts
    if (env[i].size() > name.size() && env[i].view().substr(0, name.size()) == name && env[i][name.size()] == '=')
      return {env[i].c_str() + name.size() + 1, env[i].size() - name.size() - 1};
  return {};
}

const char* errno_sentence(int err) {
  switch (err) {
    case ENOENT:
      return "no such file or directory";
    case ENOTDIR:
      return "not a directory";
    case EACCES:
      return "permission denied";
    case EISDIR:
      return "is a directory";
    case ENOEXEC:
      return "exec format error";
    case ELOOP:
      return "too many levels of symbolic links";
    case ENAMETOOLONG:
      return "file name too long";
    case EPERM:
      return "operation not permitted";
    case ENOMEM:
      return "cannot allocate memory";
    case E2BIG:
      return "argument list too long";
    default:
      return nullptr;
  }
}

// 0, or why this file cannot be executed. A directory answers EISDIR, as clients of runc expect.
int executable(const char* path) {
  struct stat st = {};
  const long ret = sys::stat_at(AT_FDCWD, path, &st, 0);
  if (ret < 0) return static_cast<int>(-ret);
  if (S_ISDIR(st.st_mode)) return EISDIR;
  const long may = sys::call(SYS_faccessat2, AT_FDCWD, path, 1 /* X_OK */, AT_EACCESS);
  if (may == -ENOSYS || may == -EPERM) return (st.st_mode & 0111) != 0 ? 0 : EACCES;
  return may < 0 ? static_cast<int>(-may) : 0;
}

Fault find_program(Str name, Str path_variable, Arena& arena, Str& file) {
  if (name.view().find('/') != std::string_view::npos) {
    file = name;
    const int err = executable(name.c_str());
    if (err == 0) return {};
    Text<408> after;
    after.add("\": ");
    if ((err == ENOENT || err == ENOTDIR) && name.size() <= 100) after.add("stat ").add(name).add(": ");
    const char* why = errno_sentence(err);
    after.add(why != nullptr ? why : "cannot be executed");
    return exec_fault(arena, err, "exec: \"", name, after.str());
  }
  std::string_view rest = path_variable;
  while (!name.empty() && !path_variable.empty()) {
    const size_t colon = rest.find(':');
    const std::string_view dir = rest.substr(0, colon);
    Text<4096> path;
    path.add(dir.empty() ? std::string_view(".") : dir).add('/').add(name);
    if (!path.full() && executable(path.c_str()) == 0) {
      file = arena.copy(path.str());
      return {};
    }
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return exec_fault(arena, ENOENT, "exec: \"", name, "\": executable file not found in $PATH");
}

// The home directory in one line of passwd(5), if the line is the user's.
bool home_in_line(std::string_view line, uint64_t uid, std::string_view& home) {
  std::string_view field[7];
  for (auto& f : field) {
    const size_t colon = line.find(':');
    f = line.substr(0, colon);
    line = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  }
  if (field[2].empty() || field[2].size() > 10 || field[5].empty()) return false;
  uint64_t number = 0;
  for (char c : field[2]) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  home = field[5];
  return number == uid;
}

Str home_of(uint64_t uid, sys::RootDir root, Arena& arena) {
  const sys::Fd fd(sys::open_in(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat st = {};
  if (!fd || sys::stat_fd(fd.get(), &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > (1 << 20)) return "/";
  const auto size = static_cast<size_t>(st.st_size);
  char* text = static_cast<char*>(arena.take(size + 1, 1));
  size_t have = 0;
  while (have < size) {
    const long n = sys::read(fd.get(), text + have, size - have);
    if (n <= 0) break;
    have += static_cast<size_t>(n);
  }
  std::string_view rest(text, have);
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    std::string_view home;
    if (home_in_line(rest.substr(0, end), uid, home)) return arena.copy(home);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return "/";
}

// Only in a weak build: the parent is to see the end of the conversation, whatever else is left open.
void close_sockets() {
  for (int fd = 3; fd < 256; ++fd) {
    struct stat st = {};
    if (sys::stat_fd(fd, &st) == 0 && S_ISSOCK(st.st_mode)) (void)sys::call(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
  }
}

}  // namespace

Fault apply(const Program& step, sys::RootDir root, Arena& arena, Image& image) {
  image.args = arena.argv(step.args);
  image.env = arena.argv(step.env, 1);
  if (step.set_home) {
    Text<4096> home;
    home.add("HOME=").add(home_of(step.uid, root, arena));
    image.env[step.env.size()] = arena.copy(home.str()).c_str();
  }
  return find_program(step.args[0], value_of(step.env, "PATH"), arena, image.file);
}

Fault apply(const Exec& step, const Image& image, Arena& arena) {
  if (weakened(Weakness::close_descriptors))
    close_sockets();
  else
    sys::close_on_exec_from(static_cast<unsigned>(step.first_closed));
  const uint64_t none = 0;
  (void)sys::call(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, nullptr, sizeof none);
  const long ret = sys::call(SYS_execve, image.file.c_str(), image.args, image.env);
  const char* why = errno_sentence(static_cast<int>(-ret));
  Text<408> after;
  after.add(": ").add(why != nullptr ? why : "execve failed");
  return exec_fault(arena, static_cast<int>(-ret), "exec ", image.file, after.str());
}

}  // namespace husk::process
