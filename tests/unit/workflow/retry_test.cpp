#include "messages/constants.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decisions.hpp"
#include "workflow/retry.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;

namespace {

api::RetryPolicy policy(std::int64_t initial_s, double coefficient, std::int64_t longest_s, std::int32_t attempts,
                        std::int64_t expiration_s = 0) {
  api::RetryPolicy p;
  set_seconds(*p.mutable_initial_interval(), initial_s);
  p.set_backoff_coefficient(coefficient);
  set_seconds(*p.mutable_maximum_interval(), longest_s);
  p.set_maximum_attempts(attempts);
  set_seconds(*p.mutable_expiration_interval(), expiration_s);
  return p;
}

} // namespace

BOOST_AUTO_TEST_SUITE(retry)

BOOST_AUTO_TEST_CASE(intervals) {
  struct row {
    api::RetryPolicy policy;
    std::int64_t attempt;
    std::int64_t expires_in_s; ///< 0: never
    std::int64_t expected_s;   ///< -1: no retry
  };
  const row rows[] = {
      {policy(1, 2, 0, 10), 0, 0, 1},        {policy(1, 2, 0, 10), 3, 0, 8},
      {policy(1, 2, 5, 10), 3, 0, 5},        {policy(3, 1.5, 0, 10), 1, 0, 4}, // 4.5 is cut off
      {policy(1, 2, 0, 3), 1, 0, 2},         {policy(1, 2, 0, 3), 2, 0, -1},   // that was the last attempt
      {policy(1, 2, 0, 1), 0, 0, -1},        {policy(1, 2, 0, 0), 0, 0, -1},   // neither attempts nor expiration
      {policy(1, 2, 0, 0), 0, 1, 1},         {policy(2, 2, 0, 0), 0, 1, -1},   // would be too late
      {policy(1, 10, 0, 1000), 500, 0, -1},                                    // runs over
      {policy(1, 10, 60, 1000), 500, 0, 60},                                   // runs over, but is capped
      {policy(1, 10, 60, 1000), 30, 0, 60},
  };
  const std::int64_t now = 1'000 * ns_per_s;
  for (const auto& r : rows) {
    const auto found =
        retry_backoff_ns(r.policy, r.attempt, r.expires_in_s == 0 ? 0 : now + r.expires_in_s * ns_per_s, now, "reason");
    BOOST_TEST((found ? *found / ns_per_s : -1) == r.expected_s, r.policy.ShortDebugString() << " " << r.attempt);
  }
}

BOOST_AUTO_TEST_CASE(reasons) {
  auto p = policy(1, 1, 0, 10);
  p.add_non_retryable_error_reasons("fatal");
  const auto retried = [&](const char* reason) { return retry_backoff_ns(p, 0, 0, 0, reason).has_value(); };
  BOOST_TEST(!retried("fatal"));
  BOOST_TEST(retried("fatal indeed"));
  BOOST_TEST(retried(""));
  BOOST_TEST(retried("FAILURE_DETAILS_EXCEEDS_LIMIT"));
  for (const char* reason : {"CANCEL_DETAILS_EXCEEDS_LIMIT", "COMPLETE_RESULT_EXCEEDS_LIMIT", "HEARTBEAT_EXCEEDS_LIMIT",
                             "DECISION_BLOB_SIZE_EXCEEDS_LIMIT"})
    BOOST_TEST(!retried(reason), reason);
}

BOOST_AUTO_TEST_CASE(policies) {
  BOOST_TEST(bool(validate_retry_policy(nullptr)));
  for (const auto& good : {policy(1, 1, 0, 1), policy(1, 1, 1, 0, 1), policy(5, 2, 5, 0, 10)})
    BOOST_TEST(bool(validate_retry_policy(&good)), good.ShortDebugString());
  for (const auto& bad : {policy(0, 1, 0, 1), policy(-1, 1, 0, 1), policy(1, 0.5, 0, 1), policy(1, 1, -1, 1),
                          policy(5, 1, 1, 2), policy(1, 1, 0, -1), policy(1, 1, 0, 1, -1), policy(1, 1, 0, 0),
                          policy(1, std::numeric_limits<double>::quiet_NaN(), 0, 1)}) {
    const auto checked = validate_retry_policy(&bad);
    BOOST_REQUIRE_MESSAGE(!checked, bad.ShortDebugString());
    BOOST_TEST((checked.error().kind == error_kind::bad_request));
  }
}

