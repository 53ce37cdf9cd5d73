#pragma once

#include <string>
#include <string_view>

namespace cadenza::cli {

/// Standard alphabet with padding, as JSON carries bytes.
[[nodiscard]] std::string base64(std::string_view bytes);

/// URL alphabet without padding, as tokens want it.
[[nodiscard]] std::string base64_url(std::string_view bytes);

} // namespace cadenza::cli
