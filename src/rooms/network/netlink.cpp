// Others may be in the namespace that we speak about, and with CAP_NET_ADMIN there, anybody may write to our socket. So
// it is connected to the kernel: then it takes messages of nobody else. And nothing is waited for: the kernel has
// answered when send(2) returns (the parts of a long list are made by recv(2)), so an answer that is not there has been
// lost, and will not come.
#include "rooms/network/netlink.h"

#include <linux/nsfs.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/weakness.h"
#include "host/visitor.h"
#include "sys/calls.h"

namespace husk::network {
namespace {

struct Visit {
  int network_namespace;
  int socket = -EIO;  // or -errno
};

// In our memory, on its own stack: system calls and nothing else (and nothing that a sanitizer adds). It has our table
// of descriptors, so the socket is ours without being sent.
__attribute__((no_sanitize("address", "undefined"))) int visit(void* data) {
  auto* v = static_cast<Visit*>(data);
  (void)sys::call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  long ret = sys::call(SYS_setns, v->network_namespace, CLONE_NEWNET);
  if (ret >= 0) ret = sys::call(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  v->socket = static_cast<int>(ret);
  return 0;
}

sys::Fd send_there(Visit& v) {
  const long pid = host::send_visitor(visit, &v);
  return sys::Fd(pid < 0 ? static_cast<int>(pid) : v.socket);
}

// Room for one descriptor beside a message.
union Along {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

// In a copy of our memory: whoever is in the user namespace may look into a process that enters it, unless that is not
// dumpable. Says 0 and the socket, or -errno.
void visit_as_root(int user_namespace, int network_namespace, int answer_to) {
  if (!weakened(Weakness::not_dumpable)) (void)sys::call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void)sys::call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  long ret = sys::call(SYS_setns, user_namespace, CLONE_NEWUSER);
  if (ret >= 0) ret = sys::call(SYS_setns, network_namespace, CLONE_NEWNET);
  if (ret >= 0) ret = sys::call(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  Along along = {};
  along.header.cmsg_level = SOL_SOCKET;
  along.header.cmsg_type = SCM_RIGHTS;
  along.header.cmsg_len = CMSG_LEN(sizeof(int));
  const int number = static_cast<int>(ret);
  std::memcpy(CMSG_DATA(&along.header), &number, sizeof number);
  int result = ret < 0 ? number : 0;
  struct iovec part = {&result, sizeof result};
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (ret >= 0) message.msg_control = along.bytes;
  if (ret >= 0) message.msg_controllen = sizeof along;
  (void)sys::call(SYS_sendmsg, answer_to, &message, MSG_NOSIGNAL);
}

sys::Fd receive_socket(int from) {
  Along along = {};
  int result = -EIO;
  struct iovec part = {&result, sizeof result};
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = along.bytes;
  message.msg_controllen = sizeof along;
  ssize_t got = -1;
  do got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got != sizeof result || result < 0) return sys::Fd(result < 0 ? result : -EIO);
  if (message.msg_controllen < CMSG_LEN(sizeof(int)) || along.header.cmsg_type != SCM_RIGHTS) return sys::Fd(-EIO);
  int number = -1;
  std::memcpy(&number, CMSG_DATA(&along.header), sizeof number);
  return sys::Fd(number);
}

sys::Fd send_as_root(int user_namespace, int network_namespace) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return sys::Fd(-errno);
  const sys::Fd ours(pair[0]);
  sys::Fd theirs(pair[1]);
  const long pid = sys::call(SYS_clone, 0, 0, 0, 0, 0);
  if (pid == 0) {
    visit_as_root(user_namespace, network_namespace, theirs.get());
    for (;;) (void)sys::call(SYS_exit_group, 0);
  }
  theirs.reset();
  sys::Fd socket = pid < 0 ? sys::Fd(static_cast<int>(pid)) : receive_socket(ours.get());
  while (pid > 0 && sys::call(SYS_wait4, pid, nullptr, __WALL, nullptr) == -EINTR) continue;
  return socket;
}

// The kernel's own words about a request that it refused.
std::string words(const struct nlmsghdr& header, std::string_view body) {
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  struct nlmsgerr error = {};
  if (body.size() < sizeof error) return {};
  std::memcpy(&error, body.data(), sizeof error);
  size_t begin = sizeof error;
  if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) begin += NLMSG_ALIGN(error.msg.nlmsg_len) - sizeof error.msg;
  if (begin >= body.size()) return {};
  const std::string text = Attributes(body.substr(begin)).text(NLMSGERR_ATTR_MSG);
  return text.empty() ? text : cat("the kernel says: ", text);
}

// What one datagram holds.
struct Heard {
  std::vector<Answer>& answers;
  std::optional<uint32_t> number;  // of the request; answers to earlier ones are old. None: all that is said
  bool ended = false;
  bool interrupted = false;
  int err = 0;  // > 0
  std::string hint;

