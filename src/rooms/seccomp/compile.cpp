#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "rooms/seccomp/enosys.h"
#include "rooms/seccomp/examine.h"
#include "rooms/seccomp/names.h"
#include "rooms/seccomp/seccomp.h"
#include "sys/fd.h"

namespace husk::seccomp {
namespace {

constexpr size_t kMaxInstructions = 4096;  // BPF_MAXINSNS; also the most a length field of 16 bits needs to hold

Error refuse(std::string_view pointer, std::string_view why) {
  return Error{cat("/linux/seccomp", pointer, ": ", why)};
}

struct Releaser {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, Releaser>;

Result<uint32_t> parse_action(std::string_view pointer, std::string_view key, const std::string& name,
                              const std::optional<uint32_t>& errno_ret) {
  const auto action = action_of(name, errno_ret.value_or(EPERM) & 0xffff);
  if (!action) return refuse(cat(pointer, '/', key), cat('"', name, "\" is not an action"));
  if (errno_ret && *errno_ret > 0xffff) return refuse(pointer, cat("errno ", *errno_ret, " is above 65535"));
  return *action;
}

class Compiler {
 public:
  explicit Compiler(const spec::Seccomp& seccomp) : s_(seccomp) {}

  Result<Filter> run() {
    HUSK_TRY(start());
    HUSK_TRY(architectures());
    for (size_t i = 0; i < s_.syscalls.size(); ++i) HUSK_TRY(rule(s_.syscalls[i], cat("/syscalls/", i)));
    HUSK_TRY(flags());
    HUSK_TRY(generate());
    return std::move(out_);
  }

 private:
  Status start() {
    HUSK_LET(default_, parse_action("", "defaultAction", s_.default_action, s_.default_errno_ret));
    if (default_ == SCMP_ACT_NOTIFY)
      return refuse("/defaultAction", "SCMP_ACT_NOTIFY cannot be used as default action");
    context_.reset(::seccomp_init(default_));
    if (context_ == nullptr)
      return refuse("/defaultAction", cat('"', s_.default_action, "\" is not supported by this kernel"));
    // The native architecture is in every filter, listed or not.
    archs_.push_back(::seccomp_arch_native());
    return {};
  }

  Status architectures() {
    for (size_t i = 0; i < s_.architectures.size(); ++i) {
      const std::string& name = s_.architectures[i];
      const std::string pointer = cat("/architectures/", i);
      const auto arch = architecture_of(name);
      if (!arch) return refuse(pointer, cat('"', name, "\" is not an architecture"));
      if (*arch == 0) return refuse(pointer, cat('"', name, "\" is not known to the libseccomp in use"));
      if (std::find(archs_.begin(), archs_.end(), *arch) != archs_.end()) continue;
      // -EEXIST does not happen here; -EDOM: of the other byte order than the native one.
      if (const int r = ::seccomp_arch_add(context_.get(), *arch); r < 0 && r != -EEXIST)
        return Error{cat("/linux/seccomp", pointer, ": cannot add \"", name, "\""), -r, {}};
      archs_.push_back(*arch);
    }
    return {};
  }

  Status rule(const spec::SeccompRule& r, const std::string& pointer) {
    HUSK_LET(const uint32_t action, parse_action(pointer, "action", r.action, r.errno_ret));
    if (r.names.empty()) return refuse(pointer + "/names", "a rule needs at least one system call");
    HUSK_LET(const std::vector<scmp_arg_cmp> args, arguments(r, pointer));
    for (size_t i = 0; i < r.names.size(); ++i) {
      const std::string& name = r.names[i];
      if (name.empty()) return refuse(cat(pointer, "/names/", i), "a system call needs a name");
      // The agent that is to be asked is told of its descriptor by write(2) (in runc also on other ways): it would wait
      // for itself.
      if (action == SCMP_ACT_NOTIFY && name == "write")
        return refuse(cat(pointer, "/names/", i), "SCMP_ACT_NOTIFY cannot be used for the write syscall");
      const int nr = ::seccomp_syscall_resolve_name(name.c_str());
      if (nr == __NR_SCMP_ERROR) {
        out_.skipped.push_back(name);
        continue;
      }
      out_.notify = out_.notify || action == SCMP_ACT_NOTIFY;
      // libseccomp refuses a rule that says what the default says.
      if (action == default_) continue;
      HUSK_TRY(add(action, nr, args, cat(pointer, "/names/", i, ": ", name)));
      lead(nr, name);
    }
    return {};
  }

  // libseccomp 2.5 loads the number of the call where it makes the first check of an architecture, and makes none for a
  // call that the architecture does not have. When such a call comes first, all that follow compare their numbers with
  // the architecture's: a profile that denies umount (i386 has it, x86_64 does not), and clone with some flags, denies
  // nothing. So a call that all architectures have is put first. Where there is none generate() looks at what came out.
  void lead(int nr, const std::string& name) {
    if (led_) return;
    for (const uint32_t arch : archs_)
      if (::seccomp_syscall_resolve_name_arch(arch, name.c_str()) < 0) return;
    led_ = ::seccomp_syscall_priority(context_.get(), nr, UINT8_MAX) == 0;
  }

