#include "target.hpp"

#include "actors/base/task_token.hpp"

using namespace cadenza;

FUZZ_TARGET(task_tokens) {
  if (const auto token = actors::decode_task_token(input)) {
    const auto again = actors::decode_task_token(actors::encode(*token));
    REQUIRE(again);
    REQUIRE(again->domain_id == token->domain_id && again->run_id == token->run_id);
    REQUIRE(again->workflow_id == token->workflow_id && again->activity_id == token->activity_id);
    REQUIRE(again->schedule_id == token->schedule_id && again->schedule_attempt == token->schedule_attempt);
  }
  if (const auto token = actors::decode_query_token(input)) {
    const auto again = actors::decode_query_token(actors::encode(*token));
    REQUIRE(again);
    REQUIRE(again->domain_id == token->domain_id && again->task_list == token->task_list);
    REQUIRE(again->task_id == token->task_id);
  }
}
