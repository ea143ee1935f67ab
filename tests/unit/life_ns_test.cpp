// husk ns list, tree, show: what is pure in them.
#include <gtest/gtest.h>

#include <cstring>

#include "husk/text.h"
#include "life/levels.h"
#include "life/ns_names.h"
#include "life/ns_scan.h"
#include "life/ns_words.h"

namespace husk::life {
namespace {

constexpr const char* kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string named(const std::string& path) {
  const std::optional<NamedContainer> found = container_in(cat("0::", path, "\n"));
  if (!found) return "";
  return cat(found->engine, " ", found->id == kId ? "ID" : found->id);
}

TEST(NsNames, EnginesByTheirCgroups) {
  EXPECT_EQ(named(cat("/machine.slice/libpod-", kId, ".scope/container")), "podman ID");
  EXPECT_EQ(named(cat("/libpod_parent/libpod-", kId)), "podman ID");
  EXPECT_EQ(named(cat("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-", kId, ".scope")), "podman ID");
  EXPECT_EQ(named(cat("/system.slice/docker-", kId, ".scope")), "docker ID");
  EXPECT_EQ(named(cat("/docker/", kId)), "docker ID");
  EXPECT_EQ(named(cat("/kubepods.slice/kubepods-pod1.slice/cri-containerd-", kId, ".scope")), "containerd ID");
  EXPECT_EQ(named(cat("/kubepods.slice/kubepods-pod1.slice/crio-", kId, ".scope")), "cri-o ID");
  EXPECT_EQ(named(cat("/system.slice/kubepods-pod1.slice:cri-containerd:", kId)), "containerd ID");
  EXPECT_EQ(named("/k8s.io/web"), "containerd web");
  EXPECT_EQ(named(cat("/kubepods/burstable/pod1234/", kId)), "kubernetes ID");
  EXPECT_EQ(named("/lxc/web/init.scope"), "lxc web");
  EXPECT_EQ(named("/system.slice/husk-web.scope"), "husk web");
  EXPECT_EQ(named("/machine.slice/machine-my\\x2dbox.scope"), "machine my-box");
}

TEST(NsNames, WhatOnlyLooksLikeOne) {
  EXPECT_EQ(named(cat("/machine.slice/libpod-conmon-", kId, ".scope")), "");
  EXPECT_EQ(named(cat("/machine.slice/crio-conmon-", kId, ".scope")), "");
  EXPECT_EQ(named("/system.slice/docker.service"), "");
  EXPECT_EQ(named("/system.slice/docker-registry.scope"), "");
  EXPECT_EQ(named("/docker/short"), "");
  EXPECT_EQ(named(cat("/docker-", kId)), "");
  EXPECT_EQ(named("/husk-web"), "");
  EXPECT_EQ(named("/"), "");
  EXPECT_EQ(named(":"), "");
  EXPECT_EQ(named(cat(":", kId)), "");
  EXPECT_FALSE(container_in("").has_value());
  EXPECT_FALSE(container_in("nonsense").has_value());
}

TEST(NsNames, TheInnermostAndAnyHierarchy) {
  EXPECT_EQ(named(cat("/docker/", kId, "/kubelet/kubepods/pod1/crio-fedcba987654.scope")), "cri-o fedcba987654");
  const std::optional<NamedContainer> v1 = container_in(cat("5:cpu,cpuacct:/\n4:memory:/docker/", kId, "\n0::/\n"));
  ASSERT_TRUE(v1.has_value());
  EXPECT_EQ(v1->engine, "docker");
}

TEST(NsNames, OnlyEnginesOwnIdsAreCut) {
  EXPECT_EQ(short_id({"podman", kId, ""}), "0123456789ab");
  EXPECT_EQ(short_id({"husk", "a-name-that-somebody-has-chosen", ""}), "a-name-that-somebody-has-chosen");
  EXPECT_EQ(container_words({"podman", kId, "runc"}), "podman 0123456789ab by runc");
}

TEST(NsScan, NamesOfNamespaces) {
  const std::optional<NamespaceName> net = namespace_named("net:[4026531840]");
  ASSERT_TRUE(net.has_value());
  EXPECT_EQ(net->kind, NamespaceKind::net);
  EXPECT_EQ(net->id, 4026531840U);
  for (const char* other : {"", "net:", "net:[]", "net:[0]", "net:[12", "net:[12]x", "net:[-1]", "nett:[12]",
                            "socket:[12]", "pipe:[12]", "/net:[12]", "net:[99999999999999999999999]"})
    EXPECT_FALSE(namespace_named(other).has_value()) << other;
}

TEST(NsScan, Maps) {
  const std::vector<NamespaceMap> maps =
      maps_in("         0       1000          1\n         1     100000      65536\n");
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(maps[0].outside, 1000U);
  EXPECT_EQ(maps[1].inside, 1U);
  EXPECT_EQ(maps[1].count, 65536U);
  EXPECT_TRUE(maps_in("").empty());
  EXPECT_TRUE(maps_in("0 1\nx y z\n").empty());
  EXPECT_EQ(maps_in("0 0 4294967295\n")[0].count, 4294967295U);
}

TEST(NsScan, MountedNamespaces) {
  const std::vector<NamespaceMounted> found = namespaces_mounted(
      "22 1 0:20 / / rw - ext4 /dev/sda rw\n"
      "40 22 0:4 net:[4026532300] /run/netns/a\\040b rw shared:3 master:1 - nsfs nsfs rw\n"
      "41 22 0:9 net:[4026532301] /tmp/file rw - tmpfs tmpfs rw\n"
      "42 22 0:4 mnt:[4026532302] /run/ns rw - nsfs nsfs rw");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, "/run/netns/a b");
  EXPECT_EQ(found[0].name.id, 4026532300U);
  EXPECT_EQ(found[1].name.kind, NamespaceKind::mnt);
}

TEST(NsScan, PidsAtEveryLevel) {
  const ProcessLevels levels = levels_in("Name:\ta\\nb\nState:\tS\nNSpid:\t1234\t7\t1\nNSpgid:\t9\n");
  EXPECT_EQ(levels.name, "a\nb");
  EXPECT_EQ(levels.ns_pids, (std::vector<pid_t>{1234, 7, 1}));
  EXPECT_TRUE(levels_in("Name:\tx\n").ns_pids.empty());
  EXPECT_EQ(status_value("Name:\tNSpid:\t5\nNSpid:\t6\n", "NSpid"), "6");
}

NamespaceEntry entry(NamespaceKind kind, uint64_t id, uint64_t owner, uint64_t parent = 0) {
  NamespaceEntry out;
  out.kind = kind;
  out.id = id;
  out.owner = owner;
  out.parent = parent;
  return out;
}

// A host, a container in a user namespace, and one in that.
NamespaceView three_levels() {
  NamespaceView view;
  view.namespaces = {entry(NamespaceKind::user, 10, 0),      entry(NamespaceKind::user, 11, 10, 10),
                     entry(NamespaceKind::user, 12, 11, 11), entry(NamespaceKind::pid, 20, 10),
                     entry(NamespaceKind::pid, 21, 11, 20),  entry(NamespaceKind::pid, 22, 12, 21),
                     entry(NamespaceKind::net, 30, 11),      entry(NamespaceKind::net, 31, 99)};
  view.namespaces[0].first = true;
  NamespaceMember member;
  member.pid = member.process = 100;
  member.ns_pids = {100, 7, 1};
  member.name = "a<b>\x01\xff";
  view.members = {member};
  view.containers = {{"podman", kId, "husk"}};
  view.namespaces[5].members = {0};
  view.namespaces[5].containers = {0};
  return view;
}

TEST(NsWords, Forest) {
  const NamespaceForest forest = forest_of(three_levels());
  EXPECT_EQ(forest.users, std::vector<size_t>{0});
  EXPECT_EQ(forest.pids, std::vector<size_t>{3});
  EXPECT_EQ(forest.children_of(11), std::vector<size_t>{2});
  EXPECT_EQ(forest.children_of(20), std::vector<size_t>{4});
  EXPECT_EQ(forest.owned_by(11), (std::vector<size_t>{4, 6}));
  EXPECT_EQ(forest.strays, std::vector<size_t>{7});
  EXPECT_TRUE(forest.children_of(99).empty());
}

TEST(NsWords, ParentOutOfSight) {
  NamespaceView view;
  view.namespaces = {entry(NamespaceKind::user, 10, 5, 5), entry(NamespaceKind::pid, 20, 10, 20)};
  const NamespaceForest forest = forest_of(view);
  EXPECT_EQ(forest.users, std::vector<size_t>{0});
  EXPECT_EQ(forest.pids, std::vector<size_t>{1});
}

TEST(NsWords, Tree) {
  EXPECT_EQ(draw_namespaces(three_levels(), Picture::text, 10),
            "user 10  the first; nobody in it that can be seen\n"
            "├─ pid 20  nobody in it that can be seen\n"
            "└─ user 11  nobody in it that can be seen\n"
            "   ├─ pid 21  nobody in it that can be seen\n"
            "   ├─ net 30  nobody in it that can be seen\n"
            "   └─ user 12  nobody in it that can be seen\n"
            "      └─ pid 22  podman 0123456789ab by husk; 1 process\n"
            "whose owner cannot be seen\n"
            "└─ net 31  nobody in it that can be seen\n"
            "\n"
            "pid 20  nobody in it that can be seen\n"
            "└─ pid 21  nobody in it that can be seen\n"
            "   └─ pid 22  podman 0123456789ab by husk; 1 process\n"
            "      └─ 100 → 7 → 1  a<b>??\n");
  EXPECT_TRUE(draw_namespaces(three_levels(), Picture::text, 0).ends_with("1 process\n"));
  NamespaceView more = three_levels();
  more.namespaces[5].members = {0, 0, 0};
  EXPECT_TRUE(draw_namespaces(more, Picture::text, 1).ends_with("      └─ and 2 more\n"));
}

TEST(NsWords, PictureIsXml) {
  const std::string svg = draw_namespaces(three_levels(), Picture::svg, 10);
  EXPECT_NE(svg.find("100 → 7 → 1  a&lt;b&gt;??"), std::string::npos);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(NsWords, Printable) {
  EXPECT_EQ(printable("gr\xc3\xb6\xc3\x9f"
                      "e \xe2\x82\xac \xf0\x9f\x90\x9a"),
            "größe € 🐚");
  EXPECT_EQ(printable("\x1b[31m\n\x7f"), "?[31m??");
  EXPECT_EQ(printable("\xc2\x9b"
                      "a"),
            "??a");  // a control character of two bytes
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "a"),
            "???a");  // turns what follows round
  EXPECT_EQ(printable("\xed\xa0\x80\xc0\xaf\xe2\x82"), "???????");
  EXPECT_EQ(printable("\xef\xbf\xbf"), "???");
}

