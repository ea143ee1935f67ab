// libhusk: run OCI containers from a C++ program.
//
// Everything the husk command does goes through these calls. They keep no global state, never call exit() or chdir(),
// install no signal handler, and may be used from a program with threads: what becomes a container is never a copy of
// the caller but a separate small program that libhusk carries inside (docs/adr/0001-init-is-its-own-program.md).
//
// Every call returns a Result: the value, or an Error whose text() is one sentence for the user.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "husk/result.h"

namespace husk {

enum class Level { debug, info, warning, error };

// Where messages that are not errors go. May be empty. Called on the calling thread only.
using LogSink = std::function<void(Level, const std::string&)>;

// What is the same for every container: the global options of the command line.
struct Environment {
  std::string root = "/run/husk";  // state directory
  LogSink log;
  char* const* hook_environment = nullptr;  // of hooks that bring none; NULL-terminated, null: an empty one
  bool force_long_start = false;            // parent -> child -> init even where one clone3 would do (tests)
};

// What is to be started.
struct CreateOptions {
  std::string id;
  std::string bundle = ".";     // directory with config.json
  std::string config;           // another configuration file; empty: BUNDLE/config.json
  std::string console_socket;   // unix socket that receives the terminal's master
  std::string pidfd_socket;     // unix socket that receives the pidfd of init
  std::string pid_file;         // written once the process exists
  int listen_fds = 0;           // LISTEN_FDS of socket activation: 3 .. 3+n-1, named to the container too
  int preserve_fds = 0;         // the next n descriptors go to the container
  bool no_pivot = false;        // MS_MOVE + chroot instead of pivot_root (root on a ramfs)
  bool no_new_keyring = false;  // keep the caller's session keyring
  bool detach = false;          // nobody will relay the terminal: console_socket must be given with terminal: true
  std::function<void(int master)> on_console;  // may set up a terminal that is to be relayed, before the process runs
};

// A container whose process runs (or waits for its start).
struct Launched {
  pid_t pid = -1;
  int pidfd = -1;           // owned by the caller; -1 on kernels without pidfd_open
  int console_master = -1;  // owned by the caller; -1 without terminal or when it was sent to the console socket
};

// Creates the container and lets its process run: create and start in one. On an error nothing is left behind.
Result<Launched> run(const Environment& env, const CreateOptions& options);

// Removes what is left of a container whose process has ended: its remaining processes, cgroup, state directory; runs
// the poststop hooks. Safe to call when there is nothing (more) to remove.
Status remove(const Environment& env, const std::string& id);

// What config.json `husk spec` writes; for a user without privileges when `rootless`, with that uid and gid mapped.
std::string default_config(bool rootless, uint32_t uid, uint32_t gid);

// The runtime-spec version that this library implements: "1.3.0".
const char* spec_version();
const char* version();
const char* libseccomp_version();  // that is linked in

}  // namespace husk
