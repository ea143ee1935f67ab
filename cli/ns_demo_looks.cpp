// What a process sees of each kind of namespace.
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "cli/ns_demo.h"

namespace husk::cli::demo {

namespace {

std::string read_all(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string out;
  char part[4096];
  ssize_t size = 0;
  while (fd >= 0 && (size = read(fd, part, sizeof part)) > 0) out.append(part, static_cast<size_t>(size));
  if (fd >= 0) (void)close(fd);
  return out;
}

// Blanks to single spaces, none at the ends of lines.
std::string tidy(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ' || out.back() == '\n')) continue;
    if (c == '\n' && !out.empty() && out.back() == ' ') out.pop_back();
    out += blank ? ' ' : c;
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string word(const std::string& line, size_t number) {
  const std::string text = tidy(line);
  size_t at = 0;
  for (; number > 0 && at != std::string::npos; --number) {
    at = text.find(' ', at);
    if (at != std::string::npos) ++at;
  }
  return at == std::string::npos ? "" : text.substr(at, text.find(' ', at) - at);
}

void look_user(Facts& out) {
  out.push_back({"uid, gid", cat(getuid(), ", ", getgid())});
  const std::string map = tidy(read_all("/proc/self/uid_map"));
  out.push_back({"uid_map", map.empty() ? "(empty)" : map});
  const std::string capabilities = status_of(getpid(), "CapEff");
  out.push_back({"capabilities", capabilities.find_first_not_of('0') == std::string::npos ? "none" : capabilities});
}

// All that /proc has, where that is not a whole machine.
void look_pid(Facts& out) {
  out.push_back({"getpid()", cat(getpid())});
  std::string list;
  constexpr pid_t kMost = 64;
  for (pid_t pid = 1; pid < kMost; ++pid) {
    const std::string numbers = status_of(pid, "NSpid");
    if (pid != getpid() && !numbers.empty()) list += cat(list.empty() ? "" : "\n", numbers);
  }
  out.push_back({"others in /proc", list});
}

// "key 0x1 (id 0)" for each line of a table in /proc/sysvipc.
std::string objects(const char* file) {
  std::string out;
  const std::vector<std::string> lines = lines_of(read_all(cat("/proc/sysvipc/", file)));
  for (size_t i = 1; i < lines.size(); ++i) {
    char key[32];
    (void)snprintf(key, sizeof key, "0x%x", static_cast<unsigned>(strtol(word(lines[i], 0).c_str(), nullptr, 10)));
    out += cat(out.empty() ? "" : "\n", "key ", static_cast<const char*>(key), ", id ", word(lines[i], 1));
  }
  return out.empty() ? "none" : out;
}

void look_ipc(Facts& out) {
  out.push_back({"message queues", objects("msg")});
  out.push_back({"shared segments", objects("shm")});
}

void look_mnt(Facts& out) {
  for (const char* who : {"parent", "child"}) {
    const bool there = is_mounted(cat(kMountPlace, "/shared/of-", who));
    out.push_back({cat("mounted by the ", who), there ? "seen" : "not seen"});
  }
}

void look_net(Facts& out) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct if_nameindex* list = if_nameindex();
  std::string text;
  for (const struct if_nameindex* one = list; one != nullptr && one->if_index != 0; ++one) {
    struct ifreq request = {};
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", one->if_name);
    const bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
    text += cat(text.empty() ? "" : "\n", one->if_index, ": ", static_cast<const char*>(one->if_name),
                up ? " (up)" : " (down)");
  }
  if (list != nullptr) if_freenameindex(list);
  if (fd >= 0) (void)close(fd);
  out.push_back({"interfaces", text});
  const size_t routes = lines_of(read_all("/proc/self/net/route")).size();
  out.push_back({"IPv4 routes", cat(routes > 0 ? routes - 1 : 0)});
}

void look_uts(Facts& out) {
  struct utsname names = {};
  (void)uname(&names);
  out.push_back({"hostname", static_cast<const char*>(names.nodename)});
  out.push_back({"kernel", static_cast<const char*>(names.release)});
}

void look_cgroup(Facts& out) {
  for (const std::string& line : lines_of(read_all("/proc/self/cgroup"))) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string name = line.substr(first + 1, second - first - 1);
    out.push_back({name.empty() ? "cgroup2" : name, line.substr(second + 1)});
  }
}

std::string seconds_of(clockid_t clock) {
  struct timespec t = {};
  (void)clock_gettime(clock, &t);
  return cat(t.tv_sec);
}

void look_time(Facts& out) {
  out.push_back({"/proc/uptime", word(read_all("/proc/uptime"), 0)});
  out.push_back({"CLOCK_BOOTTIME", seconds_of(CLOCK_BOOTTIME)});
  out.push_back({"CLOCK_MONOTONIC", seconds_of(CLOCK_MONOTONIC)});
  out.push_back({"CLOCK_REALTIME", seconds_of(CLOCK_REALTIME)});
  out.push_back({"timens_offsets", tidy(read_all("/proc/self/timens_offsets"))});
}

}  // namespace

std::string status_of(pid_t pid, std::string_view member) {
  for (const std::string& line : lines_of(read_all(cat("/proc/", pid, "/status"))))
    if (line.starts_with(member) && line[member.size()] == ':') return tidy(line.substr(member.size() + 1));
  return {};
}

std::string value_of(const Facts& facts, std::string_view name) {
  for (const Fact& fact : facts)
    if (fact.name == name) return fact.value;
  return {};
}

std::string link_of(pid_t pid, std::string_view kind) {
  char text[64];
  const ssize_t size = readlink(cat("/proc/", pid, "/ns/", kind).c_str(), text, sizeof text);
  const std::string_view link(text, size > 0 ? static_cast<size_t>(size) : 0);
  const size_t open = link.find('[');
  return open == std::string_view::npos ? "?" : std::string(link.substr(open + 1, link.find(']') - open - 1));
}

Facts look(std::string_view kind) {
  Facts out;
  const struct {
    std::string_view kind;
    void (*look)(Facts&);
  } all[] = {{"user", look_user}, {"pid", look_pid}, {"ipc", look_ipc},       {"mnt", look_mnt},
             {"net", look_net},   {"uts", look_uts}, {"cgroup", look_cgroup}, {"time", look_time}};
  for (const auto& one : all)
    if (one.kind == kind) one.look(out);
  out.push_back({cat(kind, " namespace"), link_of(getpid(), kind)});
  return out;
}

void leave_a_mark(std::string_view kind, std::string_view argument) {
  if (kind == "ipc") {
    const int key = argument == "parent" ? 0x111 : 0x222;
    (void)msgget(key, IPC_CREAT | 0600);
    (void)shmget(key, 4096, IPC_CREAT | 0600);
  }
  if (kind == "mnt" && !argument.empty()) (void)mount_place(cat(kMountPlace, "/shared/of-", argument), false);
}

Status mount_place(const std::string& path, bool shared) {
  (void)mkdir(path.c_str(), 0755);
  if (mount("husk-demo", path.c_str(), "tmpfs", 0, "size=64k") < 0) return fail(errno, "mount a tmpfs on ", path);
  if (shared && mount(nullptr, path.c_str(), nullptr, MS_SHARED, nullptr) < 0) return fail(errno, "share ", path);
  return {};
}

bool is_mounted(const std::string& path) {
  for (const std::string& line : lines_of(read_all("/proc/self/mountinfo")))
    if (word(line, 4) == path) return true;
  return false;
}

}  // namespace husk::cli::demo
