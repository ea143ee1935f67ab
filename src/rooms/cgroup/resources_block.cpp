// linux.resources.blockIO.
#include "rooms/cgroup/convert.h"
#include "rooms/cgroup/resources_plan.h"

namespace husk::cgroup {
namespace {

const char* controller(const Draft& draft) {
  return draft.v2() ? "io" : "blkio";
}

// Weights exist once for the BFQ scheduler and once for others; a kernel has the files of those it was built with.
void add_weight(const std::string& device, uint64_t weight, Draft* draft) {
  const std::string prefix = device.empty() ? "" : device + ' ';
  const char* suffix = draft->v2() || device.empty() ? "weight" : "weight_device";
  const char* name = controller(*draft);
  draft->write(name, cat(name, ".bfq.", suffix), cat(prefix, weight)).or_next = true;
  draft->write(name, cat(name, ".", suffix), cat(prefix, draft->v2() ? io_weight_of(weight) : weight));
}

// The weight of the cgroup's own processes beside its children: of CFQ, which kernels had until 5.0.
Status add_leaf_weight(const std::string& device, uint64_t weight, Draft* draft) {
  if (weight == 0) return {};
  if (draft->v2())
    return Draft::not_on_v2(device.empty() ? "blockIO/leafWeight" : "blockIO/weightDevice/leafWeight",
                            "a cgroup has processes or children, and never both to weigh");
  if (device.empty())
    draft->write("blkio", "blkio.leaf_weight", std::to_string(weight));
  else
    draft->write("blkio", "blkio.leaf_weight_device", cat(device, ' ', weight));
  return {};
}

void throttle(const std::vector<spec::ThrottleDevice>& devices, const char* v1_name, const char* v2_name,
              Draft* draft) {
  for (const spec::ThrottleDevice& d : devices) {
    const std::string device = cat(d.major, ':', d.minor, ' ');
    const std::string rate = draft->v2() && d.rate == 0 ? "max" : std::to_string(d.rate);  // 0 takes the limit away
    if (draft->v2())
      draft->write("io", "io.max", cat(device, v2_name, '=', rate));
    else
      draft->write("blkio", cat("blkio.throttle.", v1_name, "_device"), cat(device, rate));
  }
}

}  // namespace

Status plan_block_io(const spec::BlockIo& b, Draft* draft) {
  if (b.weight.value_or(0) != 0) add_weight("", *b.weight, draft);
  HUSK_TRY(add_leaf_weight("", b.leaf_weight.value_or(0), draft));
  for (const spec::WeightDevice& d : b.weight_device) {
    const std::string device = cat(d.major, ':', d.minor);
    if (d.weight) add_weight(device, *d.weight, draft);
    HUSK_TRY(add_leaf_weight(device, d.leaf_weight.value_or(0), draft));
  }
  throttle(b.throttle_read_bps, "read_bps", "rbps", draft);
  throttle(b.throttle_write_bps, "write_bps", "wbps", draft);
  throttle(b.throttle_read_iops, "read_iops", "riops", draft);
  throttle(b.throttle_write_iops, "write_iops", "wiops", draft);
  return {};
}

}  // namespace husk::cgroup
