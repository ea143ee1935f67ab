#include "cli/matching.h"

#include <regex.h>

namespace husk::cli {

Result<int> for_each_match(const Environment& env, const Log& log, const char* pattern,
                           const std::function<Status(const std::string& id)>& act) {
  regex_t regex;
  if (const int error = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB); error != 0) {
    char why[128];
    (void)regerror(error, &regex, why, sizeof why);
    return fail(0, "invalid regular expression \"", pattern, "\": ", why);
  }
  int code = 0;
  for (const std::string& id : list_ids(env)) {
    if (regexec(&regex, id.c_str(), 0, nullptr, 0) != 0) continue;
    const Status status = act(id);
    if (status.ok() || status.error().errnum == ENOENT) continue;
    log.write(Level::error, cat(id, ": ", status.error().text()));
    code = 1;
  }
  regfree(&regex);
  return code;
}

}  // namespace husk::cli
