#include "rooms/network/plan.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>

#include "json/in.h"

namespace husk::network {
namespace {

using json::In;
using json::shown;
using Names = std::initializer_list<std::string_view>;

// What is not known would be left out without a word.
void only(const In& in, Names known) {
  if (!in.expect(json::Kind::object)) return;
  in.each([known](const In& member) {
    if (std::find(known.begin(), known.end(), member.value().key()) == known.end()) member.fail("not a known name");
  });
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
         name.find_first_of("/:% \t\n\v\f\r") == std::string_view::npos;
}

void read_name(const In& in, std::string_view member, std::string& out) {
  const std::optional<In> found = in.at(member);
  if (!found) return;
  json::read(*found, out);
  if (!is_name(out)) found->fail(shown(out), " is not a valid name of a network device");
}

bool parse_ip(const std::string& text, IpAddress& out) {
  unsigned char bytes[sizeof(struct in6_addr)];
  out.family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (inet_pton(out.family, text.c_str(), bytes) != 1) return false;
  out.bytes.assign(reinterpret_cast<const char*>(bytes), out.family == AF_INET ? 4 : sizeof bytes);
  out.prefix = static_cast<uint8_t>(out.bytes.size() * 8);
  return true;
}

bool parse_with_prefix(const std::string& text, IpAddress& out) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos || !parse_ip(text.substr(0, slash), out)) return false;
  const uint8_t longest = out.prefix;
  const char* end = text.data() + text.size();
  const auto [stop, err] = std::from_chars(text.data() + slash + 1, end, out.prefix);
  return err == std::errc() && stop == end && out.prefix <= longest;
}

// family 0: either.
void read_ip(const In& in, std::string_view member, int family, IpAddress& out) {
  const std::optional<In> found = in.at(member);
  if (!found) return;
  std::string text;
  json::read(*found, text);
  if (!parse_ip(text, out) || (family != 0 && out.family != family))
    found->fail(shown(text), " is not an ",
                family == AF_INET    ? "IPv4"
                : family == AF_INET6 ? "IPv6"
                                     : "IP",
                " address");
}

void read_mac(const In& in, std::string& out) {
  std::string text;
  json::read(in, text);
  constexpr size_t kBytes = 6;
  bool good = text.size() == 3 * kBytes - 1;
  for (size_t i = 0; good && i < kBytes; ++i) {
    uint8_t byte = 0;
    const char* at = text.data() + 3 * i;
    good = std::from_chars(at, at + 2, byte, 16).ptr == at + 2 && (i + 1 == kBytes || at[2] == ':');
    out.push_back(static_cast<char>(byte));
  }
  if (!good) in.fail(shown(text), " is not a hardware address such as 02:42:ac:11:00:02");
}

}  // namespace

void read(const In& in, IpAddress& out) {
  std::string text;
  json::read(in, text);
  if (!parse_with_prefix(text, out)) in.fail(shown(text), " is not an address with a prefix, such as 10.0.0.2/24");
}

namespace {

void read_mtu(const In& in, uint32_t& out) {
  constexpr uint32_t kLeast = 68;  // of IPv4
  constexpr uint32_t kMost = 0x7fffffff;
  json::read(in, out);
  if (out < kLeast || out > kMost) in.fail(out, " is no MTU: it begins at ", kLeast);
}

void read_type(const In& in, Interface& out) {
  std::string type;
  in.need("type", type);
  if (type == "loopback") {
    out.type = Interface::Type::loopback;
    out.name = "lo";
    only(in, {"type", "addresses", "mtu", "txQueueLength"});
  } else if (type == "veth") {
    out.type = Interface::Type::veth;
    only(in, {"type", "name", "hostName", "bridge", "hairpin", "mac", "mtu", "txQueueLength", "addresses", "gateway",
              "gateway6"});
  } else if (type == "device") {
    out.type = Interface::Type::device;
    only(in, {"type", "name", "mac", "mtu", "txQueueLength", "addresses", "gateway", "gateway6"});
  } else if (const std::optional<In> found = in.at("type")) {
    found->fail(shown(type), " is not one of: loopback, veth, device");
  }
}

}  // namespace

void read(const In& in, Interface& out) {
  read_type(in, out);
  read_name(in, "name", out.name);
  if (out.name.empty()) in.missing("name");
  read_name(in, "hostName", out.host_name);
  read_name(in, "bridge", out.bridge);
  in.get("hairpin", out.hairpin);
  if (out.hairpin && out.bridge.empty()) in.fail("hairpin is a mode of a bridge's port, and no bridge is named");
  if (const std::optional<In> mac = in.at("mac")) read_mac(*mac, out.mac);
  if (const std::optional<In> mtu = in.at("mtu")) read_mtu(*mtu, out.mtu);
  in.get("txQueueLength", out.tx_queue);
  in.get("addresses", out.addresses);
  read_ip(in, "gateway", AF_INET, out.gateway);
  read_ip(in, "gateway6", AF_INET6, out.gateway6);
}

void read(const In& in, Route& out) {
  only(in, {"destination", "gateway", "source", "interface"});
  read_ip(in, "gateway", 0, out.gateway);
  read_ip(in, "source", 0, out.source);
  read_name(in, "interface", out.interface);
  if (out.gateway.family == 0 && out.interface.empty()) in.fail("a route needs a gateway or an interface");
  std::string destination;
  in.need("destination", destination);
  const auto family_of = [](const IpAddress& a, int otherwise) { return a.family == 0 ? otherwise : a.family; };
  if (destination == "default") {
    out.destination.family = family_of(out.gateway, family_of(out.source, AF_INET));
  } else if (!parse_with_prefix(destination, out.destination)) {
    if (const std::optional<In> found = in.at("destination"))
      found->fail(shown(destination), " is neither a network such as 10.1.0.0/16 nor \"default\"");
  }
  const int family = out.destination.family;
  if (family_of(out.gateway, family) != family || family_of(out.source, family) != family)
    in.fail("destination, gateway and source are not all of IPv4, or of IPv6");
}

void read(const In& in, Plan& out) {
  only(in, {"interfaces", "routes"});
  in.get("interfaces", out.interfaces);
  in.get("routes", out.routes);
}

Result<Plan> parse_annotation(const std::string& json) {
  Result<Plan> out = json::parse_as<Plan>(json);
  if (out.ok()) return out;
  return std::move(out).error().within(cat("annotation ", kAnnotation));
}

Result<Plan> plan(const spec::Spec& spec, bool net_admin) {
  Plan out;
  const auto annotation = std::find_if(spec.annotations.begin(), spec.annotations.end(),
                                       [](const auto& a) { return a.first == kAnnotation; });
  if (annotation != spec.annotations.end()) {
    HUSK_LET(out, parse_annotation(annotation->second));
    if (!out.empty() && spec.lx.find(spec::NsType::network) == nullptr)
      return Error{cat("annotation ", kAnnotation, ": it needs a network namespace, and none is asked for"), 0,
                   "add {\"type\": \"network\"} to /linux/namespaces", 1};
  }
  for (const spec::NetDevice& d : spec.lx.net_devices) out.moves.push_back({d.host_name, d.name});
  if (!out.moves.empty() && !net_admin)
    return Error{
        "/linux/netDevices: moving network devices takes CAP_NET_ADMIN, which this user does not have", 0, {}, 1};
  return out;
}

}  // namespace husk::network
