// All problems of a configuration at once, for who writes one.
#include <algorithm>

#include "spec/parse_detail.h"
#include "spec/validate.h"

namespace husk::spec {
namespace {

// A member that could not be read has its default value: what the checks say of that is not the user's doing. Neither
// is what they say of a whole that it is a part of, or of another member that would need it.
bool follows_from(const Problem& problem, const json::Fault& fault) {
  const auto related = [&fault](const std::string& pointer) {
    return json::is_in(pointer, fault.pointer) || json::is_in(fault.pointer, pointer);
  };
  return related(problem.pointer) || (!problem.needs.empty() && related(problem.needs));
}

std::vector<Problem> together(const std::vector<json::Fault>& faults, std::vector<Problem> checked) {
  std::vector<Problem> out;
  for (const json::Fault& fault : faults) out.push_back({fault.pointer, fault.sentence, {}, {}, false});
  for (Problem& problem : checked) {
    const auto known = [&problem](const json::Fault& fault) { return follows_from(problem, fault); };
    if (std::none_of(faults.begin(), faults.end(), known)) out.push_back(std::move(problem));
  }
  return out;
}

}  // namespace

Result<std::vector<Problem>> examine(std::string_view json, Spec& spec) {
  std::vector<json::Fault> faults;
  HUSK_TRY(json::read_all(json, spec, faults));
  return together(faults, check_all(spec));
}

Result<std::vector<Problem>> examine_process(std::string_view json, Process& process) {
  constexpr std::string_view kProcess = "/process";
  std::vector<json::Fault> faults;
  HUSK_TRY(json::read_all(json, process, faults));
  std::vector<Problem> checked = check_process(process);
  for (Problem& problem : checked)  // the file is the process
    if (json::is_in(problem.pointer, kProcess)) problem.pointer.erase(0, kProcess.size());
  return together(faults, std::move(checked));
}

}  // namespace husk::spec
