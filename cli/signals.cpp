#include "cli/signals.h"

#include <strings.h>

#include <csignal>

namespace husk::cli {

namespace {

struct Signal {
  std::string_view name;
  int number;
};

constexpr Signal kSignals[] = {
    {"ABRT", SIGABRT},     {"ALRM", SIGALRM}, {"BUS", SIGBUS},   {"CHLD", SIGCHLD},   {"CLD", SIGCHLD},
    {"CONT", SIGCONT},     {"FPE", SIGFPE},   {"HUP", SIGHUP},   {"ILL", SIGILL},     {"INT", SIGINT},
    {"IO", SIGIO},         {"IOT", SIGABRT},  {"KILL", SIGKILL}, {"PIPE", SIGPIPE},   {"POLL", SIGIO},
    {"PROF", SIGPROF},     {"PWR", SIGPWR},   {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV},   {"STKFLT", SIGSTKFLT},
    {"STOP", SIGSTOP},     {"SYS", SIGSYS},   {"TERM", SIGTERM}, {"TRAP", SIGTRAP},   {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},   {"USR1", SIGUSR1},   {"USR2", SIGUSR2},
    {"VTALRM", SIGVTALRM}, {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"WINCH", SIGWINCH},
};

// The C library keeps the kernel's first two real-time signals to itself.
constexpr int kRealTimeMin = 34;
constexpr int kRealTimeMax = 64;

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Up to two digits and nothing else.
std::optional<int> small_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 2) return std::nullopt;
  int number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// RTMIN, RTMIN+n, RTMAX, RTMAX-n
std::optional<int> real_time(std::string_view name) {
  const bool from_min = same(name.substr(0, 5), "RTMIN");
  if (!from_min && !same(name.substr(0, 5), "RTMAX")) return std::nullopt;
  name.remove_prefix(5);
  int number = from_min ? kRealTimeMin : kRealTimeMax;
  if (!name.empty()) {
    const std::optional<int> distance = small_number(name.substr(1));
    if (!distance || name[0] != (from_min ? '+' : '-')) return std::nullopt;
    number += from_min ? *distance : -*distance;
  }
  if (number < kRealTimeMin || number > kRealTimeMax) return std::nullopt;
  return number;
}

}  // namespace

std::optional<int> signal_number(std::string_view text) {
  if (const std::optional<int> number = small_number(text); number && *number <= kRealTimeMax) return number;
  if (same(text.substr(0, 3), "SIG")) text.remove_prefix(3);
  for (const Signal& signal : kSignals)
    if (same(text, signal.name)) return signal.number;
  return real_time(text);
}

}  // namespace husk::cli
