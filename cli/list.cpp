// husk list: all containers under the state directory.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "cli/command.h"
#include "cli/table.h"

namespace husk::cli {

namespace {

struct ListArguments {
  std::string format = "table";
  bool quiet = false;
};

constexpr Option kOptions[] = {
    one_of("table json", option<ListArguments, &ListArguments::format>("format", 'f', "table (default) or json")),
    option<ListArguments, &ListArguments::quiet>("quiet", 'q', "print the ids only"),
};

// Names of users by /etc/passwd. The C library's getpwuid(3) would load modules, which a static program cannot, and its
// fgetpwent(3) brings a scanf along that is larger than this command.
class Users {
 public:
  const std::string& name_of(uint32_t uid) {
    for (const auto& [known, name] : known_)
      if (known == uid) return name;
    return known_.emplace_back(uid, find(uid)).second;
  }

 private:
  // "name:password:uid:..."
  std::string find(uint32_t uid) {
    if (text_.empty()) read();
    const std::string number = cat(uid);
    for (std::string_view rest = text_; !rest.empty();) {
      const size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      const size_t name = line.find(':');
      const size_t password = name == std::string_view::npos ? name : line.find(':', name + 1);
      if (password == std::string_view::npos) continue;
      if (line.substr(password + 1, line.find(':', password + 1) - password - 1) == number)
        return std::string(line.substr(0, name));
    }
    return cat('#', uid);
  }

  void read() {
    const int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    char piece[4096];
    for (ssize_t n = 0; (n = ::read(fd, piece, sizeof piece)) > 0;) text_.append(piece, static_cast<size_t>(n));
    (void)close(fd);
  }

  std::string text_;
  std::vector<std::pair<uint32_t, std::string>> known_;
};

std::string as_ids(const std::vector<Container>& containers) {
  std::string out;
  for (const Container& container : containers) out += cat(container.id, '\n');
  return out;
}

std::string as_json(const std::vector<Container>& containers) {
  if (containers.empty()) return "null\n";
  Users users;
  std::string out;
  for (const Container& container : containers)
    out += cat(out.empty() ? '[' : ',', state_json(container, users.name_of(container.owner), false));
  return out + "]\n";
}

std::string as_table(const std::vector<Container>& containers) {
  Users users;
  Table table;
  table.add({"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"});
  for (const Container& c : containers)
    table.add({c.id, std::to_string(c.pid), phase_name(c.phase), c.bundle, c.created, users.name_of(c.owner)});
  return table.text();
}

Result<int> list_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  ListArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  const bool json = arguments.format == "json";
  if (!arguments.quiet && !json && arguments.format != "table") return fail(0, "invalid format option");
  HUSK_LET(const Environment env, make_environment(globals, log));
  // The default one is made with the first container; one that was asked for and is not there is a slip of the pen.
  if (!globals.root.empty() && access(env.root.c_str(), F_OK) != 0 && errno == ENOENT)
    return fail(ENOENT, "open ", env.root);
  const std::vector<Container> containers = husk::list(env);
  if (!print(arguments.quiet ? as_ids(containers) : json ? as_json(containers) : as_table(containers)))
    return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

constinit const Command list_command = {
    "list",
    "list the containers under the given root",
    "",
    "The list command shows the containers whose state is kept in the directory of the global\n"
    "option --root, by default /run/husk. A container whose state is damaged is left out, with a\n"
    "warning.",
    kOptions,
    0,
    0,
    list_main};

}  // namespace husk::cli
