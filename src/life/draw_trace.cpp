// Drawing a timeline: one line for each thing that was done, in the order of beginning, with a bar at its time.
#include <algorithm>
#include <charconv>
#include <vector>

#include "host/files.h"
#include "husk/inspect.h"
#include "husk/text.h"
#include "json/in.h"
#include "life/svg.h"

namespace husk {
namespace {

constexpr int kBar = 40;  // characters

struct Event {
  std::string name, category, phase;
  int64_t thread = 0;
  int64_t begin = 0, length = 0;  // ns
};

struct Drawing {
  std::string what;
  std::vector<Event> events;
  std::vector<std::pair<int64_t, std::string>> threads;
  int64_t end = 1;
  int64_t left_out = 0;
  std::string error;

  [[nodiscard]] std::string thread_name(int64_t number) const {
    for (const auto& [id, name] : threads)
      if (id == number) return name;
    return cat(number);
  }
};

// "12.345", in microseconds, as nanoseconds.
int64_t nanoseconds(std::string_view text) {
  int64_t whole = 0, part = 0;
  const size_t point = std::min(text.find('.'), text.size());
  (void)std::from_chars(text.data(), text.data() + point, whole);
  int64_t unit = 100;
  for (size_t i = point + 1; i < text.size() && unit > 0; ++i, unit /= 10)
    if (text[i] >= '0' && text[i] <= '9') part += (text[i] - '0') * unit;
  constexpr int64_t kLongest = int64_t{1} << 40;  // 12 days: what is multiplied with a width stays below 2^63
  return std::clamp<int64_t>(whole, 0, kLongest) * 1000 + part;
}

void read_time(const json::In& in, const char* name, int64_t& out) {
  const std::optional<json::In> member = in.at(name);
  if (!member || !member->expect(json::Kind::number)) return;
  out = nanoseconds(member->value().text());
}

void read(const json::In& in, Event& out) {
  in.get("name", out.name);
  in.get("cat", out.category);
  in.get("ph", out.phase);
  in.get("tid", out.thread);
  read_time(in, "ts", out.begin);
  read_time(in, "dur", out.length);
  if (out.phase == "M")
    if (const std::optional<json::In> arguments = in.at("args")) arguments->get("name", out.category);
  // The file may be anybody's, and the words go to a terminal.
  out.name = printable(out.name);
  out.category = printable(out.category);
}

Result<Drawing> load(const std::string& path) {
  HUSK_LET(const std::string text, host::read_file(path, json::kMaxBytes));
  Result<json::Document> parsed = json::Document::parse(text);
  if (!parsed.ok()) return std::move(parsed).error().within(path);
  const json::Document& doc = *parsed;
  json::Failure failure;
  const json::In in(doc.root(), failure);
  Drawing out;
  if (const std::optional<json::In> other = in.at("otherData")) {
    other->get("what", out.what);
    other->get("leftOut", out.left_out);
    other->get("error", out.error);
  }
  const std::optional<json::In> list = in.at("traceEvents");
  if (list && list->expect(json::Kind::array))
    list->each([&out](const json::In& one) {
      Event event;
      read(one, event);
      if (event.phase == "M" && event.name == "thread_name") out.threads.emplace_back(event.thread, event.category);
      if (event.phase != "X") return;
      out.end = std::max(out.end, event.begin + event.length);
      out.events.push_back(std::move(event));
    });
  out.what = printable(out.what);
  out.error = printable(out.error);
  if (out.left_out > 0) out.what += cat(" (without the last ", out.left_out, " steps and waits)");
  if (failure.first) return std::move(*failure.first).within(path);
  if (out.events.empty()) return Error{cat(path, ": no timeline"), 0, "`husk run --trace FILE` writes one", 1};
  std::stable_sort(out.events.begin(), out.events.end(),
                   [](const Event& a, const Event& b) { return a.begin < b.begin; });
  return out;
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string tenths(int64_t ns) {
  return cat(ns / 1000, ".", ns % 1000 / 100);
}

std::string bar(const Event& event, int64_t end) {
  const auto place = [end](int64_t t) { return static_cast<int>(t * kBar / end); };
  const int first = std::min(place(event.begin), kBar - 1);
  const int last = std::clamp(place(event.begin + event.length), first, kBar - 1);
  const char mark = event.category == "error" ? '!' : event.category == "wait" ? '.' : '#';
  std::string out(kBar, ' ');
  for (int i = first; i <= last; ++i) out[static_cast<size_t>(i)] = mark;
  return out;
}

std::string text_of(const Drawing& drawing) {
  std::string out = cat(drawing.what, ": ", tenths(drawing.end), " us (# work, . wait, ! failed)\n");
  const size_t longest = tenths(drawing.end).size(), begin = std::max<size_t>(longest, 11);
  const size_t width = std::max<size_t>(longest, 7);
  out += cat(padded("begin us", begin), " ", padded("us", width), "  process  |", std::string(kBar, '-'), "|\n");
  for (const Event& event : drawing.events) {
    std::string who = drawing.thread_name(event.thread);
    who.resize(std::max<size_t>(who.size(), 7), ' ');
    out += cat(padded(tenths(event.begin), begin), " ", padded(tenths(event.length), width), "  ", who, "  |",
               bar(event, drawing.end), "| ", event.name, "\n");
  }
  if (!drawing.error.empty()) out += cat("failed: ", drawing.error, "\n");
  return out;
}

constexpr const char* kFailed = "#d62728";

// Work in the process's colour, waits in a pale one.
const char* color_of(const std::string& who, const std::string& category) {
  const bool waits = category == "wait";
  if (category == "error") return kFailed;
  if (who == "parent") return waits ? "#ccd9e8" : "#4c78a8";
  if (who == "child") return waits ? "#fde0c2" : "#f58518";
  return waits ? "#cfe5cb" : "#54a24b";
}

// A step of 1, 2 or 5 times a power of ten, so that about eight of them are in the picture.
int64_t tick(int64_t end) {
  int64_t step = 1000;
  for (int i = 0; end / step > 8; ++i) step = i % 3 == 1 ? step / 2 * 5 : step * 2;
  return step;
}

std::string svg_of(const Drawing& drawing) {
  constexpr int kRow = 18, kLeft = 330, kWidth = 900, kTop = 64, kRight = 90;
  const int height = kTop + kRow * static_cast<int>(drawing.events.size()) + 24;
  const auto x = [&](int64_t t) { return kLeft + static_cast<int>(t * kWidth / drawing.end); };
  std::string out =
      cat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", kLeft + kWidth + kRight, "\" height=\"", height,
          "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
          "<text x=\"12\" y=\"24\" font-size=\"16\">", life::xml_escaped(drawing.what), ": ", tenths(drawing.end),
          " \xc2\xb5s</text>\n");
  int legend = kLeft;
  for (const auto& [id, name] : drawing.threads) {
    out += cat("<rect x=\"", legend, "\" y=\"14\" width=\"12\" height=\"12\" fill=\"", color_of(name, ""),
               "\"/><text x=\"", legend + 16, "\" y=\"24\">", life::xml_escaped(name), "</text>\n");
    legend += 80;
  }
  out += cat("<text x=\"", legend, "\" y=\"24\" fill=\"#777777\">pale: waits</text>\n");
  if (!drawing.error.empty())
    out += cat("<text x=\"", legend + 90, "\" y=\"24\" fill=\"", kFailed,
               "\">failed: ", life::xml_escaped(shortened(drawing.error, 75)), "</text>\n");
  for (int64_t t = 0, step = tick(drawing.end); t <= drawing.end; t += step)
    out += cat("<line x1=\"", x(t), "\" x2=\"", x(t), "\" y1=\"", kTop - 8, "\" y2=\"", height - 20,
               "\" stroke=\"#eeeeee\"/><text x=\"", x(t), "\" y=\"", kTop - 12,
               "\" fill=\"#777777\" text-anchor=\"middle\">", t / 1000, " \xc2\xb5s</text>\n");
  int y = kTop;
  for (const Event& event : drawing.events) {
    const std::string who = drawing.thread_name(event.thread);
    const std::string name = shortened(event.name, 45);
    const int width = std::max(1, x(event.begin + event.length) - x(event.begin));
    out += cat("<g><title>", life::xml_escaped(cat(who, ": ", event.name)), "</title><text x=\"", kLeft - 8, "\" y=\"",
               y + 13, event.category == "error" ? cat("\" fill=\"", kFailed) : std::string(),
               "\" text-anchor=\"end\">", life::xml_escaped(name), "</text><rect x=\"", x(event.begin), "\" y=\"",
               y + 2, "\" width=\"", width, "\" height=\"", kRow - 4, "\" fill=\"", color_of(who, event.category),
               "\"/><text x=\"", x(event.begin) + width + 4, "\" y=\"", y + 13, "\" fill=\"#555555\" font-size=\"10\">",
               tenths(event.length), "</text></g>\n");
    y += kRow;
  }
  return out + "</svg>\n";
}

}  // namespace

Result<std::string> draw_trace(const std::string& path, Picture picture) {
  HUSK_LET(const Drawing drawing, load(path));
  return picture == Picture::svg ? svg_of(drawing) : text_of(drawing);
}

}  // namespace husk
