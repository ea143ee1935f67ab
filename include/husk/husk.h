// libhusk: run OCI containers from a C++ program.
//
// Everything the husk command does goes through these calls. They keep no global state, never call exit() or chdir(),
// install no signal handler, and may be used from a program with threads: what becomes a container is never a copy of
// the caller but a separate small program that libhusk carries inside (docs/adr/0001-init-is-its-own-program.md).
//
// Every call returns a Result: the value, or an Error whose text() is one sentence for the user. Those that take the id
// of a container say ENOENT (in Error::errnum) when there is none; those that change one say EBUSY when another call
// was at it for ten seconds. Descriptors that come back belong to the caller. More, with examples: docs/library.md.
//
// The words are those of runtime-spec 1.3 (https://github.com/opencontainers/runtime-spec); what a call does is what
// runc's command of the same name does.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "husk/result.h"

namespace husk {

enum class Level { debug, info, warning, error };

// Where messages that are not errors go: one sentence each, without a line end. May be empty. Called on the calling
// thread only.
using LogSink = std::function<void(Level, const std::string&)>;

// Who makes control groups: husk in the file system, systemd as scope units (of the system, or of the user where there
// are no privileges; linux.cgroupsPath is "slice:prefix:name" then), or nobody.
enum class CgroupManager { cgroupfs, systemd, disabled };

// What is the same for every container: the global options of the command line.
struct Environment {
  std::string root = "/run/husk";  // state directory
  LogSink log;
  bool debug = false;  // messages of Level::debug are wanted, too: the main steps
  CgroupManager cgroup_manager = CgroupManager::cgroupfs;
  char* const* hook_environment = nullptr;  // of hooks that bring none; NULL-terminated, null: an empty one
  // sd_notify(3): the service manager's socket, as NOTIFY_SOCKET names it ("/path" or "@abstract"); empty: none. The
  // container gets a socket of its own at /run/notify/notify.sock, and its READY=1 is passed on: by start(), by run()
  // with `detach` (both then wait for it, or for the container's end), else by Foreground::wait().
  std::string notify_socket;
  // Where compiled seccomp filters are kept from one start to the next: an absolute path, whose last part is made if
  // need be; empty: nowhere. What others may write to is not used.
  std::string seccomp_cache;
  bool force_long_start = false;  // parent -> child -> init even where one clone3 would do (tests)
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
  std::string trace;            // file for the timeline of the start, in Chrome's trace format; empty: none
  std::function<void(int master)> on_console;  // may set up a terminal that is to be relayed, before the process runs
};

// A process of a container that runs (or waits for its start). It is a child of the caller, who waits for it
// (waitpid(2) with __WALL), else it stays a zombie.
struct Launched {
  pid_t pid = -1;           // as the caller sees it
  int pidfd = -1;           // owned by the caller, readable once it has ended; -1 on kernels without pidfd_open
  int console_master = -1;  // owned by the caller; -1 without terminal or when it was sent to the console socket
  // Owned by the caller, and for Foreground::wait(); -1 unless run() was given a notify socket and not to detach.
  int notify_from = -1;  // the container's
  int notify_to = -1;    // the service manager's
};

// Creates the container and lets its process run: create and start in one. On an error nothing is left behind.
Result<Launched> run(const Environment& env, const CreateOptions& options);

// Creates the container: everything is set up, and its process waits for start(). On an error nothing is left behind.
Result<Launched> create(const Environment& env, const CreateOptions& options);

// Lets the process of a created container run. Comes back once its program has been executed (then poststart hooks have
// run too); an error of the last steps, such as a failing startContainer hook, is this call's error.
Status start(const Environment& env, const std::string& id);

// ---------------------------------------------------------------- containers that exist

enum class Phase { creating, created, running, paused, stopped };
const char* phase_name(Phase phase);  // as the specification spells them: "running"

struct Container {
  std::string id, bundle, rootfs;
  std::string created;  // RFC 3339, UTC, nanoseconds
  pid_t pid = 0;        // of init, in the caller's PID namespace; 0 when stopped
  // Of init in every PID namespace that it is in, the caller's first and its own last. By state() only.
  std::vector<pid_t> ns_pids;
  Phase phase = Phase::stopped;
  uint32_t owner = 0;  // uid of who made it
  std::vector<std::pair<std::string, std::string>> annotations;
};

// ENOENT (in Error::errnum) when there is no such container.
Result<Container> state(const Environment& env, const std::string& id);
// All of them, by id. What cannot be read is told to the log and left out.
std::vector<Container> list(const Environment& env);
// The ids only, without a look at the containers.
std::vector<std::string> list_ids(const Environment& env);

// The JSON object that the `state` command prints (with `pretty`) and `list` has for each; `owner` is a user's name.
std::string state_json(const Container& container, const std::string& owner, bool pretty);

struct KillOptions {
  int signal = 15;
  bool all = false;  // every process of the container, and no error when it has stopped already
};
Status kill(const Environment& env, const std::string& id, const KillOptions& options);

// Removes a stopped container: remaining processes, cgroup, state directory; runs the poststop hooks. With `force` one
// that runs is killed first, and one that does not exist is no error.
Status remove(const Environment& env, const std::string& id, bool force);

// All processes of a container, by pid as the caller sees them.
Result<std::vector<pid_t>> processes(const Environment& env, const std::string& id);

// The same with what each process is called, and its pid in every PID namespace from the caller's to its own.
struct ProcessLevels {
  std::string name;
  std::vector<pid_t> ns_pids;  // never empty
};
Result<std::vector<ProcessLevels>> process_levels(const Environment& env, const std::string& id);
// {"pid":1234,"nsPids":[1234,7],"name":"sh"}
std::string process_json(const ProcessLevels& process);

// Stops all processes of a running container where they are, and lets them go on.
Status pause(const Environment& env, const std::string& id);
Status resume(const Environment& env, const std::string& id);

// Changes limits of a container. What is not named stays as it is.
struct UpdateOptions {
  std::string id;
  std::string resources_json;                  // as in /linux/resources of config.json
  std::string l3_cache_schema, mem_bw_schema;  // Intel RDT: as in /linux/intelRdt; empty: as it is
};
Status update(const Environment& env, const UpdateOptions& options);

// ---------------------------------------------------------------- exec

// A further process in a running container. Members that are empty leave things as the container's own process has
// them.
struct ExecOptions {
  std::string id;
  std::string process_json;  // process as in config.json; when given, `args` to `no_new_privileges` are not looked at
  std::vector<std::string> args;
  std::vector<std::string> env;  // "KEY=value", added
  std::string cwd;
  std::optional<uint32_t> uid, gid;
  std::vector<uint32_t> additional_gids;
  std::vector<std::string> capabilities;  // "CAP_NET_ADMIN", added
  std::string apparmor_profile, selinux_label;
  bool terminal = false;
  std::optional<bool> no_new_privileges;
  // An existing cgroup below the container's: "sub"; or on v1 several, each with its controllers: "cpu,memory:sub".
  std::vector<std::string> cgroups;
  bool ignore_paused = false;
  std::string console_socket, pidfd_socket, pid_file;
  int preserve_fds = 0;
  bool detach = false;
  std::string trace;  // as in CreateOptions
  std::function<void(int master)> on_console;
};
Result<Launched> exec(const Environment& env, const ExecOptions& options);

// ---------------------------------------------------------------- numbers

// What the container has used, as the JSON object that `runc events --stats` has under "data".
Result<std::string> stats(const Environment& env, const std::string& id);

// Waits for events: every `interval_ms` the numbers ("stats"), and each time the kernel kills a process for lack of
// memory ("oom", with empty data). Ends when the container does, or when `sink` returns false.
Status events(const Environment& env, const std::string& id, int interval_ms,
              const std::function<bool(const std::string& type, const std::string& data)>& sink);

// ---------------------------------------------------------------- about the library

// The JSON document of runtime-spec's features.md: what this runtime can do, whatever the host.
std::string features();

// Whether the caller is in a user namespace other than the first, where uid 0 has no power over the host.
bool in_user_namespace();

// What config.json `husk spec` writes; for a user without privileges when `rootless`, with that uid and gid mapped.
std::string default_config(bool rootless, uint32_t uid, uint32_t gid);

// The runtime-spec version that this library implements: "1.3.0".
const char* spec_version();
const char* version();
const char* libseccomp_version();  // that is linked in

}  // namespace husk
