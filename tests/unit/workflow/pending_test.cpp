#include "harness.hpp"

#include "workflow/activity.hpp"
#include "workflow/timer.hpp"

#include <boost/test/unit_test.hpp>

#include <ctime>
#include <random>
#include <set>

namespace cadenza::workflow::test {
namespace {

std::string name_of(const char* what, int i) { return what + std::to_string(i); }

/// CPU seconds that `work` takes.
template <class Work> double seconds_of(Work&& work) {
  const auto before = std::clock();
  work();
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
}

/// Says how much longer `work(8 * few)` takes than `work(few)`: about 8 when its cost is linear, 64 when it is
/// quadratic.
template <class Work> double growth(int few, Work&& work) {
  // The least of several: whatever else the machine does only adds.
  double small = 1e9;
  for (int i = 0; i < 5; ++i)
    small = std::min(small, seconds_of([&] { work(few); }));
  double large = 1e9;
  for (int i = 0; i < 2; ++i)
    large = std::min(large, seconds_of([&] { work(8 * few); }));
  BOOST_TEST_MESSAGE("    " << small * 1e3 << " ms, eight times as many " << large * 1e3 << " ms");
  return large / small;
}

constexpr double linear_at_most = 32; ///< a busy machine and its caches do their part

std::vector<api::Decision> many(int count, api::Decision (*one)(const std::string&)) {
  std::vector<api::Decision> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    out.push_back(one(name_of("x", i)));
  return out;
}

api::Decision cancel_activity_of(const std::string& id) {
  api::Decision out;
  out.mutable_request_cancel_activity_task_decision_attributes()->set_activity_id(id);
  return out;
}

api::Decision timer_of(const std::string& id) { return start_timer(id, 10); }

struct quick_bench : bench {
  quick_bench() { check_reload = false; }
};

rec::PendingActivity activity(const std::string& id, std::int64_t scheduled_ns, std::int32_t timeout_s) {
  rec::PendingActivity out;
  out.set_activity_id(id);
  out.set_scheduled_ns(scheduled_ns);
  out.set_started_id(no_event_id);
  out.set_schedule_to_close_s(timeout_s);
  out.set_schedule_to_start_s(timeout_s);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pending_things)

BOOST_AUTO_TEST_CASE(the_indexes_say_what_a_walk_over_all_would_also_after_an_undo) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  pending_activities activities;
  pending_timers timers;
  for (int round = 0; round < 2000; ++round) {
    const int key = below(30);
    const auto id = name_of("a", below(12));
    switch (below(6)) {
    case 0:
    case 1: activities.put(key, activity(id, below(1000), 1 + below(3))); break;
    case 2: activities.erase(key); break;
    case 3:
      if (auto* edited = activities.edit(key)) {
        edited->set_started_id(below(2) == 0 ? no_event_id : 7);
        edited->set_started_ns(below(1000));
        edited->set_heartbeat_s(below(3));
      }
      break;
    case 4:
      activities.undo();
      timers.undo();
      break;
    default: activities.accept(); timers.accept();
    }
    if (below(3) == 0) {
      timers.erase(id);
    } else if (!timers.contains(id)) {
      rec::PendingTimer timer;
      timer.set_expiry_ns(below(100));
      timer.set_started_id(round);
      timers.put(id, timer);
    }

    std::optional<std::int64_t> first;
    std::optional<std::int64_t> last;
    std::set<activity_deadline> earliest;
    for (const auto& [schedule_id, a] : activities) {
      if (a.activity_id() == id) {
        first = first ? first : schedule_id;
        last = schedule_id;
      }
      std::set<activity_deadline> all;
      for_each_deadline(schedule_id, a, [&](const activity_deadline& d) { all.insert(d); });
      earliest.insert(*all.begin());
    }
    BOOST_TEST_REQUIRE((activities.index().first_of(id) == first));
    BOOST_TEST_REQUIRE((activities.index().last_of(id) == last));
    if (below(4) == 0) { // not each time: what was edited may wait for its place for long
      const auto& found = activities.index().deadlines([&](std::int64_t k) { return activities.find(k); });
      BOOST_TEST_REQUIRE(
          std::equal(found.begin(), found.end(), earliest.begin(), earliest.end(), [](const auto& a, const auto& b) {
            return a.at_ns == b.at_ns && a.schedule_id == b.schedule_id && a.kind == b.kind && a.attempt == b.attempt;
          }));
    }
    BOOST_TEST_REQUIRE(timers.index().by_expiry().size() == timers.size());
    std::set<timer_index::entry> in_order;
    for (const auto& [timer_id, t] : timers) {
      in_order.emplace(t.expiry_ns(), t.started_id(), timer_id);
      BOOST_TEST_REQUIRE(timers.index().by_started_id(t.started_id()) != nullptr);
      BOOST_TEST_REQUIRE(*timers.index().by_started_id(t.started_id()) == timer_id);
    }
    BOOST_TEST_REQUIRE((timers.index().by_expiry() == in_order));
  }
}

BOOST_AUTO_TEST_CASE(thousands_of_activities_in_one_decision_cost_no_more_each_than_a_few) {
  BOOST_TEST(growth(1000, [](int count) {
               quick_bench b;
               b.begin();
               b.decide(many(count, schedule_activity));
               BOOST_TEST_REQUIRE(b.state().activities().size() == static_cast<std::size_t>(count));
             }) < linear_at_most);
}

BOOST_AUTO_TEST_CASE(thousands_of_activities_are_canceled_in_one_decision) {
  BOOST_TEST(growth(1000, [](int count) {
               quick_bench b;
               b.begin();
               b.decide(many(count, schedule_activity));
               b.send_signal("s");
               b.decide(many(count, cancel_activity_of));
               BOOST_TEST_REQUIRE(b.state().activities().size() == 0U);
             }) < linear_at_most);
}

BOOST_AUTO_TEST_CASE(a_worker_that_takes_one_of_thousands_of_activities_waits_for_none_of_the_others) {
  BOOST_TEST(growth(500, [](int count) {
               quick_bench b;
               b.begin();
               b.decide(many(count, schedule_activity));
               for (const auto& task : b.transfer(rec::TRANSFER_ACTIVITY))
                 BOOST_REQUIRE(bool(b.command(
                     [&](transaction& tx) { return start_activity(tx, task.schedule_id(), 0, "poll", "worker"); })));
             }) < linear_at_most);
}

BOOST_AUTO_TEST_CASE(thousands_of_activities_time_out_together) {
  BOOST_TEST(growth(500, [](int count) {
               quick_bench b;
               b.begin();
               b.decide(many(count, schedule_activity));
               BOOST_TEST_REQUIRE(b.timers(rec::TIMER_ACTIVITY_TIMEOUT).size() == 1U);
               const auto timer = b.timers(rec::TIMER_ACTIVITY_TIMEOUT).front();
               b.now_ns = timer.fire_ns() + ns_per_s;
               BOOST_REQUIRE(bool(b.command([&](transaction& tx) { return activities_timed_out(tx, timer); })));
               BOOST_TEST_REQUIRE(b.state().activities().size() == 0U);
             }) < linear_at_most);
}

BOOST_AUTO_TEST_CASE(thousands_of_timers_fire_into_the_buffer_and_are_canceled_there) {
  BOOST_TEST(growth(1000, [](int count) {
               quick_bench b;
               b.limits.history_count_error = 1'000'000;
               b.begin();
               b.decide(many(count, timer_of));
               b.send_signal("s");
               const auto taken = b.poll_decision();
               b.advance_s(11);
               BOOST_REQUIRE(bool(b.command([&](transaction& tx) { return user_timers_due(tx, {}); })));
               BOOST_TEST_REQUIRE(b.state().timers().size() == 0U);
               b.respond(taken, many(count, cancel_timer));
             }) < linear_at_most);
}

BOOST_AUTO_TEST_CASE(a_timer_canceled_in_the_buffer_is_gone_and_the_others_are_not) {
  bench b;
  b.begin();
  b.decide({start_timer("a", 10), start_timer("b", 10), start_timer("c", 10)});
  b.send_signal("s");
  const auto taken = b.poll_decision();
  b.advance_s(11);
  BOOST_REQUIRE(bool(b.command([&](transaction& tx) { return user_timers_due(tx, {}); })));
  b.respond(taken, {cancel_timer("b"), cancel_timer("b")});
  const auto all = b.events();
  std::vector<std::string> fired;
  int canceled = 0;
  int unknown = 0;
  for (const auto& e : all) {
    if (e.has_timer_fired_event_attributes())
      fired.push_back(e.timer_fired_event_attributes().timer_id());
    canceled += e.has_timer_canceled_event_attributes() ? 1 : 0;
    unknown += e.has_cancel_timer_failed_event_attributes() ? 1 : 0;
  }
  BOOST_TEST(fired == (std::vector<std::string>{"a", "c"}), boost::test_tools::per_element());
  BOOST_TEST(canceled == 1);
  BOOST_TEST(unknown == 1);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_to_see_when_all_that_was_buffered_was_canceled) {
  bench b;
  b.begin();
  b.decide({start_timer("a", 10), start_timer("b", 10)});
  b.send_signal("s");
  const auto taken = b.poll_decision();
  b.advance_s(11);
  BOOST_REQUIRE(bool(b.command([&](transaction& tx) { return user_timers_due(tx, {}); })));
  const auto result = b.respond(taken, {cancel_timer("a"), cancel_timer("b"), complete_workflow()});
  BOOST_TEST(!result.failed_cause);
  BOOST_TEST(b.state().closed());
}

BOOST_AUTO_TEST_CASE(more_than_a_transaction_may_hold_is_refused_before_it_is_carried_out) {
  bench b;
  b.limits.transaction_size_max = 20'000;
  b.begin();
  const auto taken = b.poll_decision();
  api::RespondDecisionTaskCompletedRequest answer;
  for (int i = 0; i < 100'000; ++i)
    *answer.add_decisions() = record_marker("m");
  const auto environment = b.env();
  transaction tx(*b.subject().state, environment, b.subject().history);
  completion_input input;
  input.schedule_id = taken.schedule_id;
  input.attempt = taken.attempt;
  input.request = &answer;
  BOOST_REQUIRE(bool(complete_decision(tx, input)));
  BOOST_TEST(tx.next_event_id() < 1000); // most were not even looked at
  const auto closed = tx.close(b.ids);
  BOOST_REQUIRE(!closed);
  BOOST_TEST((closed.error().kind == error_kind::limit_exceeded));
  BOOST_TEST(closed.error().message.ends_with("bytes exceeds limit of 20000 bytes"));
  BOOST_TEST(b.state().has_started_decision()); // as it was
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::workflow::test
