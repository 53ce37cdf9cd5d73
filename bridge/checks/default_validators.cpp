#include "bridge/checks/validators.hpp"

#include "messages/constants.hpp"
#include "messages/quoted.hpp"
#include "workflow/cron.hpp"
#include "workflow/search_attributes.hpp"

namespace cadenza::bridge {

namespace {

outcome<std::int64_t> cron_period_s(std::string_view text) {
  const auto schedule = workflow::parse_cron(text);
  if (!schedule)
    return schedule.error();
  const auto first = schedule->next(0);
  if (!first)
    return bad_request("Invalid CronSchedule, no next firing time found, maybe impossible date: " + quoted(text));
  // A schedule that fires only once more has no period to compare anything with.
  const auto second = schedule->next(*first);
  return second ? (*second - *first) / ns_per_s : INT64_MAX;
}

} // namespace

validators default_validators() {
  validators out;
  out.cron_period_s = cron_period_s;
  out.search_attributes = [](const uber::cadence::api::v1::SearchAttributes& attributes, std::string_view) {
    return workflow::validate_search_attributes(attributes, workflow::default_attribute_types(), {});
  };
  out.attribute_types = [] {
    const auto& known = workflow::default_attribute_types();
    return std::map<std::string, uber::cadence::api::v1::IndexedValueType>(known.begin(), known.end());
  };
  return out;
}

} // namespace cadenza::bridge
