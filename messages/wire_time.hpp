#pragma once

#include "messages/constants.hpp"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cstdint>
#include <limits>

/// Durations and times of the wire contract. Inside the engine durations are whole seconds and times unix nanoseconds.
namespace cadenza::workflow {

/// Whole seconds, fractions cut off; what does not fit is clamped.
[[nodiscard]] inline std::int32_t seconds_of(const google::protobuf::Duration& d) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(d.seconds(), std::numeric_limits<std::int32_t>::min(),
                                                            std::numeric_limits<std::int32_t>::max()));
}

/// The same for checks: what does not fit is negative.
[[nodiscard]] inline std::int32_t whole_seconds(const google::protobuf::Duration& d) {
  const bool fits = d.seconds() >= std::numeric_limits<std::int32_t>::min() &&
                    d.seconds() <= std::numeric_limits<std::int32_t>::max();
  return fits ? static_cast<std::int32_t>(d.seconds()) : -1;
}

inline void set_seconds(google::protobuf::Duration& d, std::int64_t seconds) {
  d.set_seconds(seconds);
  d.set_nanos(0);
}

inline void set_time(google::protobuf::Timestamp& t, std::int64_t unix_ns) {
  auto seconds = unix_ns / ns_per_s;
  auto nanos = unix_ns % ns_per_s;
  if (nanos < 0) {
    nanos += ns_per_s;
    --seconds;
  }
  t.set_seconds(seconds);
  t.set_nanos(static_cast<std::int32_t>(nanos));
}

/// Times that do not fit become the nearest that does.
[[nodiscard]] inline std::int64_t ns_of(const google::protobuf::Timestamp& t) {
  constexpr std::int64_t seconds_max = INT64_MAX / ns_per_s - 3; // room for any nanos
  if (t.seconds() > seconds_max)
    return INT64_MAX;
  if (t.seconds() < -seconds_max)
    return INT64_MIN;
  return t.seconds() * ns_per_s + t.nanos();
}

} // namespace cadenza::workflow
