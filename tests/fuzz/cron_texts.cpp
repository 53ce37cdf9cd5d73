#include "target.hpp"

#include "workflow/cron.hpp"

using namespace cadenza;

FUZZ_TARGET(cron_texts) {
  constexpr std::int64_t from = 1'700'000'000'000'000'000;
  if (input.size() > 200)
    return;
  const auto schedule = workflow::parse_cron(input);
  (void)workflow::cron_backoff_s(input, from, from + 5'000'000'000,
                                 uber::cadence::api::v1::CRON_OVERLAP_POLICY_SKIPPED);
  if (!schedule)
    return;
  const auto first = schedule->next(from);
  if (!first)
    return;
  REQUIRE(*first > from);
  const auto second = schedule->next(*first);
  if (second) {
    REQUIRE(*second > *first);
    REQUIRE(schedule->next_from(from, *first + 1) == second);
  }
  REQUIRE(schedule->next_from(from, from) == first);
}
