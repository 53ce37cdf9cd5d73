#include "workflow/retry.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace cadenza::workflow {

namespace {

/// Reasons that say that something was too large: it would be too large again.
constexpr std::array<std::string_view, 4> never_retried = {"CANCEL_DETAILS_EXCEEDS_LIMIT",
                                                           "COMPLETE_RESULT_EXCEEDS_LIMIT", "HEARTBEAT_EXCEEDS_LIMIT",
                                                           "DECISION_BLOB_SIZE_EXCEEDS_LIMIT"};

/// Above this the nanoseconds do not fit any more.
constexpr double interval_max_s = 9.2e9;

} // namespace

std::optional<std::int64_t> retry_backoff_ns(const uber::cadence::api::v1::RetryPolicy& policy, std::int64_t attempt,
                                             std::int64_t expiration_ns, std::int64_t now_ns, std::string_view reason) {
  if (policy.maximum_attempts() == 0 && expiration_ns == 0)
    return std::nullopt;
  if (policy.maximum_attempts() > 0 && attempt >= policy.maximum_attempts() - 1)
    return std::nullopt;

  const std::int64_t longest_s = seconds_of(policy.maximum_interval());
  const double wanted_s =
      seconds_of(policy.initial_interval()) * std::pow(policy.backoff_coefficient(), static_cast<double>(attempt));
  std::int64_t interval_s = 0;
  if (wanted_s >= 1 && wanted_s <= interval_max_s)
    interval_s = static_cast<std::int64_t>(wanted_s);
  else if (longest_s > 0)
    interval_s = longest_s; // ran over, or is not a number
  else
    return std::nullopt;
  if (longest_s > 0)
    interval_s = std::min(interval_s, longest_s);

  const auto interval_ns = interval_s * ns_per_s;
  CADENZA_ASSERT(interval_ns > 0, "whoever tries again waits first");
  if (expiration_ns != 0 && interval_ns > expiration_ns - now_ns)
    return std::nullopt;
  if (std::find(never_retried.begin(), never_retried.end(), reason) != never_retried.end())
    return std::nullopt;
  const auto& listed = policy.non_retryable_error_reasons();
  if (std::find(listed.begin(), listed.end(), reason) != listed.end())
    return std::nullopt;
  return interval_ns;
}

void normalize_retry_policy(uber::cadence::api::v1::RetryPolicy& policy) {
  for (auto* interval :
       {policy.mutable_initial_interval(), policy.mutable_maximum_interval(), policy.mutable_expiration_interval()})
    set_seconds(*interval, seconds_of(*interval));
}

outcome<void> validate_retry_policy(const uber::cadence::api::v1::RetryPolicy* policy) {
  if (policy == nullptr)
    return {};
  const auto initial = whole_seconds(policy->initial_interval());
  const auto longest = whole_seconds(policy->maximum_interval());
  const auto expiration = whole_seconds(policy->expiration_interval());
  if (initial <= 0)
    return bad_request("InitialIntervalInSeconds must be greater than 0 on retry policy.");
  // Written so that a coefficient that is not a number is refused as well.
  if (!(policy->backoff_coefficient() >= 1))
    return bad_request("BackoffCoefficient cannot be less than 1 on retry policy.");
  if (longest < 0)
    return bad_request("MaximumIntervalInSeconds cannot be less than 0 on retry policy.");
  if (longest > 0 && longest < initial)
    return bad_request("MaximumIntervalInSeconds cannot be less than InitialIntervalInSeconds on retry policy.");
  if (policy->maximum_attempts() < 0)
    return bad_request("MaximumAttempts cannot be less than 0 on retry policy.");
  if (expiration < 0)
    return bad_request("ExpirationIntervalInSeconds cannot be less than 0 on retry policy.");
  if (policy->maximum_attempts() == 0 && expiration == 0)
    return bad_request(
        "MaximumAttempts and ExpirationIntervalInSeconds are both 0. At least one of them must be specified.");
  return {};
}

} // namespace cadenza::workflow
