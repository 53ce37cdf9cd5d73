#pragma once

#include "messages/outcome.hpp"

#include "uber/cadence/api/v1/common.pb.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace cadenza::workflow {

/// Nanoseconds to wait before attempt `attempt` + 1, or nothing when there is none.
/// `expiration_ns` 0: none.
[[nodiscard]] std::optional<std::int64_t> retry_backoff_ns(const uber::cadence::api::v1::RetryPolicy& policy,
                                                           std::int64_t attempt, std::int64_t expiration_ns,
                                                           std::int64_t now_ns, std::string_view reason);

/// The policy as events carry it: all intervals present, in whole seconds.
void normalize_retry_policy(uber::cadence::api::v1::RetryPolicy& policy);

/// The rules for a retry policy, wherever it comes from: a start, a decision. Null is fine. Intervals that do not fit
/// 32 bits of seconds are refused.
[[nodiscard]] outcome<void> validate_retry_policy(const uber::cadence::api::v1::RetryPolicy* policy);

} // namespace cadenza::workflow
