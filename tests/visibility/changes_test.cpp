#include "tests/visibility/fixture.hpp"

#include <algorithm>

using namespace visibility_test;

BOOST_AUTO_TEST_SUITE(changes)

LIST_CASE(a_late_start_does_not_reopen_a_closed_run) {
  const auto store = open_lists();
  BOOST_TEST(feed(*store, {closed(1, 10, 20, api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED, 8)}) == 1);
  BOOST_TEST(feed(*store, {started(1, 10, 3)}) == 0);
  CHECK_IDS(all_open(*store), {});
  CHECK_IDS(all_closed(*store), {"wf-1"});
}

LIST_CASE(the_same_change_twice_is_one_change) {
  const auto store = open_lists();
  BOOST_TEST(feed(*store, {started(1, 10, 3)}) == 1);
  BOOST_TEST(feed(*store, {started(1, 10, 3)}) == 0);
  CHECK_IDS(all_open(*store), {"wf-1"});
}

LIST_CASE(every_order_of_arrival_and_every_batching_ends_alike) {
  const std::vector<visibility_change> all = {
      with_attributes(started(1, 10, 1), {{"CustomKeywordField", "\"first\""}}),
      [] {
        auto change =
            with_attributes(started(1, 10, 2), {{"CustomKeywordField", "\"second\""}, {"CustomIntField", "5"}});
        change.kind = visibility_change_kind::upsert;
        return change;
      }(),
      with_attributes(closed(1, 10, 20, api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED, 3),
                      {{"CustomKeywordField", "\"third\""}}),
  };
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    for (const bool together : {false, true}) {
      const auto store = open_lists();
      std::vector<visibility_change> batch;
      for (const auto i : order)
        batch.push_back(all[i]);
      if (together)
        feed(*store, batch);
      else
        for (const auto& change : batch)
          feed(*store, {change});
      CHECK_IDS(all_open(*store), {});
      CHECK_IDS(all_closed(*store), {"wf-1"});
      CHECK_IDS(all_matching(*store, "CustomKeywordField = 'third'"), {"wf-1"});
      CHECK_IDS(all_matching(*store, "CustomKeywordField = 'first' or CustomKeywordField = 'second'"), {});
      CHECK_IDS(all_matching(*store, "CustomIntField = 5"), {});
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

LIST_CASE(a_removed_run_stays_removed_when_its_end_comes_late) {
  const auto store = open_lists();
  feed(*store, {with_attributes(started(1, 10, 1), {{"CustomIntField", "5"}}), started(2, 20, 1)});
  BOOST_TEST(feed(*store, {removed(1, 9)}) == 1);
  BOOST_TEST(feed(*store, {closed(1, 10, 20, api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED, 5)}) == 0);
  CHECK_IDS(all_closed(*store), {});
  CHECK_IDS(all_open(*store), {"wf-2"});
  CHECK_IDS(all_matching(*store, "CustomIntField = 5"), {});
}

LIST_CASE(a_removal_that_comes_first_removes_as_well) {
  const auto store = open_lists();
  BOOST_TEST(feed(*store, {removed(1, 9)}) == 1);
  BOOST_TEST(feed(*store, {started(1, 10, 1)}) == 0);
  CHECK_IDS(all_open(*store), {});
}

LIST_CASE(a_removal_older_than_the_record_is_ignored) {
  const auto store = open_lists();
  feed(*store, {started(1, 10, 5)});
  BOOST_TEST(feed(*store, {removed(1, 4)}) == 0);
  CHECK_IDS(all_open(*store), {"wf-1"});
}

LIST_CASE(removed_runs_are_remembered_up_to_a_bound_oldest_forgotten_first) {
  lists_bounds bounds;
  bounds.removed_kept_max = 3;
  const auto store = open_lists(bounds);
  for (std::uint64_t n = 1; n <= 5; ++n)
    feed(*store, {removed(n, 9)});
  for (std::uint64_t n = 1; n <= 5; ++n)
    feed(*store, {started(n, static_cast<std::int64_t>(n), 1)});
  CHECK_IDS(all_open(*store), {"wf-2", "wf-1"});
}

LIST_CASE(a_run_removed_by_hand_never_comes_back) {
  const auto store = open_lists();
  feed(*store, {started(1, 10, 1)});
  BOOST_TEST(bool{store->remove_run(domain, run_id(1))});
  CHECK_IDS(all_open(*store), {});
  BOOST_TEST(feed(*store, {closed(1, 10, 20, api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED, 1'000'000)}) == 0);
  CHECK_IDS(all_closed(*store), {});
}

LIST_CASE(attributes_that_an_upsert_drops_are_no_longer_found) {
  const auto store = open_lists();
  feed(*store,
       {with_attributes(started(1, 10, 1), {{"CustomIntField", "1"}, {"CustomKeywordField", "[\"a\", \"b\"]"}})});
  CHECK_IDS(all_matching(*store, "CustomKeywordField = 'b'"), {"wf-1"});
  auto upsert = with_attributes(started(1, 10, 2), {{"CustomKeywordField", "[\"b\", \"c\"]"}});
  upsert.kind = visibility_change_kind::upsert;
  feed(*store, {upsert});
  CHECK_IDS(all_matching(*store, "CustomIntField = 1"), {});
  CHECK_IDS(all_matching(*store, "CustomKeywordField = 'a'"), {});
  CHECK_IDS(all_matching(*store, "CustomKeywordField = 'b'"), {"wf-1"});
  CHECK_IDS(all_matching(*store, "CustomKeywordField = 'c'"), {"wf-1"});
}

LIST_CASE(a_malformed_change_is_refused_with_its_whole_batch) {
  const auto store = open_lists();
  auto nameless = started(2, 10);
  nameless.run_id = {};
  auto homeless = started(3, 10);
  homeless.domain_id = {};
  for (const auto& bad : {nameless, homeless, closed(4, 1, 2, api::WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID)}) {
    const std::vector<visibility_change> batch = {started(1, 10), bad};
    const auto result = store->apply(batch);
    BOOST_REQUIRE(!result);
    BOOST_TEST((result.error().kind == cadenza::error_kind::internal_service));
  }
  CHECK_IDS(all_open(*store), {});
}

LIST_CASE(broken_attribute_values_neither_stop_a_batch_nor_get_lost) {
  const auto store = open_lists();
  feed(*store, {with_attributes(started(1, 10), {{"CustomIntField", "{not json"}, {"CustomKeywordField", "\"k\""}})});
  CHECK_IDS(all_matching(*store, "CustomKeywordField = 'k'"), {"wf-1"});
  list_request request;
  request.domain_id = domain;
  const auto page = store->list_open(request);
  BOOST_REQUIRE(page && page->executions.size() == 1);
  BOOST_TEST(page->executions[0].search_attributes().indexed_fields().at("CustomIntField").data() == "{not json");
}

LIST_CASE(clearing_forgets_everything_and_the_store_goes_on) {
  const auto store = open_lists();
  feed(*store, {with_attributes(started(1, 10, 5), {{"CustomIntField", "1"}}), removed(2, 9)});
  BOOST_TEST(bool{store->clear()});
  CHECK_IDS(all_open(*store), {});
  BOOST_TEST(counted(*store, "CustomIntField = 1") == 0);
  BOOST_TEST(feed(*store, {started(1, 10, 1), started(2, 20, 1)}) == 2);
  CHECK_IDS(all_open(*store), {"wf-2", "wf-1"});
}

BOOST_AUTO_TEST_SUITE_END()
