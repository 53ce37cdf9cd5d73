#include "actors/base/rate_gate.hpp"
#include "actors/base/restart_backoff.hpp"
#include "actors/base/shard_sequence.hpp"
#include "actors/matching/ack_tracker.hpp"
#include "actors/shards/timer_queue.hpp"
#include "actors/shards/transfer_tasks.hpp"
#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

record::v1::TimerTask timer(std::int64_t fire_ns, std::int64_t task_id) {
  record::v1::TimerTask out;
  out.set_fire_ns(fire_ns);
  out.set_task_id(task_id);
  return out;
}

record::v1::TransferTask transfer(std::int64_t task_id) {
  record::v1::TransferTask out;
  out.set_task_id(task_id);
  return out;
}

bool add(transfer_tasks& to, std::int64_t task_id) {
  auto task = transfer(task_id);
  return to.add(task) != nullptr;
}

} // namespace

BOOST_AUTO_TEST_SUITE(timer_queues)

BOOST_AUTO_TEST_CASE(takes_in_order_of_fire_time_then_id) {
  timer_queue queue;
  queue.set_window_end(100);
  BOOST_TEST(queue.add(timer(30, 1)));
  BOOST_TEST(queue.add(timer(10, 9)));
  BOOST_TEST(queue.add(timer(10, 2)));
  BOOST_TEST(*queue.next_due() == 10);
  BOOST_TEST(!queue.take(9));
  BOOST_TEST(queue.take(50)->task_id() == 2);
  BOOST_TEST(queue.take(50)->task_id() == 9);
  BOOST_TEST(queue.take(50)->task_id() == 1);
  BOOST_TEST(!queue.take(50));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_known_or_beyond_the_window) {
  timer_queue queue;
  queue.set_window_end(100);
  BOOST_TEST(queue.add(timer(99, 1)));
  BOOST_TEST(!queue.add(timer(99, 1)));
  BOOST_TEST(!queue.add(timer(100, 2)));
  BOOST_TEST(queue.take(99).has_value());
  BOOST_TEST(!queue.add(timer(99, 1))); // taken, but not done
  queue.done({99, 1});
  BOOST_TEST(queue.add(timer(99, 1)));
}

BOOST_AUTO_TEST_CASE(a_taken_task_stays_undone_under_its_stored_time) {
  timer_queue queue;
  queue.set_window_end(100);
  (void)queue.add(timer(10, 1));
  (void)queue.add(timer(40, 2));
  (void)queue.take(10);
  BOOST_TEST(*queue.earliest_undone() == 10);
  queue.again({10, 1}, 60);
  BOOST_TEST(*queue.next_due() == 40);
  BOOST_TEST(*queue.earliest_undone() == 10);
  BOOST_TEST(queue.take(60)->task_id() == 2);
  const auto again = queue.take(60);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->task_id() == 1);
  BOOST_TEST(again->fire_ns() == 10);
  queue.done({10, 1});
  queue.done({40, 2});
  BOOST_TEST(queue.size() == 0U);
  BOOST_TEST(!queue.earliest_undone());
}

BOOST_AUTO_TEST_CASE(only_a_waiting_task_can_be_cancelled) {
  timer_queue queue;
  queue.set_window_end(100);
  (void)queue.add(timer(10, 1));
  (void)queue.add(timer(20, 2));
  (void)queue.take(10);
  BOOST_TEST(!queue.cancel({10, 1}));
  BOOST_TEST(queue.cancel({20, 2}));
  BOOST_TEST(!queue.cancel({20, 2}));
  BOOST_TEST(queue.size() == 1U);
  queue.again({30, 3}, 50); // never taken: nothing comes back
  BOOST_TEST(!queue.next_due());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ack_levels)

