// husk resume.
#include "cli/command.h"

namespace husk::cli {

namespace {

struct None {};

Result<int> resume_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  HUSK_LET(const Environment env, make_environment(globals, log));
  HUSK_TRY(husk::resume(env, parsed.rest[0]));
  return 0;
}

}  // namespace

constinit const Command resume_command = {
    "resume",
    "resumes all processes of a paused container",
    "<container-id>",
    "The resume command lets all processes of a container go on that \"husk pause\" has stopped.",
    {},
    1,
    1,
    resume_main};

}  // namespace husk::cli
