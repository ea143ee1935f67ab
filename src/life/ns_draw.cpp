// Namespaces as a tree of text: user namespaces with all that they own, and PID namespaces with their processes.
#include <algorithm>

#include "husk/text.h"
#include "life/ns_words.h"

namespace husk {
namespace {

class Tree {
 public:
  Tree(const NamespaceView& view, size_t most) : view_(view), forest_(life::forest_of(view)), most_(most) {}

  std::string text() {
    for (const size_t i : forest_.users) add_user(i, "", "");
    if (!forest_.strays.empty()) out_ += "whose owner cannot be seen\n";
    for (size_t i = 0; i < forest_.strays.size(); ++i) {
      const bool last = i + 1 == forest_.strays.size();
      add_line(view_.namespaces[forest_.strays[i]], last ? kLast : kNext);
    }
    for (const size_t i : forest_.pids) {
      out_ += '\n';
      add_pid(i, "", "");
    }
    return std::move(out_);
  }

 private:
  static constexpr std::string_view kNext = "\xe2\x94\x9c\xe2\x94\x80 ", kLast = "\xe2\x94\x94\xe2\x94\x80 ";
  static constexpr std::string_view kBeside = "\xe2\x94\x82  ", kBelow = "   ";

  void add_line(const NamespaceEntry& entry, std::string_view prefix) {
    std::vector<std::string> words = life::facts_of(view_, entry);
    std::string keeper = life::keeper_words(view_, entry);
    const std::vector<size_t> named = life::named_members(view_, entry, 1);
    // One process is named where it stands for the namespace; those of a PID namespace have lines of their own.
    if (entry.kind != NamespaceKind::pid && !entry.first && !named.empty())
      keeper += cat(": ", view_.members[named[0]].pid, " ", printable(view_.members[named[0]].name),
                    entry.members.size() > 1 ? " ..." : "");
    words.push_back(std::move(keeper));
    out_ += cat(prefix, namespace_kind_name(entry.kind), " ", entry.id, "  ", life::joined(words, "; "), "\n");
  }

  // `prefix` stands before the line itself, `inside` before what is below it.
  void add_user(size_t index, const std::string& prefix, const std::string& inside) {
    const NamespaceEntry& entry = view_.namespaces[index];
    add_line(entry, prefix);
    const std::vector<size_t>& owned = forest_.owned_by(entry.id);
    const std::vector<size_t>& children = forest_.children_of(entry.id);
    for (size_t i = 0; i < owned.size(); ++i)
      add_line(view_.namespaces[owned[i]], cat(inside, i + 1 < owned.size() || !children.empty() ? kNext : kLast));
    for (size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      add_user(children[i], cat(inside, last ? kLast : kNext), cat(inside, last ? kBelow : kBeside));
    }
  }

  void add_pid(size_t index, const std::string& prefix, const std::string& inside) {
    const NamespaceEntry& entry = view_.namespaces[index];
    add_line(entry, prefix);
    const std::vector<size_t>& children = forest_.children_of(entry.id);
    const std::vector<size_t> named = life::named_members(view_, entry, most_);
    const size_t others = entry.members.size() - named.size();
    for (size_t i = 0; i < named.size(); ++i) {
      const NamespaceMember& member = view_.members[named[i]];
      const bool last = i + 1 == named.size() && others == 0 && children.empty();
      out_ += cat(inside, last ? kLast : kNext, life::level_words(member), "  ", printable(member.name), "\n");
    }
    if (others > 0 && !named.empty()) out_ += cat(inside, children.empty() ? kLast : kNext, "and ", others, " more\n");
    for (size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      add_pid(children[i], cat(inside, last ? kLast : kNext), cat(inside, last ? kBelow : kBeside));
    }
  }

  const NamespaceView& view_;
  life::NamespaceForest forest_;
  size_t most_;
  std::string out_;
};

}  // namespace

std::string draw_namespaces(const NamespaceView& view, Picture picture, size_t most) {
  return picture == Picture::svg ? life::namespaces_svg(view, most) : Tree(view, most).text();
}

}  // namespace husk
