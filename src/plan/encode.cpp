#include "plan/plan.h"
#include "plan/writer.h"

namespace husk::plan {

std::string encode(const Plan& plan) {
  Writer w;
  w.reserve(8192);
  w.write(plan.header);
  for (const Step& step : plan.steps) {
    w.write(static_cast<uint64_t>(step.index() - 1));  // monostate is the variant's first
    std::visit(
        [&](const auto& s) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(s)>, std::monostate>) w.write(s);
        },
        step);
  }
  return w.take();
}

}  // namespace husk::plan
