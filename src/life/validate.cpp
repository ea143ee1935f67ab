#include "spec/validate.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "host/files.h"
#include "husk/inspect.h"
#include "json/document.h"
#include "json/writer.h"

namespace husk {
namespace {

constexpr size_t kMaxConfig = 16UL << 20;

bool is_directory(const std::string& path) {
  struct stat st = {};
  return stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

void add(std::vector<Finding>& out, bool fatal, const std::string& file, std::vector<spec::Problem> problems) {
  for (spec::Problem& p : problems)
    out.push_back({fatal, file, std::move(p.pointer), std::move(p.message), std::move(p.hint)});
}

// What a process.json has not: it is told from a config.json by its members.
bool is_config(const json::Document& doc) {
  for (const char* name : {"ociVersion", "process", "root", "linux"})
    if (doc.root().kind() == json::Kind::object && doc.root().member(name)) return true;
  return false;
}

// Only this host can tell.
void look_at_host(const spec::Spec& spec, const std::string& bundle, const std::string& file,
                  std::vector<Finding>& out) {
  const auto in_bundle = [&bundle](const std::string& path) {
    return path.starts_with('/') ? path : cat(bundle, "/", path);
  };
  if (const std::string& root = spec.root.path; !root.empty() && !is_directory(in_bundle(root)))
    out.push_back({true, file, "/root/path", cat(json::shown(in_bundle(root)), " is not a directory"),
                   "unpack the image's files there"});
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const spec::Mount& mount = spec.mounts[i];
    const bool bind = std::any_of(mount.options.begin(), mount.options.end(),
                                  [](const std::string& o) { return o == "bind" || o == "rbind"; });
    struct stat st = {};
    if (bind && !mount.source.empty() && stat(in_bundle(mount.source).c_str(), &st) != 0 && errno == ENOENT)
      out.push_back({false,
                     file,
                     cat("/mounts/", i, "/source"),
                     cat(json::shown(in_bundle(mount.source)), " does not exist on this host"),
                     {}});
  }
}

}  // namespace

Result<std::vector<Finding>> validate(const std::string& path, const std::string& config) {
  const bool bundle = is_directory(path);
  std::string file = path;
  if (bundle) file = config.empty() ? cat(path, "/config.json") : config;
  HUSK_LET(const std::string text, host::read_file(file, kMaxConfig));
  std::vector<Finding> out;
  Result<json::Document> doc = json::Document::parse(text);
  if (!doc.ok()) {
    out.push_back({true, file, {}, doc.error().what, doc.error().hint});
    return out;
  }
  if (!bundle && !is_config(*doc)) {
    spec::Process process;
    HUSK_LET(std::vector<spec::Problem> problems, spec::examine_process(text, process));
    add(out, true, file, std::move(problems));
    return out;
  }
  spec::Spec spec;
  HUSK_LET(std::vector<spec::Problem> problems, spec::examine(text, spec));
  add(out, true, file, std::move(problems));
  add(out, false, file, spec::warnings(spec));
  if (bundle) look_at_host(spec, path, file, out);
  return out;
}

std::string findings_json(const std::vector<Finding>& findings) {
  json::Writer w(json::Style::pretty, "  ");
  w.begin_array();
  for (const Finding& f : findings) {
    w.begin_object().member("severity", f.fatal ? "error" : "warning").member("file", f.file);
    w.member("pointer", f.pointer).member("message", f.message).member("hint", f.hint).end_object();
  }
  return w.end_array().take() + "\n";
}

}  // namespace husk
