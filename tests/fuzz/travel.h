// A plan on its way: decoded as init does it, without carrying anything out, and encoded again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/reader.h"
#include "plan/header.h"
#include "plan/steps.h"
#include "plan/writer.h"

namespace husk::fuzz {

template <class T>
void pass_on(Reader& reader, plan::Writer& writer) {
  T value;
  reader.read(value);
  if (!reader.bad()) writer.write(value);
}

// Nothing when init would refuse it: a damaged text, an unknown step, something left over.
inline std::optional<std::string> recode(std::string_view text) {
  Arena arena;
  Reader reader(text.data(), text.size(), arena);
  plan::Header header;
  reader.read(header);
  if (reader.bad()) return {};
  plan::Writer writer;
  writer.write(header);
  for (uint64_t i = 0; i < header.steps && !reader.bad(); ++i) {
    uint64_t op = 0;
    reader.read(op);
    writer.write(op);
    switch (static_cast<plan::Op>(op)) {
#define HUSK_CASE(name, type)      \
  case plan::Op::name:             \
    pass_on<type>(reader, writer); \
    break;
      HUSK_STEPS(HUSK_CASE)
#undef HUSK_CASE
      default:
        return {};
    }
  }
  if (reader.bad() || !reader.done()) return {};
  return writer.take();
}

}  // namespace husk::fuzz
