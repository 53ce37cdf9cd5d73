#include "actors/base/task_token.hpp"
#include "bridge/base/caller.hpp"
#include "bridge/base/error_mapping.hpp"
#include "bridge/base/health.hpp"
#include "bridge/checks/rate_limiter.hpp"

#include "google/rpc/status.pb.h"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::bridge;

BOOST_AUTO_TEST_SUITE(pieces)

BOOST_AUTO_TEST_CASE(every_kind_of_error_has_its_code_and_detail) {
  struct expected {
    error_kind kind;
    int code;
    const char* detail; // "" none
  };
  const std::vector<expected> table{
      {error_kind::bad_request, 3, ""},
      {error_kind::entity_not_exists, 5, "uber.cadence.api.v1.EntityNotExistsError"},
      {error_kind::workflow_already_completed, 5, "uber.cadence.api.v1.WorkflowExecutionAlreadyCompletedError"},
      {error_kind::workflow_already_started, 6, "uber.cadence.api.v1.WorkflowExecutionAlreadyStartedError"},
      {error_kind::cancellation_already_requested, 6, "uber.cadence.api.v1.CancellationAlreadyRequestedError"},
      {error_kind::domain_already_exists, 6, "uber.cadence.api.v1.DomainAlreadyExistsError"},
      {error_kind::domain_not_active, 9, "uber.cadence.api.v1.DomainNotActiveError"},
      {error_kind::limit_exceeded, 8, "uber.cadence.api.v1.LimitExceededError"},
      {error_kind::service_busy, 8, "uber.cadence.api.v1.ServiceBusyError"},
      {error_kind::query_failed, 3, "uber.cadence.api.v1.QueryFailedError"},
      {error_kind::client_version_not_supported, 9, "uber.cadence.api.v1.ClientVersionNotSupportedError"},
      {error_kind::feature_not_enabled, 9, "uber.cadence.api.v1.FeatureNotEnabledError"},
      {error_kind::access_denied, 7, ""},
      {error_kind::internal_service, 13, ""},
      {error_kind::internal_data_inconsistency, 15, "uber.cadence.shared.v1.InternalDataInconsistencyError"},
      {error_kind::sticky_worker_unavailable, 14, "uber.cadence.api.v1.StickyWorkerUnavailableError"},
      {error_kind::read_only_partition, 10, "uber.cadence.api.v1.ReadOnlyPartitionError"},
      {error_kind::shard_ownership_lost, 10, "uber.cadence.shared.v1.ShardOwnershipLostError"},
      {error_kind::current_branch_changed, 10, "uber.cadence.shared.v1.CurrentBranchChangedError"},
      {error_kind::retry_task, 10, "uber.cadence.shared.v1.RetryTaskV2Error"},
      {error_kind::unavailable, 14, ""},
      {error_kind::deadline_exceeded, 4, ""},
      {error_kind::unimplemented, 12, ""},
      {error_kind::unknown, 13, ""}};
  // `unknown` is the last kind: a kind added without a line here makes this fail.
  BOOST_TEST(table.size() == static_cast<std::size_t>(error_kind::unknown) + 1);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& line = table[i];
    BOOST_TEST_CONTEXT(name_of(line.kind)) {
      BOOST_TEST(static_cast<std::size_t>(line.kind) == i);
      const auto wire = to_wire({line.kind, "text"}, true, told_by::admin);
      BOOST_TEST(wire.code == line.code);
      BOOST_TEST(wire.message == "text");
      if (!*line.detail) {
        BOOST_TEST(wire.details.empty());
        continue;
      }
      google::rpc::Status status;
      BOOST_REQUIRE(status.ParseFromString(wire.details));
      BOOST_TEST(status.code() == line.code);
      BOOST_TEST(status.message() == "text");
      BOOST_REQUIRE(status.details_size() == 1);
      BOOST_TEST(status.details(0).type_url() == std::string("type.googleapis.com/") + line.detail);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_frontend_hides_the_type_of_internal_errors_as_the_go_server_does) {
  const auto internal = to_wire(internal_error("text"), true, told_by::frontend);
  BOOST_TEST(internal.code == 2);
  BOOST_TEST(internal.message == "cadence internal error, msg: text");
  BOOST_TEST(internal.details.empty());
  const auto untyped = to_wire({error_kind::unknown, "text"}, true, told_by::frontend);
  BOOST_TEST(untyped.code == 2);
  BOOST_TEST(untyped.message == "cadence internal uncategorized error, msg: text");
  BOOST_TEST(untyped.details.empty());
}

BOOST_AUTO_TEST_CASE(who_cannot_be_told_of_completed_runs_hears_the_old_words) {
  BOOST_TEST(to_wire(already_completed(), true).message == "workflow execution already completed");
  BOOST_TEST(to_wire(already_completed(), false).message == "Workflow execution already completed.");
}

BOOST_AUTO_TEST_CASE(very_long_messages_are_cut_between_characters) {
  const std::string fits((3 << 10) - 1, 'x');
  BOOST_TEST(to_wire(bad_request(fits + 'x'), false).message == fits + 'x');
  BOOST_TEST(to_wire(bad_request(fits + "ä and more"), false).message == fits + "…");
}

BOOST_AUTO_TEST_CASE(no_error_is_longer_than_the_headers_that_clients_take) {
  for (const char* letter : {"x", "%", "\n", "ä", "中", "\xFF"}) {
    std::string text;
    while (text.size() < (1 << 20))
      text += letter;
    const auto wire = to_wire(not_exists(text), true);
    std::size_t encoded = 0; // percent-encoding of the message, base64 of the details
    for (const unsigned char c : wire.message)
      encoded += c >= 0x20 && c < 0x7F && c != '%' ? 1 : 3;
    BOOST_TEST(encoded + (wire.details.size() + 2) / 3 * 4 < (8U << 10));
  }
}

BOOST_AUTO_TEST_CASE(versions) {
  BOOST_TEST(version_at_most("1.7.0", "1.7.0"));
  BOOST_TEST(version_at_most("1.7", "1.7.0"));
  BOOST_TEST(version_at_most("v0.9.11", "1.7.0"));
  BOOST_TEST(version_at_most("1.6.99+build.7", "1.7.0"));
  BOOST_TEST(!version_at_most("1.7.1", "1.7.0"));
  BOOST_TEST(!version_at_most("1.10.0", "1.7.0"));
  BOOST_TEST(!version_at_most("1.6.0-rc1", "1.7.0"));
  for (const char* junk : {"", "v", "1.", ".1", "1.7.x", "1..7", "1.7.0-", "99999999999999999999"}) {
    BOOST_TEST(!version_at_most(junk, "1.7.0"), junk);
    BOOST_TEST(!version_at_least(junk, "0.0.1"), junk);
  }
  BOOST_TEST(version_at_least("1.10.0", "1.7.0"));
  BOOST_TEST(!version_at_least("1.6.9", "1.7.0"));
}

BOOST_AUTO_TEST_CASE(flags_are_read_in_every_spelling) {
  const auto told = [](std::string_view flags) {
    caller_builder builder;
    builder.add("cadence-client-name", "uber-go");
    builder.add("cadence-client-feature-version", "1.7.0");
    builder.add("cadence-client-feature-flags", flags);
    return std::move(builder).finish().told_already_completed;
  };
  BOOST_TEST(told(R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":true})"));
  BOOST_TEST(told(R"({"autoforwardingEnabled":true, "workflowExecutionAlreadyCompletedErrorEnabled" : true})"));
  BOOST_TEST(told(R"({"workflow_execution_already_completed_error_enabled":true})"));
  BOOST_TEST(!told(R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":false})"));
  BOOST_TEST(!told(R"({"WorkflowExecutionAlreadyCompletedErrorEnabled")"));
  BOOST_TEST(!told("{}"));
  BOOST_TEST(!told(""));
}

BOOST_AUTO_TEST_CASE(task_tokens_come_back_as_they_were) {
  actors::task_token token;
  token.domain_id = uuid::v4(1, 2);
  token.workflow_id = "with \"quotes\", \\ and \n\x01 ünï";
  token.workflow_type = "type";
  token.run_id = uuid::v4(3, 4);
  token.schedule_id = INT64_MAX;
  token.schedule_attempt = -1;
  token.activity_id = "a";
  token.activity_type = "at";
  const auto text = encode(token);
  const auto back = actors::decode_task_token(text);
  BOOST_REQUIRE(back);
  BOOST_TEST((back->domain_id == token.domain_id && back->run_id == token.run_id));
  BOOST_TEST(back->workflow_id == token.workflow_id);
  BOOST_TEST(back->workflow_type == "type");
  BOOST_TEST(back->schedule_id == INT64_MAX);
  BOOST_TEST(back->schedule_attempt == -1);
  BOOST_TEST(back->activity_id == "a");
  BOOST_TEST(back->activity_type == "at");
  for (std::size_t n = 0; n < text.size(); ++n)
    BOOST_TEST(!actors::decode_task_token(text.substr(0, n)), n);

  const actors::query_token query{uuid::v4(1, 2), "wf", uuid::v4(3, 4), "list", "task"};
  const auto asked = actors::decode_query_token(encode(query));
  BOOST_REQUIRE(asked);
  BOOST_TEST((asked->domain_id == query.domain_id && asked->run_id == query.run_id));
  BOOST_TEST(asked->workflow_id + asked->task_list + asked->task_id == "wflisttask");
}

BOOST_AUTO_TEST_CASE(task_tokens_of_the_reference_system_are_read) {
  const auto token = actors::decode_task_token(
      R"( { "domainId" : "0f5b4c2e-8d6a-4c1b-9a57-3f2f1d0b7e11", "new" : [1.5e3, {"x":[]}, true, null, "\u00e4"],)"
      R"( "workflowId":"\u0041\ud83d\ude00\ud800", "runId":"", "scheduleId":-23, "activityId":null } )");
  BOOST_REQUIRE(token);
  BOOST_TEST(token->domain_id.str() == "0f5b4c2e-8d6a-4c1b-9a57-3f2f1d0b7e11");
  BOOST_TEST(token->workflow_id == "A😀\xEF\xBF\xBD");
  BOOST_TEST(token->schedule_id == -23);
  BOOST_TEST(!token->run_id.has_value());
  for (const char* junk :
       {"", "null", "7", "{\"scheduleId\":\"5\"}", "{\"scheduleId\":1e99}", "{\"a\":1,}", "{,}", "{}{}",
        "{\"workflowId\":\"a\nb\"}", "{\"a\":tru}", "{\"a\":[1,]}", "{\"workflowId\":\"\\x\"}"}) {
    const auto failed = actors::decode_task_token(junk);
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.error().kind == error_kind::unknown), junk);
  }
  BOOST_TEST(!actors::decode_task_token("{\"a\":" + std::string(100'000, '[')));
  BOOST_TEST((actors::decode_task_token(R"({"runId":"x"})").error().kind == error_kind::bad_request));
  BOOST_TEST((actors::decode_task_token(R"({"domainId":"x"})").error().kind == error_kind::entity_not_exists));
}

BOOST_AUTO_TEST_CASE(budgets_refuse_what_is_beyond_them_and_fill_again) {
  constexpr std::int64_t second = 1'000'000'000;
  rate_settings settings;
  settings.user = {5, 3, 0};
  settings.worker = {2, 0, 1};
  rate_limiter limiter(settings);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(limiter.admit(rate_class::user, "a", "", 0));
  BOOST_TEST(!limiter.admit(rate_class::user, "a", "", 0)); // the domain's budget; it used a token of the host's
  BOOST_TEST(limiter.admit(rate_class::user, "b", "", 0));
  BOOST_TEST(!limiter.admit(rate_class::user, "b", "", 0)); // the host's
  BOOST_TEST(limiter.admit(rate_class::user, "b", "", second));
  BOOST_TEST(limiter.admit(rate_class::none, "a", "", 0));
  BOOST_TEST(limiter.admit(rate_class::visibility, "a", "", 0));

  BOOST_TEST(limiter.admit(rate_class::poll, "a", "l", 0));
  BOOST_TEST(!limiter.admit(rate_class::poll, "a", "l", 0));
  BOOST_TEST(limiter.admit(rate_class::worker, "a", "", 0)); // never refused
  BOOST_TEST(limiter.admit(rate_class::worker, "a", "", 0));
  BOOST_TEST(!limiter.admit(rate_class::poll, "a", "other", 0)); // but it used up the budget of polls

  limiter.set({});
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST_REQUIRE(limiter.admit(rate_class::user, "a", "", 0));
  settings.user = {0.5, 0, 0}; // less than one per second still lets one through
  limiter.set(settings);
  BOOST_TEST(limiter.admit(rate_class::user, "a", "", 0));
  BOOST_TEST(!limiter.admit(rate_class::user, "a", "", second));
  BOOST_TEST(limiter.admit(rate_class::user, "a", "", 2 * second));
}

BOOST_AUTO_TEST_CASE(listeners_hear_of_changes_only) {
  health_board board;
  std::vector<health_state> heard;
  const auto id = board.listen([&](health_state state) { heard.push_back(state); });
  BOOST_TEST(!board.serving());
  board.set(health_state::ok);
  board.set(health_state::ok);
  board.set(health_state::shutting_down);
  board.forget(id);
  board.set(health_state::ok);
  BOOST_TEST(heard.size() == 2u);
  BOOST_TEST(text_of(heard[0]) == "OK");
  BOOST_TEST(text_of(heard[1]) == "ShuttingDown");
}

BOOST_AUTO_TEST_SUITE_END()
