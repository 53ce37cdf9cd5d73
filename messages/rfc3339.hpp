#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cadenza::workflow {

/// Unix nanoseconds of an RFC 3339 time such as 2018-02-15T16:16:36.5-08:00; nothing for any other text. Fractions
/// finer than a nanosecond are cut off. Times outside the range of the result (years 1677 to 2262) become its nearest
/// end, so that they still compare rightly with all others.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text);

} // namespace cadenza::workflow