  void take(std::string_view datagram) {
    for (struct nlmsghdr header = {}; datagram.size() >= sizeof header && !ended;) {
      std::memcpy(&header, datagram.data(), sizeof header);
      if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size()) return;
      if (!number || header.nlmsg_seq == *number)
        one(header, datagram.substr(NLMSG_HDRLEN, header.nlmsg_len - static_cast<size_t>(NLMSG_HDRLEN)));
      const size_t whole = NLMSG_ALIGN(header.nlmsg_len);
      datagram.remove_prefix(whole < datagram.size() ? whole : datagram.size());
    }
  }

 private:
  void one(const struct nlmsghdr& header, std::string_view body) {
    if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
    if (header.nlmsg_type != NLMSG_ERROR && header.nlmsg_type != NLMSG_DONE) {
      answers.push_back({header.nlmsg_type, std::string(body)});
      return;
    }
    ended = true;
    int code = 0;
    if (body.size() >= sizeof code) std::memcpy(&code, body.data(), sizeof code);
    err = code < 0 ? -code : 0;
    if (err != 0 && header.nlmsg_type == NLMSG_ERROR) hint = words(header, body);
  }
};

// The size of what came, or -errno.
ssize_t receive(int socket, std::string& buffer, struct sockaddr_nl& from) {
  struct iovec part = {buffer.data(), buffer.size()};
  struct msghdr message = {};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t got = -1;
  do got = recvmsg(socket, &message, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  return (message.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : got;
}

}  // namespace

Result<Netlink> Netlink::prepared(sys::Fd socket) {
  if (!socket) return fail(-socket.get(), "open a netlink socket");
  struct sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  if (connect(socket.get(), reinterpret_cast<const struct sockaddr*>(&kernel), sizeof kernel) < 0)
    return fail(errno, "connect a netlink socket");
  // Old kernels lack some of these: then the errors have fewer words, and lists are longer.
  const int on = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK})
    (void)setsockopt(socket.get(), SOL_NETLINK, option, &on, sizeof on);
  Netlink out;
  out.socket_ = std::move(socket);
  return out;
}

Result<Netlink> Netlink::here() {
  return prepared(sys::Fd(static_cast<int>(sys::call(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE))));
}

Result<Netlink> Netlink::inside(int network_namespace) {
  Visit v = {network_namespace};
  sys::Fd socket = send_there(v);
  if (socket.get() == -EPERM) {  // an ordinary user has to become root of his user namespace first
    const sys::Fd owner(ioctl(network_namespace, NS_GET_USERNS));
    if (owner) socket = send_as_root(owner.get(), network_namespace);
  }
  if (!socket) return fail(-socket.get(), "enter the container's network namespace");
  return prepared(std::move(socket));
}

Result<std::vector<Answer>> Netlink::once(Message& message, std::string_view doing, bool& interrupted) {
  const std::string_view bytes = message.finish(++number_);
  if (send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return fail(errno, doing, ": send to the kernel");
  std::vector<Answer> answers;
  Heard heard{answers, number_, false, false, 0, {}};
  std::string buffer(size_t{64} << 10, '\0');
  while (!heard.ended) {
    struct sockaddr_nl from = {};
    const ssize_t got = receive(socket_.get(), buffer, from);
    if (got < 0) return fail(static_cast<int>(-got), doing, ": the kernel's answer");
    if (from.nl_pid == 0) heard.take(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
  }
  interrupted = heard.interrupted;
  if (heard.err != 0) return Error{std::string(doing), heard.err, heard.hint, 1};
  return answers;
}

// A list that changed while it was made is asked for again.
Result<std::vector<Answer>> Netlink::ask(Message message, std::string_view doing) {
  constexpr int kTries = 10;
  for (int i = 1;; ++i) {
    bool interrupted = false;
    Result<std::vector<Answer>> out = once(message, doing, interrupted);
    if (!out.ok() || !interrupted) return out;
    if (i == kTries) return fail(EINTR, doing, ": the list changes all the time");
  }
}

Status Netlink::request(Message message, std::string_view doing) {
  bool interrupted = false;
  Result<std::vector<Answer>> out = once(message, doing, interrupted);
  return out.ok() ? Status() : Status(std::move(out).error());
}

Status Netlink::watch_links() {
  const int group = RTNLGRP_LINK;
  if (setsockopt(socket_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
    return fail(errno, "watch network devices");
  return {};
}

int Netlink::departures(int index) {
  std::string buffer(size_t{64} << 10, '\0');
  std::vector<Answer> news;
  for (;;) {
    struct sockaddr_nl from = {};
    const ssize_t got = receive(socket_.get(), buffer, from);
    if (got == -EAGAIN) break;
    if (got < 0) return INT_MAX;
    if (from.nl_pid == 0)
      Heard{news, {}, false, false, 0, {}}.take(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
  }
  return static_cast<int>(std::count_if(news.begin(), news.end(), [index](const Answer& a) {
    const auto head = a.head<struct ifinfomsg>();
    return a.type == RTM_DELLINK && head.ifi_index == index && head.ifi_family != AF_BRIDGE;
  }));
}

}  // namespace husk::network
