// The plan in words and as JSON: one list of lines and fields, and two ways to write it down.
#include "plan/print.h"

#include <algorithm>

#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "plan/fields.h"
#include "plan/print_bits.h"
#include "plan/print_parent.h"

namespace husk::plan {
namespace {

constexpr const char* kNames[] = {
#define HUSK_STEP_NAME(name, type) #name,
    HUSK_STEPS(HUSK_STEP_NAME)
#undef HUSK_STEP_NAME
};
constexpr size_t kInstruction = 8;  // sizeof(struct sock_filter)

const char* op_of(const Step& step) {
  return kNames[step.index() - 1];  // monostate is the variant's first
}

std::vector<Field> fields_of(const Step& step) {
  std::vector<Field> out = std::visit(
      [](const auto& s) {
        if constexpr (std::is_same_v<std::decay_t<decltype(s)>, std::monostate>)
          return std::vector<Field>();
        else
          return Fields::of(s);
      },
      step);
  if (const auto* load = std::get_if<seccomp::Load>(&step)) {
    out[0] = Field();
    out[0].name = "instructions";
    out[0].number = load->program.size() / kInstruction;
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += cat(out.empty() ? "" : " ", word);
  return out;
}

bool is_default(const Field& field) {
  return field.number == 0 && field.text.empty() && field.parts.empty();
}

std::string octal(uint64_t n) {
  std::string out;
  for (; n != 0 || out.empty(); n /= 8) out.insert(out.begin(), static_cast<char>('0' + n % 8));
  return out;
}

bool is_mode(std::string_view op, std::string_view name) {
  return name == "mode" || (op == "umask" && name == "value");
}

// 0 is a number like others there.
bool is_told(std::string_view op, std::string_view name) {
  return op == "device" && (name == "major" || name == "minor");
}

// ---------------------------------------------------------------- text

void add_value(std::string& out, std::string_view op, const Field& field) {
  switch (field.kind) {
    case Field::Kind::flag:
      out += field.number != 0 ? "yes" : "no";
      break;
    case Field::Kind::number:
      if (const auto bits = bits_of(op, field.name, field.number))
        out += cat("[", joined(*bits), "]");
      else if (is_mode(op, field.name))
        out += cat("0", octal(field.number));
      else if (const char* type = type_of(op, field.name, field.number))
        out += type;
      else
        out += field.negative ? cat(static_cast<int64_t>(field.number)) : cat(field.number);
      break;
    case Field::Kind::text:
      out += json::shown(field.text);
      break;
    case Field::Kind::list:
    case Field::Kind::group: {
      const bool group = field.kind == Field::Kind::group;
      out += group ? '{' : '[';
      for (const Field& part : field.parts) {
        if (&part != field.parts.data()) out += ' ';
        if (group) out += cat(part.name, "=");
        add_value(out, op, part);
      }
      out += group ? '}' : ']';
    }
  }
}

// The members that say something, in one line. What only mount(2) would be given is left out where it is not used.
void add_fields(std::string& out, std::string_view op, const std::vector<Field>& fields, bool mount_api) {
  std::string line;
  for (const Field& field : fields) {
    if ((is_default(field) && !is_told(op, field.name)) ||
        (mount_api && field.name == std::string_view("classicFlags")))
      continue;
    line += cat(" ", field.name, "=");
    add_value(line, op, field);
  }
  if (!line.empty()) out += cat("         ", line, "\n");
}

std::string way_of(const Plan& plan) {
  const namespaces::Bootstrap& b = plan.header.bootstrap;
  if (!b.long_way) return "parent, init: one clone makes init in its namespaces";
  return cat("parent, child, init: ",
             b.new_user         ? "the parent writes the maps of the child's user namespace, and "
             : !b.joins.empty() ? "the child joins namespaces that exist, and "
                                : "",
             "a PID or time namespace is only for those born after it was entered");
}

void add_namespaces(std::string& out, const Plan& plan) {
  const namespaces::Bootstrap& b = plan.header.bootstrap;
  for (const namespaces::Join& join : b.joins)
    out += cat("  join       ", joined(namespace_names(join.type)), " ", printable(join.path.view()), "\n");
  if (b.new_user) out += "  new        user\n";
  for (const auto& [name, text] :
       {std::pair("uid_map    ", &plan.namespaces.uid_map), std::pair("gid_map    ", &plan.namespaces.gid_map)}) {
    std::string_view rest = *text;
    for (size_t end = 0; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
      out += cat("  ", name, rest.substr(0, end), plan.namespaces.by_helper ? " (by new" : "",
                 plan.namespaces.by_helper ? std::string_view(name).substr(0, 7) : "",
                 plan.namespaces.by_helper ? ")" : "", "\n");
  }
  const uint64_t rest = b.long_way ? b.unshare : plan.namespaces.clone_flags;
  if (rest != 0) out += cat("  new        ", joined(namespace_names(rest)), "\n");
  for (const namespaces::ClockOffset& clock : b.clocks)
    out += cat("  offset     of ", clock_name(clock.clock), ": ", clock.seconds, " s ", clock.nanoseconds, " ns\n");
}

void add_cgroup(std::string& out, const cgroup::Plan& plan) {
  if (plan.unit) {
    out += cat("  unit       ", printable(cat(plan.unit->name, " in ", plan.unit->slice)),
               plan.unit->user ? " (the user's systemd)" : "", "\n");
    for (const cgroup::Property& p : plan.unit->properties)
      out += cat("  property   ", printable(cat(p.name, " ", joined(p.values))), "\n");
  }
  for (const cgroup::Directory& d : plan.directories) out += cat("  directory  ", printable(d.path), "\n");
  for (const auto* writes : {&plan.resources.writes, &plan.resources.late})
    for (const cgroup::Write& w : *writes) out += cat("  write      ", printable(cat(w.file, " ", w.value)), "\n");
  if (plan.resources.devices) out += "  devices    a BPF program\n";
}

void add_process(std::string& out, const Plan& plan) {
  for (const spec::Rlimit& r : plan.rlimits)
    out += cat("  rlimit     ", r.type, " soft ", r.soft, " hard ", r.hard, "\n");
  if (plan.header.has_oom_score) out += cat("  oom score  ", plan.header.oom_score, "\n");
}

// ---------------------------------------------------------------- JSON

void add_json(json::Writer& w, std::string_view op, const Field& field) {
  switch (field.kind) {
    case Field::Kind::flag:
      w.boolean(field.number != 0);
      break;
    case Field::Kind::number:
      if (const auto bits = bits_of(op, field.name, field.number))
        w.strings(*bits);
      else if (const char* type = type_of(op, field.name, field.number))
        w.string(type);
      else if (field.negative)
        w.number(static_cast<int64_t>(field.number));
      else
        w.number(field.number);
      break;
    case Field::Kind::text:
      w.string(field.text);
      break;
    case Field::Kind::list:
      w.begin_array();
      for (const Field& part : field.parts) add_json(w, op, part);
      w.end_array();
      break;
    case Field::Kind::group:
      w.begin_object();
      for (const Field& part : field.parts) add_json(w.key(part.name), op, part);
      w.end_object();
  }
}

void add_cgroup(json::Writer& w, const cgroup::Plan& plan) {
  w.begin_object();
  if (plan.unit) {
    w.key("unit").begin_object().member("name", plan.unit->name).member("slice", plan.unit->slice);
    w.member("user", plan.unit->user).key("properties").begin_object();
    for (const cgroup::Property& p : plan.unit->properties) w.key(p.name).strings(p.values);
    w.end_object().end_object();
  }
  w.key("directories").begin_array();
  for (const cgroup::Directory& d : plan.directories) w.string(d.path);
  w.end_array().key("writes").begin_array();
  for (const auto* writes : {&plan.resources.writes, &plan.resources.late})
    for (const cgroup::Write& one : *writes)
      w.begin_object().member("file", one.file).member("value", one.value).end_object();
  w.end_array().member("deviceProgram", plan.resources.devices.has_value()).end_object();
}

void add_process(json::Writer& w, const Plan& plan) {
  w.key("rlimits").begin_array();
  for (const spec::Rlimit& r : plan.rlimits)
    w.begin_object().member("type", r.type).member("soft", r.soft).member("hard", r.hard).end_object();
  w.end_array();
  if (plan.header.has_oom_score) w.member("oomScoreAdj", plan.header.oom_score);
  w.key("idmapped").begin_array();
  for (const rootfs::IdmappedSource& one : plan.idmapped)
    w.begin_object()
        .member("source", one.source)
        .member("uidMap", one.uid_map)
        .member("gidMap", one.gid_map)
        .end_object();
  w.end_array();
}

void add_namespaces(json::Writer& w, const Plan& plan) {
  const namespaces::Bootstrap& b = plan.header.bootstrap;
  std::vector<std::string> fresh = namespace_names(b.long_way ? b.unshare : plan.namespaces.clone_flags);
  if (b.new_user) fresh.insert(fresh.begin(), "user");
  if (plan.namespaces.new_cgroup) fresh.emplace_back("cgroup");
  w.begin_object().key("new").strings(fresh).key("join").begin_array();
  for (const namespaces::Join& join : b.joins)
    w.begin_object()
        .member("kind", joined(namespace_names(join.type)))
        .member("path", std::string(join.path))
        .end_object();
  w.end_array().member("uidMap", plan.namespaces.uid_map).member("gidMap", plan.namespaces.gid_map);
  w.member("mapsByHelper", plan.namespaces.by_helper).end_object();
}

}  // namespace

std::string text_of(const Plan& plan, const Subject& subject) {
  std::string out = cat("container   ", subject.id, "\nbundle      ", printable(subject.bundle), "\nrootfs      ",
                        printable(subject.rootfs), "\n");
  out += cat("processes   ", way_of(plan), "\n");
  out += "\nparent: cgroup and limits\n";
  add_cgroup(out, plan.cgroup);
  add_process(out, plan);
  out += "\nnamespaces\n";
  add_namespaces(out, plan);
  out += "\ninit\n";
  size_t number = 0;
  for (const Step& step : plan.steps) {
    const std::string digits = cat(++number);
    out += cat(std::string(4 - std::min<size_t>(digits.size(), 3), ' '), digits, "  ", printable(words(step)), "\n");
    add_fields(out, op_of(step), fields_of(step), plan.header.mount_api);
  }
  add_parents(out, plan, subject);
  for (const std::string& warning : plan.warnings) out += cat("\nwarning: ", printable(warning), "\n");
  return out;
}

std::string json_of(const Plan& plan, const Subject& subject) {
  json::Writer w(json::Style::pretty, "  ");
  w.begin_object().member("id", subject.id).member("bundle", subject.bundle).member("rootfs", subject.rootfs);
  w.key("processes").begin_array().string("parent");
  if (plan.header.bootstrap.long_way) w.string("child");
  w.string("init").end_array();
  add_cgroup(w.key("cgroup"), plan.cgroup);
  add_process(w, plan);
  add_namespaces(w.key("namespaces"), plan);
  w.key("steps").begin_array();
  for (const Step& step : plan.steps) {
    const char* op = op_of(step);
    w.begin_object().member("op", op).member("does", words(step));
    for (const Field& field : fields_of(step)) add_json(w.key(field.name), op, field);
    w.end_object();
  }
  w.end_array();
  add_parents(w, plan, subject);
  w.key("warnings").strings(plan.warnings).end_object();
  return w.take() + "\n";
}

}  // namespace husk::plan
