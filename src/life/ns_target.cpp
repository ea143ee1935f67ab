// What somebody means who names a namespace, a process or a container. The kinds of names can be told from each other
// but for numbers, which may be any of the three: then the order decides, and what else it could be is said.
#include <algorithm>
#include <cerrno>
#include <charconv>

#include "husk/ns_list.h"
#include "husk/text.h"
#include "life/ns_scan.h"
#include "life/ns_words.h"

namespace husk {
namespace {

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return out;
}

const NamespaceMember* member_with(const NamespaceView& view, std::optional<uint64_t> pid) {
  for (const NamespaceMember& member : view.members)
    if (pid && static_cast<uint64_t>(member.pid) == *pid) return &member;
  return nullptr;
}

bool is_random(std::string_view id) {
  constexpr size_t kShortest = 12;
  return id.size() >= kShortest && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// By its id, or by the beginning of one that an engine has drawn.
Result<const NamespaceMember*> first_process_of(const NamespaceView& view, std::string_view id) {
  std::vector<size_t> whole, begun;
  for (size_t i = 0; i < view.containers.size(); ++i) {
    const NamedContainer& one = view.containers[i];
    if (life::first_process(view, i) == nullptr) continue;
    if (one.id == id || cat(one.engine, ":", one.id) == id) whole.push_back(i);
    if (is_random(one.id) && !id.empty() && one.id.starts_with(id)) begun.push_back(i);
  }
  const std::vector<size_t>& found = whole.empty() ? begun : whole;
  if (found.empty()) return nullptr;
  if (found.size() == 1) return life::first_process(view, found[0]);
  std::vector<std::string> names;
  for (const size_t i : found) names.push_back(cat(view.containers[i].engine, ":", view.containers[i].id));
  return Error{cat("\"", printable(id), "\" may be any of ", names.size(), " containers"), 0,
               printable(life::joined(names, ", "))};
}

// What nobody is found by.
Error unknown(const NamespaceView& view, std::string_view word) {
  std::string_view id = word;
  if (id.starts_with(life::kContainerPrefix)) id.remove_prefix(life::kContainerPrefix.size());
  for (const NamedContainer& one : view.stopped)
    if (one.id == id || cat(one.engine, ":", one.id) == id)
      return Error{cat("container ", printable(one.id), " has no process (it is stopped)"), ESRCH, {}, 1, true};
  return Error{cat("\"", printable(word), "\" is neither a namespace nor a process nor a container that can be seen"),
               0, "`husk ns list` shows the ids"};
}

}  // namespace

namespace life {

const NamespaceMember* first_process(const NamespaceView& view, size_t container) {
  const NamespaceMember* best = nullptr;
  // The one that is process 1, at the outermost level; else the one that is told first.
  const auto rank = [](const NamespaceMember& m) {
    return std::pair(m.ns_pids.empty() || m.ns_pids.back() != 1, m.ns_pids.size());
  };
  for (const NamespaceMember& member : view.members) {
    if (member.container != container || member.process != member.pid || member.zombie) continue;
    if (member.pid == view.containers[container].init) return &member;
    if (best == nullptr || rank(member) < rank(*best)) best = &member;
  }
  return best;
}

}  // namespace life

Result<NamespaceTarget> find_in(const NamespaceView& view, std::string_view word) {
  NamespaceTarget out;
  if (const std::optional<life::NamespaceName> name = life::namespace_named(word)) {
    out.entry = view.find(name->id);
    if (out.entry == nullptr) return unknown(view, word);
    if (out.entry->kind != name->kind)
      return fail(0, "\"", word, "\" is no namespace: ", name->id, " is one of kind ",
                  namespace_kind_name(out.entry->kind));
    return out;
  }
  using life::kContainerPrefix, life::kPidPrefix;
  if (word.starts_with(kPidPrefix)) {
    out.member = member_with(view, number_in(word.substr(kPidPrefix.size())));
    return out.member == nullptr ? Result<NamespaceTarget>(unknown(view, word)) : out;
  }
  if (word.starts_with(kContainerPrefix)) {
    HUSK_LET(out.member, first_process_of(view, word.substr(kContainerPrefix.size())));
    return out.member == nullptr ? Result<NamespaceTarget>(unknown(view, word)) : out;
  }
  const std::optional<uint64_t> number = number_in(word);
  const NamespaceMember* process = member_with(view, number);
  if (number) out.entry = view.find(*number);
  if (out.entry == nullptr) out.member = process;
  Result<const NamespaceMember*> of_container = first_process_of(view, word);
  const bool taken = out.entry != nullptr || out.member != nullptr;
  if (!taken && !of_container.ok()) return std::move(of_container).error();
  if (!taken) out.member = *of_container;
  if (out.entry == nullptr && out.member == nullptr) return unknown(view, word);
  if (out.entry != nullptr && process != nullptr) out.also = cat(kPidPrefix, word);
  // The beginning of a random id is meant only where nothing else is.
  if (taken && of_container.ok() && *of_container != nullptr && view.containers[*(*of_container)->container].id == word)
    out.also += cat(out.also.empty() ? "" : ", ", kContainerPrefix, word);
  return out;
}

}  // namespace husk
