#include "life/hints.h"

namespace husk::life {
namespace {

std::string validate_it(const CreateOptions& options, const std::string& bundle) {
  return cat("husk validate ", options.config.empty() ? "" : cat("--config ", options.config, " "), bundle);
}

}  // namespace

void point_to_validate(Error& error, const CreateOptions& options, const std::string& bundle) {
  error.more = cat(validate_it(options, bundle), " names every problem of it, husk doctor what this host offers");
}

void point_to_more(Error& error, const CreateOptions& options, const std::string& bundle) {
  if (error.plain) return;  // as a shell would say it
  if (error.more.empty())
    error.more = cat(validate_it(options, bundle), " may name the cause, husk --debug says what was done before");
  else
    error.more += "; husk run --dry-run lists all steps, --trace FILE writes what was done and when";
}

}  // namespace husk::life