TEST(NsWords, MapsInWords) {
  EXPECT_EQ(map_words("uids", {{0, 0, 4294967295U}}), "");
  EXPECT_EQ(map_words("uids", {{0, 1000, 1}, {1, 100000, 65536}}), "uids 0 = 1000, 1-65536 = 100000-165535");
  EXPECT_EQ(map_words("gids", std::vector<NamespaceMap>(6, {0, 1, 1})), "gids 0 = 1, 0 = 1, 0 = 1, 0 = 1, and 2 more");
}

// Four processes: one of a container, one whose cgroup has the same name elsewhere, one of the host, a zombie.
NamespaceView four_processes() {
  NamespaceView view;
  view.containers = {{"docker", kId, ""}};
  for (const pid_t pid : {100, 200, 300, 400}) {
    NamespaceMember member;
    member.pid = member.process = pid;
    member.ns_pids = {pid};
    member.namespaces[static_cast<size_t>(NamespaceKind::pid)] = 20;
    view.members.push_back(member);
  }
  view.members[0].ns_pids = {100, 1};
  view.members[0].namespaces[static_cast<size_t>(NamespaceKind::pid)] = 21;
  view.members[0].container = view.members[1].container = 0;
  view.members[3].zombie = true;
  return view;
}
const std::unordered_map<pid_t, std::string> kPlaces = {{100, "/docker/ID"}, {200, "/user/docker/ID"}};

