// All problems of a configuration at once, for who writes one.
#include <algorithm>
#include <iterator>

#include "spec/foresee.h"
#include "spec/parse_detail.h"
#include "spec/validate.h"

namespace husk::spec {
namespace {

constexpr size_t kMost = 1000;  // of each sort: nobody reads more

bool related(const std::string& a, const std::string& b) {
  return json::is_in(a, b) || json::is_in(b, a);
}

// A member that could not be read has its default value: what the checks say of that is not the user's doing. Neither
// is what they say of a whole that it is a part of, or of another member that would need it.
bool follows_from(const Problem& problem, const std::string& pointer) {
  return related(problem.pointer, pointer) || (!problem.needs.empty() && related(problem.needs, pointer));
}

void add(std::vector<Problem>& out, std::vector<Problem> more) {
  if (more.size() > kMost) more.resize(kMost);
  const size_t before = out.size();
  for (Problem& problem : more) {
    const auto known = [&problem](const Problem& other) { return follows_from(problem, other.pointer); };
    if (std::none_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(before), known))
      out.push_back(std::move(problem));
  }
}

std::vector<Problem> together(const std::vector<json::Fault>& faults, std::vector<Problem> checked,
                              std::vector<Problem> foreseen) {
  std::vector<Problem> out;
  for (const json::Fault& fault : faults) out.push_back({fault.pointer, fault.sentence, {}, {}, false});
  add(out, std::move(checked));
  add(out, std::move(foreseen));
  return out;
}

}  // namespace

void read_faults(const json::Document& doc, Spec& spec, std::vector<json::Fault>& faults) {
  json::read_all(doc, spec, faults);
}

std::vector<Problem> problems_of(const Spec& spec, const std::vector<json::Fault>& faults, const Around& around) {
  return together(faults, check_all(spec), foresee(spec, around));
}

Result<std::vector<Problem>> examine(std::string_view json, Spec& spec) {
  HUSK_LET(const json::Document doc, json::Document::parse(json));
  std::vector<json::Fault> faults;
  read_faults(doc, spec, faults);
  return problems_of(spec, faults, {});
}

Result<std::vector<Problem>> examine_process(std::string_view json, Process& process) {
  HUSK_LET(const json::Document doc, json::Document::parse(json));
  return examine_process(doc, process);
}

std::vector<Problem> examine_process(const json::Document& doc, Process& process) {
  constexpr std::string_view kProcess = "/process";
  std::vector<json::Fault> faults;
  json::read_all(doc, process, faults);
  const auto own = [kProcess](std::vector<Problem> problems) {  // the file is the process
    for (Problem& problem : problems)
      for (std::string* pointer : {&problem.pointer, &problem.needs})
        if (json::is_in(*pointer, kProcess)) pointer->erase(0, kProcess.size());
    return problems;
  };
  return together(faults, own(check_process(process)), own(foresee_process(process, {})));
}

}  // namespace husk::spec
