// Namespaces as a picture: what lies in what, as boxes in boxes. On the left the user namespaces, each with a chip for
// every namespace that it owns; on the right the PID namespaces, each with its processes and their pids at every level.
//
// A box is as high as what it holds, so what it holds is drawn first, into a text of its own.
#include <algorithm>

#include "husk/text.h"
#include "life/ns_words.h"
#include "life/svg.h"

namespace husk::life {
namespace {

constexpr int kMargin = 16, kInset = 12, kLine = 17, kGap = 8;
constexpr int kNarrowest = 520;  // of a column, for its innermost box
constexpr int kChipHeight = 22;
constexpr const char* kColors[kNamespaceKinds] = {"#4c78a8", "#f58518", "#54a24b", "#e45756",
                                                  "#3a9e97", "#b279a2", "#9d755d", "#c9a400"};

const char* color_of(NamespaceKind kind) {
  return kColors[static_cast<size_t>(kind)];
}

// The font is one of fixed width: 0.602 of its size of 12, rounded up. Characters of East Asia are as wide as two, and
// by the first byte of each it can be told well enough which these are: better some room too much than a word cut.
int width_of(std::string_view text) {
  int columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;
    columns += (byte >= 0xe3 && byte <= 0xed) || byte >= 0xef ? 2 : 1;
  }
  return columns * 29 / 4;
}

// As much of the text as there is room for.
std::string fitted(std::string_view text, int width) {
  if (width_of(text) <= width) return std::string(text);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    if (width_of(out) + 2 * 8 > width) break;
    out += text.substr(i, end - i);
    i = end;
  }
  return out + "\xe2\x80\xa6";
}

// A piece of the picture that begins at its own corner.
struct Piece {
  std::string svg;
  int height = 0;
};

class Drawing {
 public:
  Drawing(const NamespaceView& view, size_t most) : view_(view), forest_(forest_of(view)), most_(most) {}

