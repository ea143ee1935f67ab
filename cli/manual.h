// What the manual pages have in common, in whatever language they are.
#pragma once

#include "cli/command.h"

namespace husk::cli {

struct Term {
  const char *name, *meaning;
};

struct Section {
  const char* name;
  std::span<const Term> terms;
};

inline constexpr const char* kAboutHusk =
    "husk makes, starts, watches and removes containers from bundles as the OCI runtime\n"
    "specification describes them: a directory with a config.json and a root file system.\n"
    "Its command line is that of runc.\n";

inline constexpr Term kFiles[] = {{"/run/husk", "state of root's containers (others: $XDG_RUNTIME_DIR/husk)"},
                                  {"/run/husk-cache/seccomp", "compiled seccomp filters"}};
inline constexpr Term kVariables[] = {
    {"NOTIFY_SOCKET, LISTEN_FDS, LISTEN_PID", "as in sd_notify(3) and sd_listen_fds(3)"},
    {"HUSK_SECCOMP_CACHE", "another directory for compiled seccomp filters; empty: none"},
    {"HUSK_SYSTEMD_TIMEOUT", "seconds to wait for systemd (default: 30)"}};
// Of the page of husk itself.
inline constexpr Section kSections[] = {{"FILES", kFiles}, {"ENVIRONMENT", kVariables}};

// "husk-ns-run".
std::string page_name(const Command& command);
// A sentence.
std::string exit_status(const Command& command);

std::string markdown_page(const Command& command);
std::string markdown_main_page();

}  // namespace husk::cli
