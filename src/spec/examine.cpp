// All problems of a configuration at once, for who writes one.
#include "spec/parse_detail.h"
#include "spec/validate.h"

namespace husk::spec {
namespace {

// A member that could not be read has its default value: what the checks say of that is not the user's doing.
bool concerns(const std::string& pointer, const json::Fault& fault) {
  if (!pointer.starts_with(fault.pointer)) return false;
  return pointer.size() == fault.pointer.size() || pointer[fault.pointer.size()] == '/';
}

std::vector<Problem> together(const std::vector<json::Fault>& faults, std::vector<Problem> checked) {
  std::vector<Problem> out;
  for (const json::Fault& fault : faults) out.push_back({fault.pointer, fault.sentence, {}});
  for (Problem& problem : checked) {
    bool known = false;
    for (const json::Fault& fault : faults) known = known || concerns(problem.pointer, fault);
    if (!known) out.push_back(std::move(problem));
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
  std::vector<json::Fault> faults;
  HUSK_TRY(json::read_all(json, process, faults));
  return together(faults, check_process(process));
}

}  // namespace husk::spec