BOOST_AUTO_TEST_CASE(the_level_is_below_the_first_open_task_and_the_first_open_commit) {
  ack_tracker acks;
  BOOST_TEST(acks.level(50) == 49);
  BOOST_TEST(acks.add(10));
  BOOST_TEST(!acks.add(10));
  BOOST_TEST(acks.add(12));
  BOOST_TEST(acks.level(50) == 9);
  BOOST_TEST(acks.level(5) == 4);
  BOOST_TEST(acks.done(12));
  BOOST_TEST(acks.level(50) == 9);
  BOOST_TEST(acks.done(10));
  BOOST_TEST(!acks.done(10));
  BOOST_TEST(acks.level(50) == 49);
  BOOST_TEST(acks.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(transfer_queues)

BOOST_AUTO_TEST_CASE(the_level_is_below_the_first_open_task_and_the_first_open_commit) {
  transfer_tasks tasks(10);
  BOOST_TEST(tasks.level(50) == 49);
  BOOST_TEST(add(tasks, 10));
  BOOST_TEST(!add(tasks, 10));
  BOOST_TEST(add(tasks, 12));
  BOOST_TEST(tasks.level(50) == 9);
  BOOST_TEST(tasks.level(5) == 4);
  BOOST_TEST(tasks.done(12));
  BOOST_TEST(tasks.level(50) == 9);
  BOOST_TEST(tasks.done(10));
  BOOST_TEST(!tasks.done(10));
  BOOST_TEST(tasks.level(50) == 49);
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_only_ids_are_kept) {
  transfer_tasks tasks(2);
  for (int id = 1; id <= 3; ++id)
    BOOST_TEST(add(tasks, id));
  BOOST_TEST(tasks.held() == 2U);
  BOOST_TEST(tasks.size() == 3U);
  BOOST_REQUIRE(tasks.find(2) != nullptr);
  BOOST_TEST(tasks.find(2)->task_id() == 2);
  BOOST_TEST(tasks.find(3) == nullptr);
  auto left = transfer(7);
  BOOST_TEST(tasks.add(left) == &left);
  BOOST_TEST(left.task_id() == 7);
  BOOST_TEST(tasks.done(7));
  BOOST_TEST(tasks.contains(3));
  BOOST_TEST(tasks.ids() == (std::vector<std::int64_t>{1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(tasks.done(3));
  BOOST_TEST(tasks.held() == 2U);
  BOOST_TEST(tasks.done(1));
  BOOST_TEST(add(tasks, 4));
  BOOST_TEST(tasks.find(4) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_failed_task_is_due_once_after_its_pause) {
  transfer_tasks tasks(10);
  (void)add(tasks, 1);
  (void)add(tasks, 2);
  BOOST_TEST(tasks.next_due() == INT64_MAX);
  tasks.failed(2, 0, false);
  tasks.failed(2, 5, false); // it waits already
  tasks.failed(1, 10, false);
  tasks.failed(3, 0, false); // not there
  BOOST_TEST(tasks.next_due() == transfer_tasks::first_ns);
  BOOST_TEST(tasks.take_due(transfer_tasks::first_ns - 1, 10).empty());
  BOOST_TEST(tasks.take_due(2 * transfer_tasks::first_ns, 1) == std::vector<std::int64_t>{2},
             boost::test_tools::per_element());
  BOOST_TEST(tasks.take_due(2 * transfer_tasks::first_ns, 10) == std::vector<std::int64_t>{1},
             boost::test_tools::per_element());
  BOOST_TEST(tasks.size() == 2U);
  tasks.failed(1, 0, false);
  BOOST_TEST(tasks.done(1));
  BOOST_TEST(tasks.next_due() == INT64_MAX);
}

BOOST_AUTO_TEST_CASE(pauses_grow_while_what_it_needs_is_broken) {
  transfer_tasks tasks(10);
  (void)add(tasks, 1);
  std::int64_t now = 0;
  std::int64_t last = 0;
  for (int i = 0; i < 10; ++i) {
    tasks.failed(1, now, true);
    const auto pause = tasks.next_due() - now;
    BOOST_TEST(pause >= last);
    BOOST_TEST(pause <= transfer_tasks::patience_max_ns);
    last = pause;
    now = tasks.next_due();
    BOOST_TEST(tasks.take_due(now, 10).size() == 1U);
  }
  BOOST_TEST(last == transfer_tasks::patience_max_ns);
  tasks.failed(1, now, false); // mere bad luck is tried again soon
  BOOST_TEST(tasks.next_due() == now + transfer_tasks::first_ns);
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_delays_nothing) {
  transfer_tasks tasks(10);
  (void)add(tasks, 1);
  tasks.failed(1, 3600 * ns_per_s, true);
  BOOST_TEST(tasks.take_due(0, 10).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(shard_sequences)

BOOST_AUTO_TEST_CASE(ids_grow_and_a_later_incarnation_has_higher_ones) {
  shard_sequence first(1);
  const auto a = first.reserve(3);
  const auto b = first.reserve(1);
  BOOST_TEST(b == a + 3);
  BOOST_TEST(first.next() == b + 1);
  shard_sequence second(2);
  BOOST_TEST(second.reserve(1) > first.next());
  BOOST_TEST(!first.exhausted());
  (void)first.reserve((1LL << 40) - (1 << 16));
  BOOST_TEST(first.exhausted());
  BOOST_TEST(first.next() < (2LL << 40));
}

BOOST_AUTO_TEST_CASE(settled_is_what_no_open_lease_holds) {
  const auto sequence = std::make_shared<shard_sequence>(1);
  const auto begin = sequence->next();
  auto early = std::make_unique<sequence_lease>(sequence);
  auto late = std::make_unique<sequence_lease>(sequence);
  const auto a = early->reserve(2);
  const auto b = late->reserve(2);
  (void)early->reserve(2);
  BOOST_TEST(a == begin);
  BOOST_TEST(sequence->settled_below() == a);
  early.reset();
  BOOST_TEST(sequence->settled_below() == b);
  late.reset();
  BOOST_TEST(sequence->settled_below() == sequence->next());
}

BOOST_AUTO_TEST_CASE(timers_under_ids_drawn_after_a_level_was_taken_fire_no_earlier) {
  const auto sequence = std::make_shared<shard_sequence>(1);
  sequence_lease before(sequence);
  const auto first = before.reserve(1);
  BOOST_TEST(before.earliest_timer_ns() == 0);
  BOOST_TEST(sequence->raise_timer_floor(5 * ns_per_s) == first + 1);
  sequence_lease after(sequence);
  (void)after.reserve(1);
  BOOST_TEST(after.earliest_timer_ns() == 5 * ns_per_s);
  sequence->raise_timer_floor(3 * ns_per_s); // a level never goes back
  (void)after.reserve(1);
  BOOST_TEST(after.earliest_timer_ns() == 5 * ns_per_s);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rate_gates)

BOOST_AUTO_TEST_CASE(lets_the_rate_through_and_tells_the_wait) {
  rate_gate gate(2);
  BOOST_TEST(gate.try_take(ns_per_s));
  BOOST_TEST(gate.try_take(ns_per_s));
  BOOST_TEST(!gate.try_take(ns_per_s));
  BOOST_TEST(gate.wait_ns() <= ns_per_s / 2 + 1);
  BOOST_TEST(!gate.try_take(ns_per_s + ns_per_s / 4));
  BOOST_TEST(gate.try_take(ns_per_s + ns_per_s / 4 + gate.wait_ns()));
  // Time alone saves up no more than one second's worth.
  BOOST_TEST(gate.try_take(100 * ns_per_s));
  BOOST_TEST(gate.try_take(100 * ns_per_s));
  BOOST_TEST(!gate.try_take(100 * ns_per_s));
}

BOOST_AUTO_TEST_CASE(rate_zero_is_closed_and_a_fraction_is_slow) {
  rate_gate shut(0);
  BOOST_TEST(!shut.try_take(ns_per_s));
  BOOST_TEST(!shut.try_take(1000 * ns_per_s));
  BOOST_TEST(shut.wait_ns() == INT64_MAX);
  rate_gate slow(0.1);
  BOOST_TEST(slow.try_take(ns_per_s));
  BOOST_TEST(!slow.try_take(2 * ns_per_s));
  BOOST_TEST(slow.try_take(12 * ns_per_s));
}

BOOST_AUTO_TEST_CASE(a_lower_rate_takes_what_was_saved) {
  rate_gate gate(100);
  gate.set_rate(1, ns_per_s);
  BOOST_TEST(gate.rate() == 1);
  BOOST_TEST(gate.try_take(ns_per_s));
  BOOST_TEST(!gate.try_take(ns_per_s));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(restart_backoffs)

BOOST_AUTO_TEST_CASE(waits_longer_and_longer_until_a_calm_life) {
  restart_backoff backoff;
  auto now = 100 * ns_per_s;
  BOOST_TEST(backoff.next(now) == 0);
  std::int64_t last = 0;
  for (int i = 0; i < 12; ++i) {
    const auto delay = backoff.next(now);
    BOOST_TEST(delay >= last);
    BOOST_TEST(delay <= 5 * ns_per_s);
    last = delay;
    now += delay;
  }
  BOOST_TEST(last == 5 * ns_per_s);
  BOOST_TEST(backoff.next(now + 11 * ns_per_s) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
