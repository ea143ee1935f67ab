// Text of others, made fit to be shown.
#pragma once

#include <string>
#include <string_view>

namespace husk {

// Valid UTF-8 without control characters (C0, DEL, C1), without those that end a line or turn the direction of writing,
// and without what is no character: each byte of such is shown as "?". For names and words that a container, a process
// or a file has chosen, before they go to a terminal or into a picture.
[[nodiscard]] std::string printable(std::string_view text);

// At most `most` characters of it; the last of them is an ellipsis when something was left out. `text` is valid UTF-8.
[[nodiscard]] std::string shortened(std::string_view text, size_t most);

}  // namespace husk