  Status add(uint32_t action, int nr, const std::vector<scmp_arg_cmp>& args, const std::string& where) {
    int r = 0;
    if (shares_an_index(args)) {
      // libseccomp takes one condition for an argument. More than one on the same are alternatives, as in runc: a rule
      // for each condition alone.
      for (const scmp_arg_cmp& one : args)
        if (r == 0) r = ::seccomp_rule_add_array(context_.get(), action, nr, 1, &one);
    } else {
      r = ::seccomp_rule_add_array(context_.get(), action, nr, static_cast<unsigned>(args.size()), args.data());
    }
    if (r < 0) return fail(-r, "/linux/seccomp", where, ": cannot add the rule");
    return {};
  }

  static bool shares_an_index(const std::vector<scmp_arg_cmp>& args) {
    for (size_t i = 0; i < args.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (args[i].arg == args[j].arg) return true;
    return false;
  }

  static Result<std::vector<scmp_arg_cmp>> arguments(const spec::SeccompRule& r, const std::string& pointer) {
    std::vector<scmp_arg_cmp> out;
    for (size_t i = 0; i < r.args.size(); ++i) {
      const spec::SeccompArg& a = r.args[i];
      const std::string where = cat(pointer, "/args/", i);
      if (a.index > 5) return refuse(where + "/index", cat(a.index, " is above 5: a system call has six arguments"));
      const auto op = operator_of(a.op);
      if (!op) return refuse(where + "/op", cat('"', a.op, "\" is not an operator"));
      // For MASKED_EQ the first value is the mask.
      out.push_back({a.index, static_cast<scmp_compare>(*op), a.value, a.value_two});
    }
    return out;
  }

  Status flags() {
    for (size_t i = 0; i < s_.flags.size(); ++i) {
      const auto flag = flag_of(s_.flags[i]);
      if (!flag) return refuse(cat("/flags/", i), cat('"', s_.flags[i], "\" is not a flag"));
      out_.flags |= *flag;
    }
    // Without a word about it: no speculative store bypass mitigation, which costs more than it gives (as in runc, and
    // the kernel's own default since 5.16).
    if (!s_.flags_given && s_.flags.empty()) out_.flags |= 1U << 2;  // SECCOMP_FILTER_FLAG_SPEC_ALLOW
    // Init has one thread and nothing to synchronise; and one return value cannot be both a thread that failed and a
    // listener.
    out_.flags &= ~1U;  // SECCOMP_FILTER_FLAG_TSYNC
    if (out_.notify)
      out_.flags |= 1U << 3;  // SECCOMP_FILTER_FLAG_NEW_LISTENER
    else
      out_.flags &= ~(1U << 5);  // WAIT_KILLABLE_RECV is about listeners: the kernel refuses it alone
    return {};
  }

  // libseccomp 2.5 writes a filter to a descriptor only.
  Status generate() {
    sys::Fd fd(::memfd_create("husk-seccomp", MFD_CLOEXEC));
    if (!fd) return fail(errno, "memfd for a seccomp filter");
    if (const int r = ::seccomp_export_bpf(context_.get(), fd.get()); r < 0)
      return fail(-r, "/linux/seccomp: cannot generate the filter");
    const off_t size = ::lseek(fd.get(), 0, SEEK_END);
    if (size <= 0 || size % static_cast<off_t>(sizeof(sock_filter)) != 0)
      return fail(EIO, "read back a seccomp filter");
    const std::vector<sock_filter> stub = enosys_stub(s_, archs_);
    const size_t head = stub.size() * sizeof(sock_filter);
    out_.program.resize(head + static_cast<size_t>(size));
    if (head != 0) ::memcpy(out_.program.data(), stub.data(), head);
    if (::pread(fd.get(), out_.program.data() + head, static_cast<size_t>(size), 0) != size)
      return fail(EIO, "read back a seccomp filter");
    if (out_.program.size() / sizeof(sock_filter) > kMaxInstructions)
      return refuse("", cat("the filter has ", out_.program.size() / sizeof(sock_filter),
                            " instructions, the kernel takes ", kMaxInstructions));
    if (!looks_at_calls({reinterpret_cast<const sock_filter*>(out_.program.data()), out_.length()}, archs_))
      return refuse("",
                    "libseccomp makes no filter of these rules: put a rule without args for a call that all of the "
                    "architectures have into the profile");
    return {};
  }

  const spec::Seccomp& s_;
  uint32_t default_ = 0;
  Context context_;
  std::vector<uint32_t> archs_;
  bool led_ = false;
  Filter out_;
};

}  // namespace

Result<Filter> compile(const spec::Seccomp& seccomp) {
  return Compiler(seccomp).run();
}

}  // namespace husk::seccomp
