// Device rules of a v2 cgroup: bpf(2).
//
// Loading runs the kernel's verifier and its compiler, which may be done while init sets up; attaching is what has to
// be over before the container's program runs.
//
// Every call passes a whole union bpf_attr. For the query that is a must: kernels from 6.17 to before 7.2 write the
// last member of its answer whatever size they were told, that is, behind the end of a shorter buffer.
#include <unistd.h>

#include <cstring>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/device_program.h"

namespace husk::cgroup {
namespace {

constexpr char kName[] = "husk_devices";  // how an attached program is known for ours
constexpr char kLicense[] = "Apache-2.0";
constexpr size_t kLogSize = 64UL << 10;
constexpr size_t kLogShown = 600;
constexpr int kTries = 5;
constexpr uint32_t kMaxAttached = 64;  // the kernel's limit for one cgroup

static_assert(sizeof kName <= BPF_OBJ_NAME_LEN);
static_assert(sizeof(bpf_attr) >= 64, "the answer to BPF_PROG_QUERY takes that much in any kernel");

long bpf(bpf_cmd command, bpf_attr* attr) {
  return sys::call(SYS_bpf, command, attr, sizeof *attr);
}

uint64_t address(const void* p) {
  return reinterpret_cast<uintptr_t>(p);
}

// A descriptor or -errno. With a log the verifier explains itself.
long load(std::span<const bpf_insn> program, std::string* log) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);  // the padding too: the kernel wants zeros
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insn_cnt = static_cast<uint32_t>(program.size());
  attr.insns = address(program.data());
  attr.license = address(kLicense);
  std::memcpy(attr.prog_name, kName, sizeof kName);
  if (log != nullptr) {
    log->assign(kLogSize, '\0');
    attr.log_level = 1;
    attr.log_size = static_cast<uint32_t>(log->size());
    attr.log_buf = address(log->data());
  }
  long fd = -EAGAIN;  // the verifier gives up when a signal is pending
  for (int i = 0; i < kTries && fd == -EAGAIN; ++i) fd = bpf(BPF_PROG_LOAD, &attr);
  if (log != nullptr) log->resize(std::strlen(log->c_str()));
  return fd;
}

std::string last_lines(std::string_view log) {
  while (!log.empty() && log.back() == '\n') log.remove_suffix(1);
  if (log.size() > kLogShown) log.remove_prefix(log.size() - kLogShown);
  return std::string(log);
}

// Whether the program is one that load_device_program() made.
bool is_ours(int program) {
  bpf_prog_info info = {};
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.info.bpf_fd = static_cast<uint32_t>(program);
  attr.info.info_len = sizeof info;
  attr.info.info = address(&info);
  return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 && std::strncmp(info.name, kName, sizeof info.name) == 0;
}

}  // namespace

Result<sys::Fd> load_device_program(std::span<const bpf_insn> program) {
  constexpr const char* kWhat = "load the program for /linux/resources/devices";
  const long fd = load(program, nullptr);
  if (fd >= 0) return sys::Fd(static_cast<int>(fd));
  const auto error = static_cast<int>(-fd);
  std::string log;
  if (error == EINVAL || error == EACCES) {
    const long again = load(program, &log);
    if (again >= 0) return sys::Fd(static_cast<int>(again));
  }
  if (log.empty()) return fail(error, kWhat);
  return Error{cat(kWhat, ": ", errno_text(error), ": ", last_lines(log))};
}

Status attach_device_program(int cgroup, int program, int replaced) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.target_fd = static_cast<uint32_t>(cgroup);
  attr.attach_bpf_fd = static_cast<uint32_t>(program);
  attr.attach_type = BPF_CGROUP_DEVICE;
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  if (replaced >= 0) {
    attr.attach_flags |= BPF_F_REPLACE;
    attr.replace_bpf_fd = static_cast<uint32_t>(replaced);
  }
  const long error = bpf(BPF_PROG_ATTACH, &attr);
  if (error < 0) return fail(static_cast<int>(-error), "attach the program for /linux/resources/devices");
  return {};
}

Result<sys::Fd> find_device_program(int cgroup) {
  uint32_t ids[kMaxAttached] = {};
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.query.target_fd = static_cast<uint32_t>(cgroup);
  attr.query.attach_type = BPF_CGROUP_DEVICE;
  attr.query.prog_ids = address(ids);
  attr.query.prog_cnt = kMaxAttached;
  long error = bpf(BPF_PROG_QUERY, &attr);
  if (error < 0) return fail(static_cast<int>(-error), "query the programs for devices");
  const uint32_t count = attr.query.prog_cnt < kMaxAttached ? attr.query.prog_cnt : kMaxAttached;
  for (uint32_t i = 0; i < count; ++i) {
    std::memset(&attr, 0, sizeof attr);
    attr.prog_id = ids[i];
    error = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
    if (error == -ENOENT) continue;  // detached meanwhile
    if (error < 0) return fail(static_cast<int>(-error), "open the program for devices");
    sys::Fd program(static_cast<int>(error));
    if (is_ours(program.get())) return program;
  }
  return sys::Fd();
}

bool devices_unavailable(const Error& error) {
  return error.errnum == EPERM || error.errnum == ENOSYS || error.errnum == EINVAL;
}

Status Cgroup::prepare_devices() {
  const std::optional<DevicePlan>& devices = plan_.resources.devices;
  if (plan_.mode != Mode::v2 || !devices) return {};
  // A cgroup that was there before may have the program of a former container, which would go on denying.
  const bool reused = created_.empty();
  if (!reused && devices->list.allow_all && devices->list.exceptions.empty()) return {};
  const auto prepare = [&]() -> Status {
    HUSK_LET(const std::vector<bpf_insn> program, device_program(devices->list));
    HUSK_LET(device_program_, load_device_program(program));
    if (!reused) return {};
    HUSK_LET(replaced_program_, find_device_program(leaf_.get()));
    return {};
  };
  Status status = prepare();
  if (!status.ok() && devices->optional && devices_unavailable(status.error())) return {};
  return status;
}

Status Cgroup::attach_devices() {
  if (!device_program_) return {};
  Status status = attach_device_program(leaf_.get(), device_program_.get(), replaced_program_.get());
  // The cgroup keeps what is attached; if that failed, nobody is to find these half done.
  device_program_.reset();
  replaced_program_.reset();
  if (!status.ok() && plan_.resources.devices->optional && devices_unavailable(status.error())) return {};
  return status;
}

}  // namespace husk::cgroup
