#pragma once

#include "messages/outcome.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::workflow {

/// The rules of one time zone, from a TZif file (RFC 8536). Immutable once loaded.
class time_zone {
public:
  /// From /usr/share/zoneinfo. Each zone is read once per process and then shared; safe from any thread. bad_request
  /// for a name that is not there.
  [[nodiscard]] static outcome<std::shared_ptr<const time_zone>> find(std::string_view name);

  /// From the bytes of a TZif file of version 2 or later.
  [[nodiscard]] static outcome<std::shared_ptr<const time_zone>> parse(std::string_view bytes);

  /// The offset in force, and for how long: [begin, end) in unix seconds.
  struct period {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int32_t offset_s = 0; ///< local time minus UTC
  };
  [[nodiscard]] period at(std::int64_t unix_s) const;

private:
  /// When daylight saving begins or ends within a year, in local seconds of the offset that ends.
  struct change_rule {
    char kind = 0; ///< 'M' month.week.day, 'J' day 1..365 without Feb 29, 'N' day 0..365
    int month = 0;
    int week = 0;
    int day = 0;
    std::int32_t time_s = 7200;
    [[nodiscard]] std::int64_t local_second(int year) const;
  };
  struct transition {
    std::int64_t at = 0;
    std::int32_t offset_s = 0;
  };

  [[nodiscard]] bool parse_footer(std::string_view text);
  [[nodiscard]] period after_last(std::int64_t unix_s, std::int64_t begin) const;

  std::vector<transition> transitions_;
  std::int32_t first_offset_s_ = 0; ///< before the first transition
  bool has_footer_ = false;         ///< rules for the time after the last transition
  bool has_dst_ = false;
  std::int32_t standard_s_ = 0;
  std::int32_t daylight_s_ = 0;
  change_rule daylight_begins_;
  change_rule daylight_ends_;
};

} // namespace cadenza::workflow
