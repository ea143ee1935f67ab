// Amounts as they are written on the command line: "100ms", "50M".
#pragma once

#include <husk/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace husk::cli {

// A duration in the notation of Go: "300ms", "1m30s", "1.5h", "-2us", "0". In nanoseconds; nothing when it is not one
// or does not fit.
std::optional<int64_t> parse_duration(std::string_view text);

// A size in bytes: "1048576", "50M", "1.5 GiB", all letters in either case and powers of 1024; "-1" stays -1. The error
// says what is wrong with it.
Result<int64_t> parse_size(const std::string& text);

// Decimal and nothing else; a sign for parse_signed only.
std::optional<int64_t> parse_signed(std::string_view text);
std::optional<uint64_t> parse_unsigned(std::string_view text);

}  // namespace husk::cli
