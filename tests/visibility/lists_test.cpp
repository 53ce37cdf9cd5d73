#include "tests/visibility/fixture.hpp"

#include <algorithm>
#include <random>

using namespace visibility_test;

BOOST_AUTO_TEST_SUITE(lists)

LIST_CASE(an_empty_store_lists_nothing) {
  const auto store = open_lists();
  CHECK_IDS(all_open(*store), {});
  CHECK_IDS(all_closed(*store), {});
  CHECK_IDS(all_matching(*store, ""), {});
  CHECK_IDS(all_scanned(*store, ""), {});
  BOOST_TEST(counted(*store, "") == 0);
}

LIST_CASE(an_open_run_moves_to_the_closed_list_when_it_ends) {
  const auto store = open_lists();
  feed(*store, {started(1, 100)});
  CHECK_IDS(all_open(*store), {"wf-1"});
  CHECK_IDS(all_closed(*store), {});
  feed(*store, {closed(1, 100, 200)});
  CHECK_IDS(all_open(*store), {});
  CHECK_IDS(all_closed(*store), {"wf-1"});
}

LIST_CASE(an_entry_of_an_open_run_carries_what_clients_read) {
  const auto store = open_lists();
  auto change = with_attributes(started(1, 1'700'000'000'123'456'789), {{"CustomKeywordField", "\"k\""}});
  (*change.record.mutable_memo()->mutable_fields())["note"].set_data("v");
  change.record.set_task_list_kind(api::TASK_LIST_KIND_NORMAL);
  change.record.set_is_cron(true);
  change.record.set_cron_schedule("* * * * *");
  change.record.set_scheduled_execution_ns(5'000'000'000);
  change.record.set_update_ns(6'000'000'000);
  feed(*store, {change});

  list_request request;
  request.domain_id = domain;
  const auto page = store->list_open(request);
  BOOST_REQUIRE(page && page->executions.size() == 1);
  const auto& info = page->executions[0];
  BOOST_TEST(info.workflow_execution().workflow_id() == "wf-1");
  BOOST_TEST(info.workflow_execution().run_id() == run_id(1).str());
  BOOST_TEST(info.type().name() == "order");
  BOOST_TEST(info.start_time().seconds() == 1'700'000'000);
  BOOST_TEST(info.start_time().nanos() == 123'456'789);
  BOOST_TEST(info.execution_time().nanos() == 123'456'789, "without a back-off it executes when it starts");
  BOOST_TEST(!info.has_close_time());
  BOOST_TEST(info.close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID);
  BOOST_TEST(info.history_length() == 0);
  BOOST_TEST(info.execution_status() == api::WORKFLOW_EXECUTION_STATUS_STARTED);
  BOOST_TEST(info.memo().fields().at("note").data() == "v");
  BOOST_TEST(info.search_attributes().indexed_fields().at("CustomKeywordField").data() == "\"k\"");
  BOOST_TEST(info.task_list() == "lists");
  BOOST_TEST(info.task_list_info().name() == "lists");
  BOOST_TEST(info.task_list_info().kind() == api::TASK_LIST_KIND_NORMAL);
  BOOST_TEST(info.is_cron());
  BOOST_TEST(info.cron_schedule() == "* * * * *");
  BOOST_TEST(info.scheduled_execution_time().seconds() == 5);
  BOOST_TEST(info.update_time().seconds() == 6);
}

LIST_CASE(an_entry_of_a_closed_run_says_how_and_when) {
  const auto store = open_lists();
  auto change = closed(1, 100, 7'000'000'001, api::WORKFLOW_EXECUTION_CLOSE_STATUS_TIMED_OUT);
  change.record.set_execution_ns(2'000'000'000);
  feed(*store, {change});
  list_request request;
  request.domain_id = domain;
  const auto page = store->list_closed(request);
  BOOST_REQUIRE(page && page->executions.size() == 1);
  const auto& info = page->executions[0];
  BOOST_TEST(info.close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_TIMED_OUT);
  BOOST_TEST(info.execution_status() == api::WORKFLOW_EXECUTION_STATUS_TIMED_OUT);
  BOOST_TEST(info.close_time().seconds() == 7);
  BOOST_TEST(info.close_time().nanos() == 1);
  BOOST_TEST(info.execution_time().seconds() == 2);
  BOOST_TEST(info.history_length() == 5);
}

LIST_CASE(each_filter_finds_its_runs_and_no_other) {
  const auto store = open_lists();
  std::vector<visibility_change> changes;
  for (std::uint64_t n = 1; n <= 12; ++n) {
    auto change = n % 2 == 0 ? started(n, static_cast<std::int64_t>(n))
                             : closed(n, static_cast<std::int64_t>(n), 100,
                                      static_cast<api::WorkflowExecutionCloseStatus>(1 + n / 2 % 6));
    change.record.set_type(n <= 6 ? "low" : "high");
    change.workflow_id = "wf-" + std::to_string(n % 4);
    changes.push_back(change);
  }
  feed(*store, changes);
  CHECK_IDS(all_open(*store), {"wf-0", "wf-2", "wf-0", "wf-2", "wf-0", "wf-2"});
  CHECK_IDS(all_open(*store, by_type("low")), {"wf-2", "wf-0", "wf-2"});
  CHECK_IDS(all_open(*store, by_type("none")), {});
  CHECK_IDS(all_open(*store, by_workflow("wf-0")), {"wf-0", "wf-0", "wf-0"});
  CHECK_IDS(all_open(*store, by_workflow("wf-1")), {});
  CHECK_IDS(all_closed(*store), {"wf-3", "wf-1", "wf-3", "wf-1", "wf-3", "wf-1"});
  CHECK_IDS(all_closed(*store, by_type("high")), {"wf-3", "wf-1", "wf-3"});
  CHECK_IDS(all_closed(*store, by_workflow("wf-3")), {"wf-3", "wf-3", "wf-3"});
  for (int status = 1; status <= 6; ++status)
    BOOST_TEST(all_closed(*store, by_status(static_cast<api::WorkflowExecutionCloseStatus>(status))).size() == 1u);
}

LIST_CASE(open_runs_have_no_status_to_filter_by) {
  const auto store = open_lists();
  list_request request;
  request.domain_id = domain;
  request.filter = by_status(api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED);
  const auto page = store->list_open(request);
  BOOST_REQUIRE(!page);
  BOOST_TEST((page.error().kind == cadenza::error_kind::bad_request));
}

LIST_CASE(the_time_range_is_of_start_times_and_includes_both_ends) {
  const auto store = open_lists();
  feed(*store, {closed(1, 10, 1000), closed(2, 20, 1000), closed(3, 30, 1000), closed(4, 40, 1000)});
  list_request request;
  request.domain_id = domain;
  request.earliest_ns = 20;
  request.latest_ns = 30;
  const auto page = store->list_closed(request);
  BOOST_REQUIRE(page && page->executions.size() == 2);
  BOOST_TEST(page->executions[0].workflow_execution().workflow_id() == "wf-3");
  BOOST_TEST(page->executions[1].workflow_execution().workflow_id() == "wf-2");
}

LIST_CASE(domains_do_not_see_each_other) {
  const auto store = open_lists();
  auto foreign = started(1, 10);
  foreign.domain_id = other_domain;
  feed(*store, {foreign, started(2, 20)});
  CHECK_IDS(all_open(*store), {"wf-2"});
  CHECK_IDS(all_matching(*store, "WorkflowID = 'wf-1'"), {});
  CHECK_IDS(all_matching(*store, "WorkflowID = 'wf-1' or WorkflowID = 'wf-2'"), {"wf-2"});
  CHECK_IDS(all_matching(*store, "DomainID = '" + other_domain.str() + "'"), {});
}

LIST_CASE(one_run_id_in_two_domains_is_two_runs) {
  const auto store = open_lists();
  auto foreign = closed(1, 10, 20);
  foreign.domain_id = other_domain;
  BOOST_TEST(feed(*store, {foreign, started(1, 10)}) == 2);
  CHECK_IDS(all_open(*store), {"wf-1"});
  auto gone = removed(1, 9);
  gone.domain_id = other_domain;
  feed(*store, {gone});
  CHECK_IDS(all_open(*store), {"wf-1"});
}

LIST_CASE(thousands_are_paged_newest_first_without_gaps_or_repeats) {
  const auto store = open_lists();
  std::vector<visibility_change> changes;
  std::vector<std::pair<std::int64_t, std::uint64_t>> order;
  std::mt19937_64 chance{7};
  for (std::uint64_t n = 0; n < 5000; ++n) {
    // Few start times for many runs: most pages end inside a tie.
    const auto start_ns = static_cast<std::int64_t>(chance() % 40);
    changes.push_back(n % 3 == 0 ? closed(n, start_ns, 100) : started(n, start_ns));
    if (n % 3 != 0)
      order.emplace_back(-start_ns, n);
  }
  std::shuffle(changes.begin(), changes.end(), chance);
  feed(*store, changes);
  std::sort(order.begin(), order.end());
  ids expected;
  for (const auto& [ignored, n] : order)
    expected.push_back("wf-" + std::to_string(n));
  for (const int page_size : {7, 100, 1000}) {
    BOOST_TEST((all_open(*store, {}, page_size) == expected), "pages of " << page_size);
    BOOST_TEST((all_open(*store, by_type("order"), page_size) == expected), "by type, pages of " << page_size);
    BOOST_TEST((all_matching(*store, "CloseTime = missing", page_size) == expected), "query, pages of " << page_size);
  }
  BOOST_TEST(all_closed(*store, {}, 333).size() == changes.size() - expected.size());
}

LIST_CASE(a_page_that_ends_exactly_at_the_last_run_has_no_successor) {
  const auto store = open_lists();
  feed(*store, {started(1, 1), started(2, 2)});
  list_request request;
  request.domain_id = domain;
  request.page_size = 2;
  const auto page = store->list_open(request);
  BOOST_REQUIRE(page && page->executions.size() == 2);
  BOOST_TEST(page->next_page_token.empty());
}

LIST_CASE(runs_that_start_or_end_between_pages_disturb_no_other) {
  const auto store = open_lists();
  for (std::uint64_t n = 1; n <= 6; ++n)
    feed(*store, {started(n, static_cast<std::int64_t>(n))});
  list_request request;
  request.domain_id = domain;
  request.page_size = 2;
  auto page = store->list_open(request);
  BOOST_REQUIRE(page && page->executions.size() == 2);
  feed(*store, {started(7, 7), closed(6, 6, 9), closed(4, 4, 9)});
  request.page_token = page->next_page_token;
  request.page_size = 10;
  page = store->list_open(request);
  BOOST_REQUIRE(page);
  ids rest;
  for (const auto& info : page->executions)
    rest.push_back(info.workflow_execution().workflow_id());
  CHECK_IDS(rest, {"wf-3", "wf-2", "wf-1"});
}

LIST_CASE(page_sizes_are_bounded) {
  const auto store = open_lists();
  feed(*store, {started(1, 1), started(2, 2)});
  list_request request;
  request.domain_id = domain;
  request.page_size = -5;
  const auto page = store->list_open(request);
  BOOST_REQUIRE(page);
  BOOST_TEST(page->executions.size() == 1);
}

LIST_CASE(tokens_that_nobody_made_are_bad_requests) {
  const auto store = open_lists();
  feed(*store, {started(1, 1), started(2, 2)});
  list_request request;
  request.domain_id = domain;
  request.page_size = 1;
  const auto page = store->list_open(request);
  BOOST_REQUIRE(page);
  const std::string good = page->next_page_token;
  BOOST_REQUIRE(!good.empty());
  for (const auto& token : {std::string{"x"}, std::string{"{\"Time\":1}"}, good.substr(0, good.size() - 1), good + "x",
                            "2" + good.substr(1), std::string(5000, '\0')}) {
    request.page_token = token;
    const auto refused = store->list_open(request);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().kind == cadenza::error_kind::bad_request));
    BOOST_TEST(refused.error().message == "Invalid NextPageToken.");
  }
  query_request query;
  query.domain_id = domain;
  query.page_token = good;
  BOOST_TEST(!store->list_by_query(query));
  BOOST_TEST(!store->scan_by_query(query));
}

LIST_CASE(names_in_any_script_are_found_and_returned_as_they_are) {
  const auto store = open_lists();
  auto change = started(1, 1);
  change.workflow_id = "заказ-№1-注文-🚀";
  change.record.set_type("тип'\"`;--");
  feed(*store, {with_attributes(change, {{"CustomKeywordField", "\"ключ 鍵 \\u0001\""}})});
  CHECK_IDS(all_open(*store, by_workflow(change.workflow_id)), {change.workflow_id});
  CHECK_IDS(all_open(*store, by_type("тип'\"`;--")), {change.workflow_id});
  CHECK_IDS(all_matching(*store, "WorkflowID = 'заказ-№1-注文-🚀'"), {change.workflow_id});
  CHECK_IDS(all_matching(*store, "WorkflowID like 'заказ%🚀'"), {change.workflow_id});
  CHECK_IDS(all_matching(*store, "CustomKeywordField = 'ключ 鍵 \x01'"), {change.workflow_id});
}

BOOST_AUTO_TEST_SUITE_END()
