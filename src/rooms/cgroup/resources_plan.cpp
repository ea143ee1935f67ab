// linux.resources as a list of files and values. Pure.
//
// The specification speaks v1: limits that v2 keeps differently are converted as runc documents (docs/cgroup-v2.md
// there; convert.h), and what v2 does not have is an error. A zero means "not set" for limits of memory and CPU, as in
// runc, whose configuration has no "absent".
#include "rooms/cgroup/resources_plan.h"

#include <algorithm>

#include "rooms/cgroup/convert.h"
#include "rooms/cgroup/devices.h"

namespace husk::cgroup {

Write& Draft::write(const char* controller, std::string file, std::string value) {
  out.writes.push_back({controller, std::move(file), std::move(value)});
  if (v2_ && *controller != 0 &&
      std::find(out.controllers.begin(), out.controllers.end(), controller) == out.controllers.end())
    out.controllers.emplace_back(controller);
  return out.writes.back();
}

Error Draft::not_on_v2(std::string_view pointer, std::string_view why) {
  return Error{cat("/linux/resources/", pointer, ": not possible on cgroup v2: ", why), 0,
               "leave it out of the configuration"};
}

namespace {

// An update has them apart (update.h): v1 is to know what there is now.
Status devices(const std::vector<spec::DeviceRule>& rules, Draft* draft) {
  if (!draft->fresh()) return {};
  HUSK_LET(DeviceList list, fold_devices(rules));
  // Where nobody asked for rules, a host without the devices controller will do.
  const bool optional = rules.empty();
  if (draft->v2()) {
    draft->out.devices = DevicePlan{std::move(list), optional};
    return {};
  }
  draft->write("devices", list.allow_all ? "devices.allow" : "devices.deny", "a").optional = optional;
  for (const DeviceException& e : list.exceptions)
    draft->write("devices", list.allow_all ? "devices.deny" : "devices.allow", to_string(e)).optional = optional;
  return {};
}

void pids(int64_t limit, Draft* draft) {
  draft->write("pids", "pids.max", limit < 0 ? "max" : std::to_string(pids_of(limit)));
}

// What is in use, and, since Linux 5.7, what is reserved: the latter fails early (mmap) and not with SIGBUS.
void huge_pages(const std::vector<spec::HugepageLimit>& limits, Draft* draft) {
  const char* suffix = draft->v2() ? ".max" : ".limit_in_bytes";
  for (const spec::HugepageLimit& l : limits) {
    const std::string value = std::to_string(l.limit);
    draft->write("hugetlb", cat("hugetlb.", l.page_size, suffix), value);
    draft->write("hugetlb", cat("hugetlb.", l.page_size, ".rsvd", suffix), value).optional = true;
  }
}

Status network(const spec::NetworkResources& n, Draft* draft) {
  constexpr const char* kWhy = "it marks no packets; a program of the host can tell them by their cgroup";
  const bool marked = n.class_id.value_or(0) != 0;
  if (draft->v2()) {
    if (marked) return Draft::not_on_v2("network/classID", kWhy);
    if (!n.priorities.empty()) return Draft::not_on_v2("network/priorities", kWhy);
    return {};
  }
  if (marked) draft->write("net_cls", "net_cls.classid", std::to_string(*n.class_id));
  for (const spec::InterfacePriority& p : n.priorities)
    draft->write("net_prio", "net_prio.ifpriomap", cat(p.name, ' ', p.priority));
  return {};
}

void rdma(const std::vector<spec::Rdma>& devices, Draft* draft) {
  for (const spec::Rdma& d : devices) {
    std::string value = d.device;
    if (d.hca_handles) value += cat(" hca_handle=", *d.hca_handles);
    if (d.hca_objects) value += cat(" hca_object=", *d.hca_objects);
    draft->write("rdma", "rdma.max", std::move(value));
  }
}

// Last, so that it has the last word over what the fields above set.
Status unified(const spec::StringMap& files, Draft* draft) {
  if (files.empty()) return {};
  if (!draft->v2())
    return Error{"/linux/resources/unified: invalid configuration: cannot use linux.resources.unified on cgroup v1"};
  for (const auto& [file, value] : files) {
    const size_t dot = file.find('.');
    if (file.find('/') != std::string::npos || dot == std::string::npos || dot == 0)
      return Error{cat("/linux/resources/unified: \"", file, "\" is not a file name such as \"memory.high\"")};
    const std::string controller = file.substr(0, dot);
    const char* name = controller == "cgroup" ? "" : controller.c_str();
    // A file of several lines (io.max) takes one with each write.
    for (std::string_view rest = value; !rest.empty();) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      if (end != 0) draft->write(name, file, std::string(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (value.empty()) draft->write(name, file, value);
  }
  return {};
}

}  // namespace

Result<ResourcePlan> plan_resources(Mode mode, const spec::Resources* resources, bool fresh) {
  if (mode == Mode::none) return ResourcePlan();
  const spec::Resources empty;
  const spec::Resources& r = resources != nullptr ? *resources : empty;
  Draft draft(mode, fresh);
  HUSK_TRY(devices(r.devices, &draft));
  if (r.memory) HUSK_TRY(plan_memory(*r.memory, &draft));
  if (r.cpu) HUSK_TRY(plan_cpu(*r.cpu, &draft));
  if (r.pids_limit) pids(*r.pids_limit, &draft);
  if (r.block_io) HUSK_TRY(plan_block_io(*r.block_io, &draft));
  huge_pages(r.hugepage_limits, &draft);
  if (r.network) HUSK_TRY(network(*r.network, &draft));
  rdma(r.rdma, &draft);
  HUSK_TRY(unified(r.unified, &draft));
  return std::move(draft.out);
}

}  // namespace husk::cgroup
