// On v2 the rules are one program, and the kernel exchanges it for another in one step.
//
// A v1 cgroup has a default and a list of exceptions, and takes them one by one. As long as everything is denied but
// the exceptions, as it is for nearly every container, the way from one list to another is to allow what is new and
// then to deny what is not wanted any more: /dev/null works all the time. To change the default throws the exceptions
// away, so nobody may run until they are there again.
#include "rooms/cgroup/devices_update.h"

#include <fcntl.h>

#include <algorithm>

#include "rooms/cgroup/device_program.h"
#include "rooms/cgroup/freezer.h"
#include "rooms/cgroup/tree.h"
#include "rooms/cgroup/update.h"

namespace husk::cgroup {
namespace {

// What `all` says about exactly these devices.
uint8_t access_in(const DeviceList& all, const DeviceException& e) {
  unsigned access = 0;
  for (const DeviceException& other : all.exceptions)
    if (other.type == e.type && other.major == e.major && other.minor == e.minor) access |= other.access;
  return static_cast<uint8_t>(access);
}

void add_missing(const DeviceList& wanted, const DeviceList& there, const char* file, std::vector<Write>* out) {
  for (DeviceException e : wanted.exceptions) {
    e.access = static_cast<uint8_t>(e.access & ~access_in(there, e));
    if (e.access != 0) out->push_back({"devices", file, to_string(e)});
  }
}

}  // namespace

std::vector<Write> device_transition(const DeviceList& from, const DeviceList& to, bool* pause) {
  std::vector<Write> out;
  *pause = from.allow_all || to.allow_all;
  if (*pause) {
    out.push_back({"devices", to.allow_all ? "devices.allow" : "devices.deny", "a"});
    add_missing(to, {}, to.allow_all ? "devices.deny" : "devices.allow", &out);
    return out;
  }
  add_missing(to, from, "devices.allow", &out);
  add_missing(from, to, "devices.deny", &out);
  return out;
}

Status DeviceChange::write_v1(const DeviceList& from, const DeviceList& to) const {
  bool pause = false;
  ResourcePlan plan;
  plan.writes = device_transition(from, to, &pause);
  if (plan.writes.empty()) return {};
  std::vector<std::string> directories;
  for (const Directory& d : cgroup_.directories) directories.push_back(d.path);
  // One that is paused stays so. Where there is no freezer, the moment without exceptions is not to be had away.
  const bool frozen = pause && !is_frozen(directories) && freeze(directories).ok();
  Status written = write_resources(cgroup_.directories, plan);
  if (frozen)
    if (Status thawed = thaw(directories); written.ok()) return thawed;
  return written;
}

Status DeviceChange::apply_v1(const DeviceList& list, const DeviceList* before) {
  const Directory* d = directory_of(cgroup_.directories, "devices");
  if (d == nullptr) return Error{"/linux/resources/devices: the devices controller is not mounted on this host"};
  std::string text;
  const std::string file = d->path + "/devices.list";
  if (const int error = read_at(AT_FDCWD, file.c_str(), &text); error != 0) return fail(-error, "read ", file);
  from_ = parse_device_list(text);
  // Where all is allowed the kernel does not tell what is not: to go back without it would allow that, too.
  if (from_->allow_all && before != nullptr && before->allow_all) from_ = *before;
  to_ = list;
  return write_v1(*from_, *to_);
}

Status DeviceChange::apply_v2(const DeviceList& list) {
  const std::string& path = cgroup_.directories.front().path;
  directory_.reset(open_directory_at(AT_FDCWD, path.c_str()));
  if (!directory_) return fail(-directory_.get(), "open ", path);
  HUSK_LET(before_, find_device_program(directory_.get()));
  if (!before_ && list.allow_all && list.exceptions.empty()) return {};
  HUSK_LET(const std::vector<bpf_insn> program, device_program(list));
  HUSK_LET(sys::Fd loaded, load_device_program(program));
  HUSK_TRY(attach_device_program(directory_.get(), loaded.get(), before_.get()));
  program_ = std::move(loaded);
  return {};
}

Status DeviceChange::apply(const DeviceList& list, const DeviceList* before) {
  Status status = cgroup_.mode == Mode::v2 ? apply_v2(list) : apply_v1(list, before);
  if (!status.ok()) revert();
  return status;
}

void DeviceChange::revert() {
  if (from_ && to_) (void)write_v1(*to_, *from_);
  if (program_ && before_) (void)attach_device_program(directory_.get(), before_.get(), program_.get());
}

}  // namespace husk::cgroup
