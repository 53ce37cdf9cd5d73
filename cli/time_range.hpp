#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Duration;
class Timestamp;
} // namespace google::protobuf

namespace cadenza::cli {

/// Unix time in nanoseconds of an RFC3339 text ("2006-01-02T15:04:05Z", "...+07:00"), of raw nanoseconds, or of a
/// range `N` + unit that means "that long before `now_ns`": s|m|h|d|w|M|y or second…year, 0 < N < 1000000, a month is
/// 30 days and a year 365. Times before 1970 become 0. Nothing for any other text.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text, std::int64_t now_ns);

/// Unix time in nanoseconds of an RFC3339 text only; what lies outside the range of the result becomes its nearest end.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text);

/// The same of a date without a zone, which is UTC: "2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", or with an
/// offset without a colon, as "+0700", after the last of them.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

[[nodiscard]] std::int64_t now_ns();

/// "2006-01-02T15:04:05Z" in UTC.
[[nodiscard]] std::string utc_text(std::int64_t unix_ns);

/// The same with what is below a second, as far as it is not zero: "2006-01-02T15:04:05.25Z".
[[nodiscard]] std::string precise_utc_text(std::int64_t unix_ns);

enum class time_style { clock, brief, date_time, raw };

/// As lists show times, in the local time zone: "15:04:05", "01-02 15:04:05" (with the year where it is not this
/// one's), RFC3339, or raw nanoseconds. "" for 0, which means "none".
[[nodiscard]] std::string local_text(std::int64_t unix_ns, time_style style);

[[nodiscard]] std::int64_t to_ns(const google::protobuf::Timestamp& time);
[[nodiscard]] google::protobuf::Timestamp to_timestamp(std::int64_t unix_ns);
[[nodiscard]] google::protobuf::Duration to_duration(std::int64_t seconds);

} // namespace cadenza::cli
