#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How single values are spelled in configuration files. Nothing: the text is not such a value.
namespace cadenza::config {

/// true, false, yes, no, on, off, in lower, upper or capitalised letters.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

[[nodiscard]] std::optional<std::int64_t> parse_int(std::string_view text);

/// Finite only.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// As Go writes them: "1h30m", "2s", "1.5ms", "250us", "-5s", "0". A unit is needed unless the value is 0.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// The shortest text that reads back as the same duration, in h, m, s, ms, us, ns.
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds value);

/// A plain number of bytes or one with KiB, MiB, GiB, TiB.
[[nodiscard]] std::optional<std::int64_t> parse_bytes(std::string_view text);

/// "host:port" with a port of 1 to 65535; the host may be empty or an IPv6 address in brackets.
[[nodiscard]] bool is_host_port(std::string_view text);

} // namespace cadenza::config