std::string names_in(const NamespaceView& view) {
  std::string out;
  for (const NamespaceMember& member : view.members)
    out += cat(out.empty() ? "" : " ", member.container ? view.containers[*member.container].id : "-");
  return out;
}

TEST(NsNames, AStateGoesBeforeACgroup) {
  NamespaceView view = four_processes();
  name_by_states({{"runc", kId, 100, {100, 300}, false}}, kPlaces, 20, &view);
  EXPECT_EQ(names_in(view), cat(kId, " - ", kId, " -"));
  EXPECT_EQ(view.containers[0].engine, "docker");
  EXPECT_EQ(view.containers[0].runtime, "runc");
  EXPECT_EQ(view.containers[0].init, 100);
}

TEST(NsNames, WhoIsNamedOnceKeepsIt) {
  NamespaceView view = four_processes();
  name_by_states({{"husk", "web", 100, {}, true}, {"runc", "liar", 300, {100, 200}, false}}, kPlaces, 20, &view);
  EXPECT_EQ(names_in(view), "web liar liar -");
}

TEST(NsNames, TheHostIsNoContainer) {
  NamespaceView view = four_processes();
  name_by_states({{"husk", "web", 200, {}, true}}, kPlaces, 20, &view);
  EXPECT_EQ(names_in(view), cat(kId, " web - -"));
}

