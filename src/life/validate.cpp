// husk validate. A start is refused by one of three: by the checks of the specification, by the plan, by the kernel.
// All three are asked before, the kernel by what is known of it: spec/foresee.h for what every host would refuse, and
// validate_host.h for what this one lacks.
#include "spec/validate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/files.h"
#include "husk/inspect.h"
#include "json/document.h"
#include "json/writer.h"
#include "life/container.h"
#include "life/own_user.h"
#include "life/validate_host.h"
#include "plan/plan.h"
#include "spec/members.h"

namespace husk {
namespace {

constexpr size_t kMaxConfig = 16UL << 20;

bool is_directory(const std::string& path) {
  struct stat st = {};
  return stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

// What a shell makes of <(COMMAND): read to its end. Any other file that is none would be waited for for ever.
bool is_handed_over(const std::string& path) {
  return path == "/dev/stdin" || path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
}

Result<std::string> read_config(const std::string& path) {
  struct stat st = {};
  if (stat(path.c_str(), &st) < 0) return fail(errno, "open ", path);
  if (!S_ISREG(st.st_mode) && !is_handed_over(path))
    return Error{cat(path, " is ",
                     S_ISDIR(st.st_mode)    ? "a directory"
                     : S_ISFIFO(st.st_mode) ? "a FIFO"
                     : S_ISSOCK(st.st_mode) ? "a socket"
                                            : "a device",
                     ", and not a file"),
                 0, "/dev/stdin is read", 1};
  return host::read_file(path, kMaxConfig);
}

// What a process.json has not: it is told from a config.json by its members.
bool is_config(const json::Document& doc) {
  for (const char* name : {"ociVersion", "process", "root", "linux"})
    if (doc.root().kind() == json::Kind::object && doc.root().member(name)) return true;
  return false;
}

std::string resolved(const std::string& path) {
  Result<std::string> real = host::real_path(path, "find");
  return real.ok() ? *std::move(real) : path;
}

// The plan has checks of its own. It takes a configuration without errors only.
void check_plan(const life::Bundle& bundle, const life::Here& here, life::Findings& out) {
  spec::Spec spec = bundle.spec;
  store::State unused;
  if (here.facts.euid != 0) life::give_user_namespace(here.facts, spec, unused);
  plan::Input in{spec, here.facts, here.cgroups, "validate", bundle.rootfs, bundle.path, {}};
  in.apparmor = in.selinux = true;  // or it has been said that they are not
  if (const Result<plan::Plan> plan = plan::build(in); !plan.ok()) out.add(plan.error(), false);
}

// A host that has everything, and its root. (Only openat2 is this one's: the bundle is looked at by it.)
life::Here anywhere() {
  life::Here here;
  here.facts.clone3 = here.facts.mount_api = here.facts.pidfd = true;
  here.facts.openat2 = host::probe().openat2;
  here.facts.capabilities = ~uint64_t{0};
  return here;
}

void look_at_host(const life::Bundle& bundle, const life::Here& here, life::Findings& out) {
  life::check_paths(bundle, here, out);
  life::check_options(bundle.spec, here, out);
  life::check_kernel(bundle.spec, out);
  life::check_privileges(bundle.spec, here, out);
  life::check_cgroup(bundle.spec, here, out);
  life::check_sysctls(bundle.spec, out);
  if (const Status s = life::check_sysctl_of_network(bundle.spec); !s.ok()) out.add(s.error(), true);
}

void check_root(const spec::Spec& spec, life::Bundle& bundle, bool portable, life::Findings& out) {
  const std::string& root = spec.root.path;
  const bool absolute = root.starts_with('/');
  if (root.empty() || (absolute && portable)) return;
  bundle.rootfs = resolved(absolute ? root : cat(bundle.path, "/", root));
  if (is_directory(bundle.rootfs)) return;
  out.add(true, {"/root/path",
                 cat(json::shown(bundle.rootfs), " is not a directory"),
                 "unpack the image's files there",
                 {},
                 absolute});
  bundle.rootfs.clear();
}

std::vector<Finding> validate_config(const json::Document& doc, const std::string& directory, const std::string& file,
                                     bool portable) {
  spec::Spec spec;
  std::vector<json::Fault> faults;
  spec::read_faults(doc, spec, faults);
  const life::Here here = portable ? anywhere() : life::look_at_here(spec);
  life::Findings out(file);
  for (spec::Problem& p : spec::problems_of(spec, faults, portable ? spec::Around{} : life::around(here)))
    out.add(true, std::move(p));
  for (spec::Problem& p : spec::warnings(spec)) out.add(false, std::move(p));
  for (spec::Problem& p : spec::unknown_members(doc.root())) out.add(false, std::move(p));
  life::Bundle bundle = {spec, directory.empty() ? "" : resolved(directory), {}, portable};
  if (!directory.empty()) check_root(spec, bundle, portable, out);
  if (!portable) look_at_host(bundle, here, out);
  check_program(bundle, here, out);
  if (!out.fatal()) check_plan(bundle, here, out);
  return out.take();
}

}  // namespace

Result<std::vector<Finding>> validate(const std::string& path, const ValidateOptions& options) {
  const bool bundle = is_directory(path);
  std::string file = path;
  if (bundle) file = options.config.empty() ? cat(path, "/config.json") : options.config;
  HUSK_LET(const std::string text, read_config(file));
  Result<json::Document> doc = json::Document::parse(text);
  life::Findings out(file);
  if (!doc.ok()) {
    out.add(doc.error(), false);
    return out.take();
  }
  if (bundle || is_config(*doc)) return validate_config(*doc, bundle ? path : "", file, options.portable);
  spec::Process process;
  for (spec::Problem& p : spec::examine_process(*doc, process)) out.add(true, std::move(p));
  for (spec::Problem& p : spec::unknown_members_of_process(doc->root())) out.add(false, std::move(p));
  return out.take();
}

std::string findings_json(const std::vector<Finding>& findings) {
  json::Writer w(json::Style::pretty, "  ");
  w.begin_array();
  for (const Finding& f : findings) {
    w.begin_object().member("severity", f.fatal ? "error" : "warning").member("file", f.file);
    w.member("pointer", f.pointer).member("message", f.message).member("hint", f.hint);
    w.member("host", f.host).end_object();
  }
  return w.end_array().take() + "\n";
}

}  // namespace husk