BOOST_AUTO_TEST_CASE(policies_are_refused_in_the_words_of_the_reference_system) {
  api::RetryPolicy good;
  good.mutable_initial_interval()->set_seconds(2);
  good.set_backoff_coefficient(1);
  good.set_maximum_attempts(3);
  using spoiled = api::RetryPolicy;
  struct bad_case {
    const char* expected;
    void (*spoil)(spoiled&);
  };
  const char* too_long = "InitialIntervalInSeconds must be greater than 0 on retry policy.";
  const std::vector<bad_case> cases{
      {"", [](spoiled&) {}},
      {"", [](spoiled& p) { p.mutable_maximum_interval()->set_seconds(2); }},
      {"",
       [](spoiled& p) {
         p.clear_maximum_attempts();
         p.mutable_expiration_interval()->set_seconds(1);
       }},
      {"InitialIntervalInSeconds must be greater than 0 on retry policy.",
       [](spoiled& p) { p.clear_initial_interval(); }},
      {"BackoffCoefficient cannot be less than 1 on retry policy.", [](spoiled& p) { p.set_backoff_coefficient(0.9); }},
      {"MaximumIntervalInSeconds cannot be less than 0 on retry policy.",
       [](spoiled& p) { p.mutable_maximum_interval()->set_seconds(-1); }},
      {"MaximumIntervalInSeconds cannot be less than InitialIntervalInSeconds on retry policy.",
       [](spoiled& p) { p.mutable_maximum_interval()->set_seconds(1); }},
      {"MaximumAttempts cannot be less than 0 on retry policy.", [](spoiled& p) { p.set_maximum_attempts(-1); }},
      {"ExpirationIntervalInSeconds cannot be less than 0 on retry policy.",
       [](spoiled& p) { p.mutable_expiration_interval()->set_seconds(-1); }},
      {"MaximumAttempts and ExpirationIntervalInSeconds are both 0. At least one of them must be "
       "specified.",
       [](spoiled& p) { p.clear_maximum_attempts(); }},
      {too_long, [](spoiled& p) { p.mutable_initial_interval()->set_seconds(1LL << 31); }},
      {too_long, [](spoiled& p) { p.mutable_initial_interval()->set_seconds(INT64_MAX); }},
      {"MaximumIntervalInSeconds cannot be less than 0 on retry policy.",
       [](spoiled& p) { p.mutable_maximum_interval()->set_seconds(1LL << 32); }},
      {"ExpirationIntervalInSeconds cannot be less than 0 on retry policy.",
       [](spoiled& p) { p.mutable_expiration_interval()->set_seconds(INT64_MIN); }}};
  for (const auto& one : cases) {
    auto p = good;
    one.spoil(p);
    const auto checked = validate_retry_policy(&p);
    BOOST_TEST((checked ? "" : checked.error().message) == one.expected);
  }
}

BOOST_AUTO_TEST_CASE(events_carry_whole_seconds) {
  api::RetryPolicy p;
  p.mutable_initial_interval()->set_seconds(1);
  p.mutable_initial_interval()->set_nanos(500'000'000);
  normalize_retry_policy(p);
  BOOST_TEST(p.initial_interval().nanos() == 0);
  BOOST_TEST(p.initial_interval().seconds() == 1);
  BOOST_TEST(p.has_maximum_interval());
  BOOST_TEST(p.has_expiration_interval());
}

BOOST_AUTO_TEST_SUITE_END()
