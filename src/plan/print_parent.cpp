#include "plan/print_parent.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <vector>

#include "base/text.h"

namespace husk::plan {
namespace {

// In the order in which they run. (createContainer and startContainer are steps of init.)
struct Point {
  const char* name;
  const char* when;
  std::vector<spec::Hook> spec::Hooks::*hooks;
};
constexpr Point kPoints[] = {
    {"prestart", "while init waits", &spec::Hooks::prestart},
    {"createRuntime", "while init waits", &spec::Hooks::create_runtime},
    {"poststart", "when the program runs", &spec::Hooks::poststart},
    {"poststop", "after the container's end", &spec::Hooks::poststop},
};

std::string address(const network::IpAddress& ip, bool with_prefix) {
  char text[INET6_ADDRSTRLEN] = {};
  if (ip.family == 0 || inet_ntop(ip.family, ip.bytes.data(), text, sizeof text) == nullptr) return {};
  return with_prefix ? cat(text, "/", ip.prefix) : std::string(text);
}

const char* type_name(network::Interface::Type type) {
  switch (type) {
    case network::Interface::Type::loopback:
      return "loopback";
    case network::Interface::Type::veth:
      return "veth";
    case network::Interface::Type::device:
      break;
  }
  return "device";
}

std::string words(const network::Interface& one) {
  std::string out = cat(type_name(one.type), " ", one.name);
  if (!one.host_name.empty()) out += cat(", outside ", one.host_name);
  if (!one.bridge.empty()) out += cat(", in bridge ", one.bridge);
  for (const network::IpAddress& ip : one.addresses) out += cat(", ", address(ip, true));
  for (const network::IpAddress* gateway : {&one.gateway, &one.gateway6})
    if (gateway->family != 0) out += cat(", gateway ", address(*gateway, false));
  return out;
}

std::string words(const network::Route& route) {
  std::string out = "route ";
  out += route.destination.family == 0 || route.destination.prefix == 0 ? std::string("default")
                                                                        : address(route.destination, true);
  if (route.gateway.family != 0) out += cat(" by ", address(route.gateway, false));
  if (!route.interface.empty()) out += cat(" on ", route.interface);
  return out;
}

std::string words(const spec::Hook& hook) {
  std::string out = hook.path;
  for (size_t i = 1; i < hook.args.size(); ++i) out += cat(" ", hook.args[i]);
  if (hook.timeout) out += cat(" (", *hook.timeout, " s at most)");
  return out;
}

}  // namespace

void add_parents(std::string& out, const Plan& plan, const Subject& subject) {
  std::string lines;
  for (const network::Move& move : plan.network.moves)
    lines += cat("  network    device ", printable(move.name), " moves in",
                 move.wanted.empty() ? "" : cat(" as ", printable(move.wanted)), "\n");
  for (const network::Interface& one : plan.network.interfaces)
    lines += cat("  network    ", printable(words(one)), "\n");
  for (const network::Route& route : plan.network.routes) lines += cat("  network    ", printable(words(route)), "\n");
  if (subject.hooks != nullptr)
    for (const Point& point : kPoints)
      for (const spec::Hook& hook : subject.hooks->*point.hooks)
        lines += cat("  hook       ", point.name, ", ", point.when, ": ", printable(words(hook)), "\n");
  if (!lines.empty()) out += "\nparent: network and hooks\n" + lines;
}

void add_parents(json::Writer& w, const Plan& plan, const Subject& subject) {
  w.key("network").begin_array();
  for (const network::Move& move : plan.network.moves)
    w.begin_object()
        .member("type", "move")
        .member("name", move.name)
        .member("newName", move.wanted.empty() ? move.name : move.wanted)
        .end_object();
  for (const network::Interface& one : plan.network.interfaces) {
    w.begin_object().member("type", type_name(one.type)).member("name", one.name);
    w.member("hostName", one.host_name).member("bridge", one.bridge).key("addresses").begin_array();
    for (const network::IpAddress& ip : one.addresses) w.string(address(ip, true));
    w.end_array().member("gateway", address(one.gateway, false)).member("gateway6", address(one.gateway6, false));
    w.end_object();
  }
  for (const network::Route& route : plan.network.routes)
    w.begin_object()
        .member("type", "route")
        .member("destination", address(route.destination, true))
        .member("gateway", address(route.gateway, false))
        .member("interface", route.interface)
        .end_object();
  w.end_array().key("hooks").begin_array();
  if (subject.hooks != nullptr)
    for (const Point& point : kPoints)
      for (const spec::Hook& hook : subject.hooks->*point.hooks) {
        w.begin_object().member("kind", point.name).member("path", hook.path).key("args").strings(hook.args);
        if (hook.timeout) w.member("timeout", *hook.timeout);
        w.end_object();
      }
  w.end_array();
}

}  // namespace husk::plan
