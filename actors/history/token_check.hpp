#pragma once

#include "messages/shard_hash.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The check sum of page tokens that are JSON objects. It tells tokens that were changed by accident or by trying; it
/// is no secret, and what a token asks for is checked besides.
namespace cadenza::actors {

inline constexpr std::string_view check_sum_member = "check";

/// Of the members before it, with the opening brace and without the closing one.
[[nodiscard]] inline std::int64_t check_sum(std::string_view open_object) { return farm_fingerprint32(open_object); }

/// The object with its check sum as the last member.
[[nodiscard]] inline std::string with_check_sum(std::string open_object) {
  const auto sum = check_sum(open_object);
  return std::move(open_object) + ",\"" + std::string(check_sum_member) + "\":" + std::to_string(sum) + '}';
}

} // namespace cadenza::actors
