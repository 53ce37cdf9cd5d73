#pragma once

#include <string>

namespace cadenza::actors {

/// Base64 with padding, as JSON documents carry bytes.
[[nodiscard]] std::string to_base64(const std::string& raw);
/// Appends what `text` stands for to `raw`; false for other text.
[[nodiscard]] bool from_base64(const std::string& text, std::string& raw);

} // namespace cadenza::actors