  std::string svg() {
    const int left = kNarrowest + 2 * kInset * depth_of(forest_.users);
    const int right = kNarrowest + 2 * kInset * depth_of(forest_.pids);
    const Piece users = column("User namespaces, and what each owns", forest_.users, left, &Drawing::user_box);
    const Piece pids = column("PID namespaces, and who is in them", forest_.pids, right, &Drawing::pid_box);
    const Piece strays = stray_box(left);
    constexpr int kTop = 56;
    const int width = kMargin + left + 2 * kMargin + right + kMargin;
    const int height = kTop + std::max(users.height + strays.height, pids.height) + kMargin;
    return cat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", width, "\" height=\"", height,
               "\" font-family=\"DejaVu Sans Mono, Liberation Mono, monospace\" font-size=\"12\">\n"
               "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
               legend(), moved(users.svg, kMargin, kTop), moved(strays.svg, kMargin, kTop + users.height),
               moved(pids.svg, kMargin + left + 2 * kMargin, kTop), "</svg>\n");
  }

 private:
  using Box = Piece (Drawing::*)(size_t, int);

  static std::string moved(const std::string& svg, int x, int y) {
    return svg.empty() ? "" : cat("<g transform=\"translate(", x, " ", y, ")\">\n", svg, "</g>\n");
  }

  static std::string text_at(int x, int y, std::string_view text, std::string_view style = "") {
    return cat("<text x=\"", x, "\" y=\"", y, "\"", style, ">", life::xml_escaped(text), "</text>\n");
  }

  static std::string legend() {
    std::string out;
    int x = kMargin;
    for (size_t i = 0; i < kNamespaceKinds; ++i) {
      const char* name = namespace_kind_name(static_cast<NamespaceKind>(i));
      out += cat("<rect x=\"", x, "\" y=\"14\" width=\"12\" height=\"12\" rx=\"2\" fill=\"", kColors[i], "\"/>",
                 text_at(x + 17, 24, name));
      x += 17 + width_of(name) + 2 * kGap;
    }
    return out;
  }

  [[nodiscard]] int depth_of(const std::vector<size_t>& places) const {
    int depth = 0;
    for (const size_t i : places) depth = std::max(depth, 1 + depth_of(forest_.children_of(view_.namespaces[i].id)));
    return depth;
  }

  Piece column(std::string_view title, const std::vector<size_t>& places, int width, Box box) {
    Piece out{text_at(0, 12, title, " font-size=\"14\" font-weight=\"bold\""), 24};
    for (const size_t i : places) add(&out, (this->*box)(i, width), 0);
    return out;
  }

  static void add(Piece* to, const Piece& piece, int x) {
    to->svg += moved(piece.svg, x, to->height);
    to->height += piece.height + kGap;
  }

  static void add_text(Piece* to, std::string_view text, int width, std::string_view style = "") {
    to->svg += text_at(kInset, to->height + 12, fitted(text, width - 2 * kInset), style);
    to->height += kLine;
  }

  static Piece framed(const Piece& inside, int width, const char* color) {
    return {cat("<rect width=\"", width, "\" height=\"", inside.height, "\" rx=\"6\" fill=\"", color,
                "\" fill-opacity=\"0.07\" stroke=\"", color, "\"/>\n", inside.svg),
            inside.height};
  }

  // The name of the namespace, and under it what is worth knowing, in as many lines as it takes.
  Piece head(const NamespaceEntry& entry, int width) {
    Piece out{"", kGap};
    add_text(&out, cat(namespace_kind_name(entry.kind), " ", entry.id), width, " font-weight=\"bold\"");
    std::vector<std::string> facts = facts_of(view_, entry);
    facts.push_back(keeper_words(view_, entry));
    std::string line;
    for (const std::string& fact : facts) {
      const std::string longer = cat(line, line.empty() ? "" : "; ", fact);
      if (!line.empty() && width_of(longer) > width - 2 * kInset) {
        add_text(&out, line, width, " fill=\"#555555\"");
        line = fact;
      } else {
        line = longer;
      }
    }
    add_text(&out, line, width, " fill=\"#555555\"");
    return out;
  }

  std::string chip_words(const NamespaceEntry& entry) {
    std::string out = cat(namespace_kind_name(entry.kind), " ", entry.id, " ");
    if (entry.first) return out + "the first";
    if (!entry.containers.empty()) return out + container_words(view_.containers[entry.containers[0]]);
    if (const std::vector<size_t> named = named_members(view_, entry, 1); !named.empty()) {
      const NamespaceMember& member = view_.members[named[0]];
      out += cat(member.pid, " ", printable(member.name));
      return entry.members.size() > 1 ? cat(out, " and ", entry.members.size() - 1, " more") : out;
    }
    return out + keeper_words(view_, entry);
  }

  // Those owned, beside each other as long as there is room.
  void add_chips(Piece* to, const std::vector<size_t>& places, int width) {
    const size_t shown = std::min(places.size(), most_ * 6);
    int x = kInset;
    if (shown > 0) to->height += 2;
    for (size_t i = 0; i < shown; ++i) {
      const NamespaceEntry& entry = view_.namespaces[places[i]];
      const std::string words = fitted(chip_words(entry), width - 4 * kInset);
      const int chip = width_of(words) + 2 * kGap;
      if (x > kInset && x + chip > width - kInset) {
        x = kInset;
        to->height += kChipHeight + 4;
      }
      to->svg += cat("<g><title>", life::xml_escaped(title_of(entry)), "</title><rect x=\"", x, "\" y=\"", to->height,
                     "\" width=\"", chip, "\" height=\"", kChipHeight, "\" rx=\"4\" fill=\"white\" stroke=\"",
                     color_of(entry.kind), "\"/><rect x=\"", x, "\" y=\"", to->height, "\" width=\"5\" height=\"",
                     kChipHeight, "\" fill=\"", color_of(entry.kind), "\"/>",
                     text_at(x + 5 + kGap / 2 + 1, to->height + 15, words), "</g>\n");
      x += chip + 6;
    }
    if (shown > 0) to->height += kChipHeight + kGap;
    if (shown < places.size()) add_text(to, cat("and ", places.size() - shown, " more"), width);
  }

  std::string title_of(const NamespaceEntry& entry) {
    std::vector<std::string> words = facts_of(view_, entry);
    words.push_back(keeper_words(view_, entry));
    for (const size_t i : named_members(view_, entry, most_))
      words.push_back(cat(view_.members[i].pid, " ", printable(view_.members[i].name)));
    return joined(words, "\n");
  }

  Piece user_box(size_t index, int width) {
    const NamespaceEntry& entry = view_.namespaces[index];
    Piece out = head(entry, width);
    add_chips(&out, forest_.owned_by(entry.id), width);
    for (const size_t i : forest_.children_of(entry.id)) add(&out, user_box(i, width - 2 * kInset), kInset);
    out.height += 4;
    return framed(out, width, color_of(NamespaceKind::user));
  }

  Piece pid_box(size_t index, int width) {
    const NamespaceEntry& entry = view_.namespaces[index];
    Piece out = head(entry, width);
    const std::vector<size_t> named = named_members(view_, entry, most_);
    for (const size_t i : named)
      add_text(&out, cat(level_words(view_.members[i]), "  ", printable(view_.members[i].name)), width);
    if (const size_t others = entry.members.size() - named.size(); others > 0 && !named.empty())
      add_text(&out, cat("and ", others, " more"), width, " fill=\"#555555\"");
    out.height += 4;
    for (const size_t i : forest_.children_of(entry.id)) add(&out, pid_box(i, width - 2 * kInset), kInset);
    return framed(out, width, color_of(NamespaceKind::pid));
  }

  Piece stray_box(int width) {
    if (forest_.strays.empty()) return {};
    Piece out{"", kGap};
    add_text(&out, "whose owner cannot be seen", width, " font-weight=\"bold\"");
    add_chips(&out, forest_.strays, width);
    return framed(out, width, "#777777");
  }

  const NamespaceView& view_;
  NamespaceForest forest_;
  size_t most_;
};

}  // namespace

std::string namespaces_svg(const NamespaceView& view, size_t most) {
  return Drawing(view, most).svg();
}

}  // namespace husk::life
