#include "target.hpp"

#include "cli/time_range.hpp"
#include "messages/rfc3339.hpp"

using namespace cadenza;

// The last second before the end of time is the end of time.
FUZZ_TARGET(times) {
  (void)workflow::parse_rfc3339(input);
  if (const auto at = cli::parse_rfc3339(input); at && *at >= 0 && *at < INT64_MAX / 1'000'000'000 * 1'000'000'000) {
    const auto whole = cli::parse_rfc3339(cli::utc_text(*at));
    REQUIRE(whole && *whole == *at / 1'000'000'000 * 1'000'000'000);
  }
  if (const auto at = cli::parse_time(input, 1'700'000'000'000'000'000))
    REQUIRE(*at >= 0);
}
