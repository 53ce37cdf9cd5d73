#include "harbour.hpp"

#include "actors/history/history_token.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

/// A page token that was changed is a mistake of who sends it, not damage of the history that it asks for.
namespace cadenza::simulation {
namespace {

namespace admin = uber::cadence::admin::v1;

struct pages : harbour {
  pages() {
    run = start("wf", "run");
    for (int i = 0; i < 6; ++i) {
      auto request = std::make_shared<api::SignalWorkflowExecutionRequest>();
      request->mutable_workflow_execution()->set_workflow_id("wf");
      request->set_signal_name("signal");
      BOOST_REQUIRE(ask<api::SignalWorkflowExecutionResponse>(
          [&](auto call) { in.engine().signal(in.domain(domain_name), request, std::move(call)); }));
    }
  }
  outcome<api::GetWorkflowExecutionHistoryResponse> read(const std::string& token) {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->mutable_workflow_execution()->set_workflow_id("wf");
    request->set_page_size(2);
    request->set_next_page_token(token);
    return ask<api::GetWorkflowExecutionHistoryResponse>(
        [&](auto call) { in.engine().get_history(in.domain(domain_name), request, std::move(call)); });
  }
  outcome<admin::GetWorkflowExecutionRawHistoryV2Response> read_raw(const std::string& token, int page_size = 2) {
    auto request = std::make_shared<admin::GetWorkflowExecutionRawHistoryV2Request>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id("wf");
    request->mutable_workflow_execution()->set_run_id(run);
    request->set_page_size(page_size);
    request->set_next_page_token(token);
    return ask<admin::GetWorkflowExecutionRawHistoryV2Response>(
        [&](auto call) { in.engine().raw_history(in.domain(domain_name), request, std::move(call)); });
  }
  std::string run;
};

template <class Answer> void check_refused(const Answer& answer, const std::string& text) {
  BOOST_REQUIRE(!answer);
  BOOST_TEST(name_of(answer.error().kind) == name_of(error_kind::bad_request));
  BOOST_TEST(answer.error().message == text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(page_tokens_suite)

BOOST_AUTO_TEST_CASE(a_history_token_beyond_what_the_run_has_is_a_bad_request) {
  pages from;
  const auto first = from.read({});
  BOOST_REQUIRE(first);
  const auto token = actors::decode_history_token(first->next_page_token());
  BOOST_REQUIRE(token);
  BOOST_TEST(bool(from.read(actors::encode(*token))));
  // With the right check sum, as who knows how it is made could send them.
  const auto changed = [&](auto change) {
    auto other = *token;
    change(other);
    check_refused(from.read(actors::encode(other)), "Invalid NextPageToken.");
  };
  changed([](auto& t) { t.next_event_id += 1; });
  changed([](auto& t) { t.next_event_id = INT64_MAX; });
  changed([](auto& t) { t.first_event_id = 0; });
  changed([](auto& t) { t.first_event_id = INT64_MIN; });
  changed([](auto& t) { t.first_event_id = INT64_MAX; });
  changed([](auto& t) { t.next_event_id = 1; });
  changed([](auto& t) { t.branch.clear(); });
  changed([](auto& t) { t.branch = "no branch"; });
  changed([](auto& t) { t.branch[t.branch.size() / 2] ^= 1; });
  changed([](auto& t) { t.synthetic = "no events"; });
}

BOOST_AUTO_TEST_CASE(a_raw_history_token_that_was_changed_is_a_bad_request) {
  pages from;
  const auto first = from.read_raw({});
  BOOST_REQUIRE(first);
  const auto token = first->next_page_token();
  BOOST_REQUIRE(!token.empty());
  BOOST_TEST(bool(from.read_raw(token)));
  for (const char* name : {"\"NextEventID\":", "\"EndEventID\":", "\"StartEventID\":", "\"VersionHistories\":\""}) {
    auto changed = token;
    const auto at = changed.find(name);
    BOOST_REQUIRE(at != std::string::npos);
    auto& letter = changed[at + std::string_view(name).size()];
    letter = letter == '9' ? '1' : '9';
    check_refused(from.read_raw(changed), "Invalid pagination token.");
  }
}

BOOST_AUTO_TEST_CASE(a_page_of_any_size_is_bounded) {
  pages from;
  const auto whole = from.read_raw({}, INT32_MAX);
  BOOST_REQUIRE(whole);
  BOOST_TEST(whole->next_page_token().empty());
}

BOOST_AUTO_TEST_CASE(pages_of_shards_are_checked) {
  harbour h(7, 16);
  const auto shards = [&](int page, int size) {
    auto request = std::make_shared<admin::DescribeShardDistributionRequest>();
    request->set_page_id(page);
    request->set_page_size(size);
    return h.ask<admin::DescribeShardDistributionResponse>(
        [&](auto call) { h.in.engine().describe_shards(request, std::move(call)); });
  };
  check_refused(shards(-1, 1'000'000'000), "PageID must not be negative.");
  check_refused(shards(0, -1), "PageSize must not be negative.");
  BOOST_TEST(shards(0, 0)->shards_size() == 16);
  BOOST_TEST(shards(0, 10)->shards_size() == 10);
  BOOST_TEST(shards(1, 10)->shards_size() == 6);
  BOOST_TEST(shards(1, 10)->shards().contains(15));
  BOOST_TEST(shards(INT32_MAX, INT32_MAX)->shards_size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
