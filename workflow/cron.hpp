#pragma once

#include "messages/outcome.hpp"

#include "uber/cadence/api/v1/workflow.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace cadenza::workflow {

/// A parsed cron text: five fields (minute hour day-of-month month day-of-week), names, steps, lists, `?`, descriptors
/// (@yearly @annually @monthly @weekly @daily @midnight @hourly, @every <duration>), and a CRON_TZ=/TZ= prefix with an
/// IANA zone, whose rules come from the system's zone files. UTC by default. Immutable, cheap to copy.
class cron_schedule {
public:
  /// First firing strictly after `after_ns` (unix ns); nothing when there is none within five years.
  [[nodiscard]] std::optional<std::int64_t> next(std::int64_t after_ns) const;

  /// Of the firings that follow one another from `after_ns` on, the first at or after `not_before_ns`. The same as
  /// calling `next` until it is late enough, but in constant time.
  [[nodiscard]] std::optional<std::int64_t> next_from(std::int64_t after_ns, std::int64_t not_before_ns) const;

private:
  friend outcome<cron_schedule> parse_cron(std::string_view text);
  struct fields;
  std::shared_ptr<const fields> fields_;
};

/// bad_request "Invalid CronSchedule, failed to parse: …" with what is wrong.
[[nodiscard]] outcome<cron_schedule> parse_cron(std::string_view text);

/// Seconds from `close_ns` to the next cron run of a run that was due at `start_ns` (run start + first back-off),
/// rounded up, without jitter. Nothing: the text is empty or has no next firing.
[[nodiscard]] std::optional<std::int32_t> cron_backoff_s(std::string_view text, std::int64_t start_ns,
                                                         std::int64_t close_ns,
                                                         uber::cadence::api::v1::CronOverlapPolicy overlap);

} // namespace cadenza::workflow
