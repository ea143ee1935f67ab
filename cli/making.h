// What create and run have in common.
#pragma once

#include "cli/command.h"

namespace husk::cli {

// A closed stdin would be the number of the next file we open, and the container's stdin then.
void open_missing_stdio();

// The service manager's socket of sd_notify(3), from the environment; empty: none.
std::string notify_socket();

// The descriptors that are to be passed on are open: to be asked before anything of ours may have got such a number.
Status check_passed_on(int count);

// What the command line and the environment say, put into the options. The arguments are the id.
Status complete(CreateOptions& options, const Parsed& parsed);

}  // namespace husk::cli
