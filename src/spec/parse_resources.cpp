#include "spec/parse_detail.h"

namespace husk::spec {

void read(const json::In& in, DeviceRule& out) {
  in.need("allow", out.allow);
  in.get("type", out.type);
  in.get("major", out.major);
  in.get("minor", out.minor);
  in.get("access", out.access);
}

void read(const json::In& in, Memory& out) {
  in.get("limit", out.limit);
  in.get("reservation", out.reservation);
  in.get("swap", out.swap);
  in.get("kernel", out.kernel);
  in.get("kernelTCP", out.kernel_tcp);
  in.get("swappiness", out.swappiness);
  in.get("disableOOMKiller", out.disable_oom_killer);
  in.get("useHierarchy", out.use_hierarchy);
  in.get("checkBeforeUpdate", out.check_before_update);
}

void read(const json::In& in, Cpu& out) {
  in.get("shares", out.shares);
  in.get("quota", out.quota);
  in.get("burst", out.burst);
  in.get("period", out.period);
  in.get("realtimeRuntime", out.realtime_runtime);
  in.get("realtimePeriod", out.realtime_period);
  in.get("cpus", out.cpus);
  in.get("mems", out.mems);
  in.get("idle", out.idle);
}

void read(const json::In& in, WeightDevice& out) {
  in.need("major", out.major);
  in.need("minor", out.minor);
  in.get("weight", out.weight);
  in.get("leafWeight", out.leaf_weight);
}

void read(const json::In& in, ThrottleDevice& out) {
  in.need("major", out.major);
  in.need("minor", out.minor);
  in.need("rate", out.rate);
}

void read(const json::In& in, BlockIo& out) {
  in.get("weight", out.weight);
  in.get("leafWeight", out.leaf_weight);
  in.get("weightDevice", out.weight_device);
  in.get("throttleReadBpsDevice", out.throttle_read_bps);
  in.get("throttleWriteBpsDevice", out.throttle_write_bps);
  in.get("throttleReadIOPSDevice", out.throttle_read_iops);
  in.get("throttleWriteIOPSDevice", out.throttle_write_iops);
}

void read(const json::In& in, HugepageLimit& out) {
  in.need("pageSize", out.page_size);
  in.need("limit", out.limit);
}

void read(const json::In& in, InterfacePriority& out) {
  in.need("name", out.name);
  in.need("priority", out.priority);
}

void read(const json::In& in, NetworkResources& out) {
  in.get("classID", out.class_id);
  in.get("priorities", out.priorities);
}

void read(const json::In& in, std::vector<Rdma>& out) {
  if (!in.expect(json::Kind::object)) return;
  in.each([&out](const json::In& device) {
    Rdma& entry = out.emplace_back();
    json::read_key(device, entry.device);
    device.get("hcaHandles", entry.hca_handles);
    device.get("hcaObjects", entry.hca_objects);
  });
}

// In a configuration, too, the names of limits count in any case: runc takes them so, and a limit that is not
// understood is one that is missing without a word.
void read(const json::In& in, Resources& out) {
  const bool before = in.any_case();
  in.set_any_case(true);
  in.get("devices", out.devices);
  in.get("memory", out.memory);
  in.get("cpu", out.cpu);
  if (const std::optional<json::In> pids = in.at("pids")) pids->get("limit", out.pids_limit);
  in.get("blockIO", out.block_io);
  in.get("hugepageLimits", out.hugepage_limits);
  in.get("network", out.network);
  in.get("rdma", out.rdma);
  in.get("unified", out.unified);
  in.set_any_case(before);
}

}  // namespace husk::spec
