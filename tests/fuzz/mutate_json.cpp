// How inputs with JSON in them are changed: mostly a value is replaced by another value, so that what comes out is
// mostly JSON still. Changes of single bytes find faults of the JSON parser, and few behind it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

// The end of the value that begins at `at`.
size_t end_of(std::string_view text, size_t at) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c != '"') continue;
      quoted = false;
    } else if (c == '"') {
      quoted = true;
      continue;
    } else if (c == '{' || c == '[') {
      ++depth;
      continue;
    } else if (c == '}' || c == ']') {
      if (--depth < 0) return i;
    } else if (depth != 0 || (c != ',' && c != ':' && c != ' ' && c != '\n')) {
      continue;
    }
    if (depth == 0) return c == ',' || c == ':' || c == ' ' || c == '\n' ? i : std::min(i + 1, text.size());
  }
  return text.size();
}

struct Span {
  size_t begin = 0, end = 0;
};

// A value (or a key) somewhere: behind a bracket, colon or comma.
Span some_value(std::string_view text, std::minstd_rand& random) {
  size_t at = text.find_first_of(":,[{", random() % text.size());
  if (at == std::string_view::npos) at = text.find_first_of(":,[{");
  if (at == std::string_view::npos) return {};
  at = text.find_first_not_of(" \n\t", at + 1);
  if (at == std::string_view::npos || text[at] == ']' || text[at] == '}') return {};
  return {at, end_of(text, at)};
}

constexpr const char* kValues[] = {"0",
                                   "1",
                                   "-1",
                                   "4294967295",
                                   "4294967296",
                                   "9223372036854775807",
                                   "-9223372036854775808",
                                   "18446744073709551615",
                                   "1.5",
                                   "1e3",
                                   "null",
                                   "true",
                                   "false",
                                   "[]",
                                   "{}",
                                   "\"\"",
                                   "\"/\"",
                                   "\"/..\"",
                                   "\"a/../b\"",
                                   "\"/proc/self\"",
                                   "\"\\u0000\"",
                                   "\"x\\ny\"",
                                   "[[]]",
                                   "[0,0]",
                                   "[\"\"]"};

std::string changed(std::string_view text, std::minstd_rand& random) {
  const Span span = some_value(text, random);
  if (span.end <= span.begin) return std::string(text);
  std::string out(text);
  const Span other = some_value(text, random);
  const std::string_view found = text.substr(other.begin, other.end - other.begin);
  switch (random() % 4) {
    case 0:
      return out.replace(span.begin, span.end - span.begin, kValues[random() % std::size(kValues)]);
    case 1:
      return out.replace(span.begin, span.end - span.begin, found);
    case 2:  // once more behind itself
      return out.insert(span.end, "," + out.substr(span.begin, span.end - span.begin));
    default:  // gone, with a comma of its own
      return out.erase(span.begin, span.end - span.begin + (span.end < out.size() && out[span.end] == ',' ? 1 : 0));
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  if (size < 8 || random() % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string out = changed({reinterpret_cast<const char*>(data), size}, random);
  if (out.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, out.data(), out.size());
  return out.size();
}
