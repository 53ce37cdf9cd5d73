#include "actors/base/actor_context.hpp"
#include "actors/base/call.hpp"
#include "actors/base/lost_ranges.hpp"
#include "actors/base/shard_sequence.hpp"
#include "actors/base/task_receipt.hpp"
#include "actors/history/history_cache.hpp"
#include "actors/runs/persist.hpp"
#include "actors/shards/timer_queue.hpp"
#include "messages/invariant.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

record::v1::TimerTask timer(std::int64_t fire_ns, std::int64_t task_id) {
  record::v1::TimerTask out;
  out.set_fire_ns(fire_ns);
  out.set_task_id(task_id);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(broken_invariants_of_actors)

BOOST_AUTO_TEST_CASE(a_timer_is_done_after_it_has_fired_and_once) {
  timer_queue queue;
  queue.set_window_end(100);
  BOOST_TEST(queue.add(timer(10, 1)));
  BOOST_CHECK_THROW(queue.done({10, 1}), broken_invariant);
  BOOST_TEST(queue.take(10).has_value());
  queue.done({10, 1});
  BOOST_CHECK_THROW(queue.done({10, 1}), broken_invariant);
}

BOOST_AUTO_TEST_CASE(the_window_of_timers_only_grows) {
  timer_queue queue;
  queue.set_window_end(100);
  queue.set_window_end(100);
  BOOST_CHECK_THROW(queue.set_window_end(99), broken_invariant);
}

BOOST_AUTO_TEST_CASE(a_receipt_is_for_something_that_is_to_be_done) {
  BOOST_CHECK_THROW(task_receipt(nullptr, false, 0, 1, 0), broken_invariant);
}

BOOST_AUTO_TEST_CASE(ids_are_those_of_a_range_that_fits) {
  BOOST_CHECK_THROW(shard_sequence(0), broken_invariant);
  BOOST_CHECK_THROW(shard_sequence(1LL << 23), broken_invariant);
  shard_sequence last((1LL << 23) - 1);
  const auto first = last.reserve((1LL << 40) - (1 << 16));
  BOOST_TEST(first > 0);
  BOOST_TEST(last.exhausted());
  BOOST_CHECK_THROW((void)last.reserve(1 << 17), broken_invariant);
}

BOOST_AUTO_TEST_CASE(requests_go_to_shards_that_there_are) {
  router routes(4);
  BOOST_TEST(!routes.shard(3));
  BOOST_CHECK_THROW((void)routes.shard(4), broken_invariant);
  BOOST_CHECK_THROW((void)routes.shard(-1), broken_invariant);
  BOOST_CHECK_THROW(routes.set_shard(4, nullptr), broken_invariant);
}

BOOST_AUTO_TEST_CASE(a_cache_has_whole_batches_and_gives_what_it_has) {
  history_cache cache(1 << 10);
  BOOST_CHECK_THROW(cache.append("bytes", nullptr, 3, 3), broken_invariant);
  BOOST_CHECK_THROW((void)cache.slice(1, 2, 1, 1), broken_invariant);
  BOOST_CHECK_THROW(cache.keep(std::make_shared<uber::cadence::api::v1::History>()), broken_invariant);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_begins_before_it_ends) {
  lost_ranges lost;
  BOOST_CHECK_THROW((void)lost.add({5, 4, "damage"}), broken_invariant);
  BOOST_TEST(lost.add({4, 5, "damage"}));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_made_becomes_the_current_one) {
  const run_key key{uuid::v4(1, 1), "workflow", uuid::v4(2, 2)};
  storage::current_condition absent;
  absent.key = {key.domain_id, key.workflow_id};
  workflow::changes made;
  made.mutation.key = key;
  BOOST_CHECK_THROW((void)to_store(1, 1, key, made, absent), broken_invariant);
  made.current.emplace().set_run_id(key.run_id.raw());
  auto elsewhere = absent;
  elsewhere.key.workflow_id = "another";
  BOOST_CHECK_THROW((void)to_store(1, 1, key, made, elsewhere), broken_invariant);
  BOOST_TEST(to_store(1, 1, key, made, absent).set_current.has_value());
}

BOOST_AUTO_TEST_CASE(somebody_takes_the_answer_to_a_call) {
  using answer = inner_call<uber::cadence::api::v1::StartWorkflowExecutionResponse>;
  BOOST_CHECK_THROW(answer(INT64_MAX, nullptr), broken_invariant);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
