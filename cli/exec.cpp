// husk exec: one more process in a container.
#include <fcntl.h>
#include <husk/foreground.h>
#include <unistd.h>

#include <cerrno>

#include "cli/making.h"

namespace husk::cli {

namespace {

// runc's: so that a caller can tell that exec itself failed from what the program says.
constexpr int kFailed = 255;

struct ExecArguments : ExecOptions {
  std::string user, process_file;
  std::optional<std::string> trace_file;
};

// Digits and nothing else: what does not fit must not become another user (0 of all).
bool parse_id(std::string_view text, uint32_t& id) {
  constexpr uint64_t kNone = 0xffffffff;  // the kernel's "leave it as it is"
  uint64_t number = 0;
  if (text.empty() || text.size() > 10) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  id = static_cast<uint32_t>(number);
  return number < kNone;
}

template <auto Member>
constexpr Option exec_option(const char* name, char letter, const char* help) {
  return option<ExecArguments, Member>(name, letter, help);
}

bool store_gid(void* to, const char* value) {
  uint32_t gid = 0;
  if (!parse_id(value, gid)) return false;
  static_cast<ExecArguments*>(to)->additional_gids.push_back(gid);
  return true;
}

bool store_no_new_privs(void* to, const char* value) {
  bool on = false;
  if (!parse(value, on)) return false;
  static_cast<ExecArguments*>(to)->no_new_privileges = on;
  return true;
}

constexpr Option kOptions[] = {
    exec_option<&ExecArguments::console_socket>("console-socket", '\0',
                                                "unix socket that is sent the terminal's master end"),
    exec_option<&ExecArguments::pidfd_socket>("pidfd-socket", '\0',
                                              "unix socket that is sent a pidfd of the new process"),
    exec_option<&ExecArguments::cwd>("cwd", '\0', "working directory in the container"),
    exec_option<&ExecArguments::env>("env", 'e', "environment variable to add: NAME=value"),
    exec_option<&ExecArguments::terminal>("tty", 't', "give the process a terminal"),
    exec_option<&ExecArguments::user>("user", 'u', "user to run as: UID[:GID], in numbers"),
    {"additional-gids", 'g', Kind::text, false, "further group, by number", store_gid},
    exec_option<&ExecArguments::process_file>("process", 'p', "file with the whole process, as in config.json"),
    exec_option<&ExecArguments::detach>("detach", 'd', "return once the process runs"),
    exec_option<&ExecArguments::pid_file>("pid-file", '\0', "file to write the process id to"),
    exec_option<&ExecArguments::trace_file>("trace", '\0', "file for the timeline of the start (see husk-trace)"),
    exec_option<&ExecArguments::selinux_label>("process-label", '\0', "SELinux label of the process"),
    exec_option<&ExecArguments::apparmor_profile>("apparmor", '\0', "AppArmor profile of the process"),
    {"no-new-privs", '\0', Kind::flag, false, "set noNewPrivileges of the process", store_no_new_privs},
    exec_option<&ExecArguments::capabilities>("cap", 'c', "capability to add to those of the container"),
    exec_option<&ExecArguments::preserve_fds>("preserve-fds", '\0',
                                              "pass N more descriptors to the process (stdio + N in all)"),
    exec_option<&ExecArguments::cgroups>(
        "cgroup", '\0', "existing cgroup below the container's to run in: [controller[,controller]:]path"),
    exec_option<&ExecArguments::ignore_paused>("ignore-paused", '\0', "add the process to a paused container, too"),
};

// Names mean something in the container only, and its /etc/passwd is not to be trusted: an engine looks them up.
Status set_user(ExecArguments& arguments) {
  const std::string_view user = arguments.user;
  if (user.empty()) return {};
  const size_t colon = user.find(':');
  uint32_t id = 0;
  if (!parse_id(user.substr(0, colon), id))
    return Error{cat("bad uid: \"", user.substr(0, colon), "\" is not a user id"), 0,
                 "--user takes numbers: UID[:GID]"};
  arguments.uid = id;
  if (colon == std::string_view::npos) return {};
  if (!parse_id(user.substr(colon + 1), id))
    return Error{cat("bad gid: \"", user.substr(colon + 1), "\" is not a group id"), 0,
                 "--user takes numbers: UID[:GID]"};
  arguments.gid = id;
  return {};
}

Result<std::string> read_process(const std::string& path) {
  constexpr size_t kMost = 16UL << 20;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errno, "open ", path);
  std::string text;
  ssize_t size = 0;
  for (char part[4096]; (size = read(fd, part, sizeof part)) != 0 && text.size() <= kMost;) {
    if (size < 0 && errno != EINTR) break;
    if (size > 0) text.append(part, static_cast<size_t>(size));
  }
  const int error = size < 0 ? errno : text.size() > kMost ? EFBIG : 0;
  (void)close(fd);
  if (error != 0) return fail(error, "read ", path);
  if (text.empty()) return fail(0, "read ", path, ": the file is empty");
  return text;
}

Status complete(ExecArguments& arguments, const Parsed& parsed) {
  if (arguments.preserve_fds < 0) return fail(0, "--preserve-fds must not be negative");
  HUSK_TRY(set_trace(arguments.trace_file, arguments.trace));
  arguments.id = parsed.rest[0];
  for (const char* word : parsed.rest.subspan(1)) arguments.args.emplace_back(word);
  HUSK_TRY(set_user(arguments));
  open_missing_stdio();
  HUSK_TRY(check_passed_on(arguments.preserve_fds));
  if (arguments.process_file.empty()) return {};
  HUSK_LET(arguments.process_json, read_process(arguments.process_file));
  return {};
}

// As runc says it. An execve that failed is told without more words: its sentence is the program's own, in a way.
Error failed(Error error) {
  Error out = error.plain ? std::move(error) : std::move(error).within("exec failed");
  out.exit_code = kFailed;
  return out;
}

// Does not return, so that a signal that comes only now does not change how we end.
[[noreturn]] void end(const Log& log, Result<int> code) {
  if (code.ok()) _exit(*code);
  log.final_error(failed(std::move(code).error()));
  _exit(kFailed);
}

Result<int> exec_foreground(const Environment& env, const Log& log, ExecArguments& arguments) {
  HUSK_LET(Foreground foreground, Foreground::enter({.subreaper = false}));
  arguments.on_console = [&foreground](int master) { foreground.prepare_console(master); };
  Result<Launched> launched = husk::exec(env, arguments);
  if (!launched.ok()) end(log, std::move(launched).error());
  end(log, foreground.wait(*launched));
}

Result<int> perform(const Globals& globals, const Log& log, ExecArguments& arguments, const Parsed& parsed) {
  HUSK_TRY(complete(arguments, parsed));
  HUSK_LET(const Environment env, make_environment(globals, log));
  if (!arguments.detach) return exec_foreground(env, log, arguments);
  HUSK_LET(const Launched launched, husk::exec(env, arguments));
  (void)launched;  // its descriptors end with us
  return 0;
}

Result<int> exec_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  ExecArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  Result<int> code = perform(globals, log, arguments, parsed);
  if (!code.ok()) return failed(std::move(code).error());
  return code;
}

}  // namespace

constinit const Command exec_command = {
    "exec",
    "execute new process inside the container",
    "<container-id> <command> [command options]  || -p process.json <container-id>",
    "The exec command runs one more program in a container that exists: in its namespaces and its\n"
    "cgroup, as the user and with the limits of the container's own process, as far as the options\n"
    "do not say otherwise. It ends as the program does, with the same exit status (128+n when it was\n"
    "ended by signal n); its own failures are status 255.\n\n"
    "With --process everything about the process comes from a file. With --detach it returns as\n"
    "soon as the program runs.",
    kOptions,
    1,
    static_cast<size_t>(-1),
    exec_main,
    Order::args_first};

}  // namespace husk::cli
