// husk spec: a configuration to start from.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "cli/command.h"

namespace husk::cli {

namespace {

constexpr const char* kFile = "config.json";

struct SpecArguments {
  std::string bundle = ".";
  bool rootless = false;
};

constexpr Option kOptions[] = {
    option<SpecArguments, &SpecArguments::bundle>("bundle", 'b', "directory to write to (default: the current one)"),
    option<SpecArguments, &SpecArguments::rootless>("rootless", '\0',
                                                    "write a configuration for a user without privileges"),
};

Status write_new(int directory, const std::string& text) {
  // Not even through a dangling symbolic link is anything overwritten.
  const int fd = openat(directory, kFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST) return fail(0, "File ", kFile, " exists. Remove it first");
  if (fd < 0) return fail(errno, "create ", kFile);
  const bool written = write_all(fd, text);
  const int error = errno;
  (void)close(fd);
  if (written) return Ok{};
  (void)unlinkat(directory, kFile, 0);
  return fail(error, "write ", kFile);
}

Result<int> spec_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  SpecArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  const char* bundle = arguments.bundle.empty() ? "." : arguments.bundle.c_str();
  const int directory = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return fail(errno, "open bundle ", bundle);
  const Status written = write_new(directory, default_config(arguments.rootless, geteuid(), getegid()));
  (void)close(directory);
  if (!written.ok()) return Error(written.error());
  return 0;
}

}  // namespace

constinit const Command spec_command = {
    "spec",
    "create a new specification file",
    "",
    "The spec command writes config.json with defaults that run \"sh\" in a root file system\n"
    "called rootfs, beside it. Change process.args in it to run something else. A file that is\n"
    "there already is not overwritten.\n\n"
    "With --rootless, a user namespace is added in which the calling user is root, and what an\n"
    "ordinary user may not do is left out.",
    kOptions,
    0,
    0,
    spec_main};

}  // namespace husk::cli
