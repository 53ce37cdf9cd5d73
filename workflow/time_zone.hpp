#pragma once

#include "messages/outcome.hpp"

#include <absl/time/time.h>

#include <cstdint>
#include <string_view>

namespace cadenza::workflow {

/// The offsets of one time zone, from the system's zone files. A small value; safe from any thread.
class time_zone {
public:
  /// Each zone is read once per process, when the first cron text names it. bad_request for a name that is not there.
  [[nodiscard]] static outcome<time_zone> find(std::string_view name);

  /// Local time minus UTC, in seconds, at a moment of Unix time.
  [[nodiscard]] std::int64_t offset_s(std::int64_t unix_s) const {
    return zone_.At(absl::FromUnixSeconds(unix_s)).offset;
  }

private:
  explicit time_zone(absl::TimeZone zone) : zone_(zone) {}
  absl::TimeZone zone_;
};

} // namespace cadenza::workflow
