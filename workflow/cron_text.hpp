#pragma once

#include "messages/outcome.hpp"

#include <cstdint>
#include <string_view>

/// The parts of a cron text. Errors are worded as the reference system's clients know them; all are bad_request.
namespace cadenza::workflow {

/// Set in a field that was a plain `*` or `?`: the day fields treat it differently.
inline constexpr std::uint64_t star_bit = std::uint64_t{1} << 63;

enum class cron_field { minutes, hours, days, months, weekdays };

/// The values of a field as bits, and `star_bit`: a list of `number | name | * | ?`, `a-b`, either with `/step`.
[[nodiscard]] outcome<std::uint64_t> parse_cron_field(std::string_view text, cron_field which);

/// "1h30m", "2.5s", "-3m", "0": seconds, at most 292 years of them, as Go's time.ParseDuration takes them.
[[nodiscard]] outcome<double> parse_cron_duration_s(std::string_view text);

} // namespace cadenza::workflow
