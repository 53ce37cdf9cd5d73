#pragma once

#include <string>
#include <string_view>

namespace cadenza {

/// Base64 with padding, as JSON documents carry bytes.
[[nodiscard]] std::string to_base64(std::string_view raw);

/// Base64 of the URL alphabet without padding, as tokens want it.
[[nodiscard]] std::string to_base64_url(std::string_view raw);

/// Appends what `text` (with padding or without) stands for to `raw`; false for other text.
[[nodiscard]] bool from_base64(std::string_view text, std::string& raw);

} // namespace cadenza
