// config.json, process.json and resources: whatever comes, an answer and no fault.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spec/parse.h"
#include "spec/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto spec = husk::spec::parse(text); spec.ok()) (void)husk::spec::check_all(*spec);
  if (const auto process = husk::spec::parse_process(text); process.ok()) (void)husk::spec::check_process(*process);
  if (const auto limits = husk::spec::parse_resources(text); limits.ok()) (void)husk::spec::check_resources(*limits);
  return 0;
}
