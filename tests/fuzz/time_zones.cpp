#include "target.hpp"

#include "workflow/time_zone.hpp"

using namespace cadenza;

// The bytes of a zone file of the system, which nobody of ours wrote.
FUZZ_TARGET(time_zones) {
  const auto zone = workflow::time_zone::parse(input);
  if (!zone)
    return;
  for (const std::int64_t at : {std::int64_t{-5'000'000'000}, std::int64_t{0}, std::int64_t{1'700'000'000},
                                std::int64_t{1'720'000'000}, std::int64_t{4'000'000'000}}) {
    const auto period = (*zone)->at(at);
    REQUIRE(period.begin <= at && at < period.end);
  }
}