TEST(NsTarget, WhatAWordMeans) {
  NamespaceView view = four_processes();
  view.namespaces = {entry(NamespaceKind::user, 10, 0), entry(NamespaceKind::pid, 200, 10)};
  view.containers.push_back({"husk", "300", "husk"});
  view.members[2].container = 1;
  const auto pid_of = [&view](const char* word) {
    const Result<NamespaceTarget> found = find_in(view, word);
    return found.ok() && found->member != nullptr ? found->member->pid : 0;
  };
  EXPECT_EQ(find_in(view, "10")->entry, view.namespaces.data());
  EXPECT_EQ(find_in(view, "user:[10]")->entry, view.namespaces.data());
  EXPECT_EQ(find_in(view, "mnt:[10]").error().text(), "\"mnt:[10]\" is no namespace: 10 is one of kind user");
  EXPECT_EQ(find_in(view, "200")->entry, &view.namespaces[1]);
  EXPECT_EQ(find_in(view, "200")->also, "pid:200");
  EXPECT_EQ(pid_of("pid:200"), 200);
  EXPECT_EQ(pid_of("300"), 300);
  EXPECT_EQ(find_in(view, "300")->also, "container:300");
  EXPECT_EQ(pid_of("container:300"), 300);
  EXPECT_EQ(pid_of(kId), 100);  // it is process 1 there, which 200 is nowhere
  EXPECT_EQ(pid_of("01234"), 100);
  EXPECT_EQ(pid_of("docker:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), 100);
  for (const char* word : {"", "nonsense", "30", "pid:", "pid:999", "container:", "container:30", "net:[5]", "-1"})
    EXPECT_FALSE(find_in(view, word).ok()) << word;
}

TEST(NsTarget, TwoContainersThatBeginAlike) {
  NamespaceView view = four_processes();
  view.containers.push_back({"podman", "0123456789abffff", ""});
  view.members[2].container = 1;
  EXPECT_NE(find_in(view, "0123").error().text().find("may be any of 2 containers"), std::string::npos);
  EXPECT_EQ(find_in(view, "0123456789abf")->member->pid, 300);
}

TEST(NsWords, ZombiesAreNoProcesses) {
  NamespaceView view = four_processes();
  NamespaceEntry one = entry(NamespaceKind::uts, 30, 10);
  one.zombies = {3};
  EXPECT_EQ(keeper_words(view, one), "nobody in it but 1 zombie");
  one.members = {0, 1};
  EXPECT_EQ(keeper_words(view, one), "2 processes and 1 zombie");
}

TEST(NsWords, WideCharactersHaveRoom) {
  const auto picture_of = [](const char* name) {
    NamespaceView view = three_levels();
    view.members[0].name = name;
    view.namespaces[6].members = {0};
    std::string svg = namespaces_svg(view, 10);
    for (size_t at = svg.find(name); at != std::string::npos; at = svg.find(name)) svg.erase(at, std::strlen(name));
    return svg;
  };
  EXPECT_EQ(picture_of("\xe6\x97\xa5\xe6\x9c\xac"), picture_of("wxyz"));  // as wide as four others
  EXPECT_EQ(picture_of("\xc3\xa9\xc3\xa9"), picture_of("wx"));
  EXPECT_NE(picture_of("wxyz"), picture_of("wx"));
}

}  // namespace
}  // namespace husk::life
