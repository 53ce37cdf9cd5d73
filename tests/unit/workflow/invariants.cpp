#include "engine.hpp"

#include "workflow/version_history.hpp"

#include <boost/test/unit_test.hpp>

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

namespace cadenza::workflow::test {
namespace {

template <class Message> void equal(const Message& live, const Message& replayed, const std::string& what) {
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  BOOST_REQUIRE_MESSAGE(differencer.Compare(live, replayed),
                        what << " differs between the stored run and its replayed history:\n"
                             << difference);
}

template <class Key, class Record, class Mask>
void equal_maps(const tracked_map<Key, Record>& live, const tracked_map<Key, Record>& replayed, const char* what,
                Mask&& mask) {
  BOOST_REQUIRE_MESSAGE(live.size() == replayed.size(),
                        what << ": " << live.size() << " live, " << replayed.size() << " replayed");
  for (const auto& [key, record] : live) {
    const auto* other = replayed.find(key);
    BOOST_REQUIRE_MESSAGE(other != nullptr, what << " " << key << " is not in the history");
    auto a = record;
    auto b = *other;
    mask(a);
    mask(b);
    equal(a, b, what);
  }
}

/// What is not in events, or differs by design.
rec::Run comparable(rec::Run head, bool buffered) {
  head.clear_row_version();
  head.clear_checksum();
  head.clear_last_updated_ns();
  head.clear_current_version(); // a transaction without events raises it, too
  head.clear_sticky_task_list();
  head.clear_sticky_schedule_to_start_s();
  head.clear_client_library_version();
  head.clear_client_feature_version();
  head.clear_client_impl();
  head.clear_execution_context();
  head.clear_buffered_batches();
  head.clear_next_buffered_row();
  head.clear_next_decision_attempt();
  head.clear_last_decision_original_ns();
  head.clear_decision();
  if (buffered) { // the state knows of events that have no place in the history yet
    head.clear_signal_count();
    head.clear_cancel_requested();
    head.clear_cancel_request_id();
  }
  return head;
}

rec::RunFixed comparable(rec::RunFixed fixed, bool of_reset) {
  fixed.clear_jitter_s();
  for (auto& point : *fixed.mutable_auto_reset_points()->mutable_points())
    point.clear_resettable();
  if (of_reset) {
    fixed.clear_start_ns();
    fixed.clear_create_request_id();
  }
  return fixed;
}

void mask_activity(rec::PendingActivity& a, bool of_reset) {
  a.clear_timer_mask();
  a.clear_last_heartbeat_timer_s();
  a.clear_last_heartbeat_ns();
  a.clear_version(); // heartbeats and attempts raise it without an event
  a.clear_details();
  a.clear_has_details();
  if (of_reset) {
    a.clear_scheduled_ns();
    a.clear_schedule_to_close_base_ns();
  }
  if (!a.has_retry_policy())
    return;
  a.clear_attempt();
  a.clear_started_id();
  a.clear_started_ns();
  a.clear_scheduled_ns();
  a.clear_schedule_to_close_base_ns();
  a.clear_request_id();
  a.clear_started_identity();
  a.clear_last_failure_reason();
  a.clear_last_failure_details();
  a.clear_last_worker_identity();
}

} // namespace

void engine::check_replay() {
  const auto& live = state();
  const auto environment = env();
  const bool of_reset = reset_runs_.contains(subject_);
  const auto again = replay(live.key(), subject().history.batches(), live.current_branch().branch(), environment);
  BOOST_REQUIRE_MESSAGE(bool(again), (again ? "" : again.error().message));
  const auto& replayed = **again;
  const bool buffered = !live.buffered().empty();
  equal(comparable(live.head(), buffered), comparable(replayed.head(), buffered), "the header");
  equal(comparable(live.fixed(), of_reset), comparable(replayed.fixed(), of_reset), "the fixed row");

  BOOST_REQUIRE_EQUAL(live.has_pending_decision(), replayed.has_pending_decision());
  if (live.has_pending_decision()) {
    auto a = live.head().decision();
    auto b = replayed.head().decision();
    a.clear_original_scheduled_ns();
    b.clear_original_scheduled_ns();
    a.clear_task_list(); // a transient decision may wait on a sticky list that events do not know
    b.clear_task_list();
    if (a.attempt() == 0)
      equal(a, b, "the decision");
    else
      BOOST_REQUIRE_EQUAL(b.attempt(), 1);
  }
  if (buffered)
    return;
  equal_maps(live.activities(), replayed.activities(), "activity", [&](auto& a) { mask_activity(a, of_reset); });
  equal_maps(live.timers(), replayed.timers(), "timer", [](auto& t) { t.clear_task_outstanding(); });
  equal_maps(live.children(), replayed.children(), "child", [](auto& c) { c.clear_create_request_id(); });
  equal_maps(live.cancel_requests(), replayed.cancel_requests(), "cancel request",
             [](auto& c) { c.clear_cancel_request_id(); });
  equal_maps(live.signals(), replayed.signals(), "signal", [](auto& s) { s.clear_signal_request_id(); });
  for (const auto& [id, seen] : live.signal_requests())
    BOOST_REQUIRE_MESSAGE(replayed.signal_requests().contains(id), "signal request " << id << " is not in the history");
}

/// Whatever the run waits for, a task that will wake it must be outstanding.
void engine::check_tasks() {
  const auto& r = state();
  if (!r.open())
    return;
  const auto timer_by = [&](rec::TimerType type, std::int64_t latest_ns, auto&& matches) {
    // Fire times are whole milliseconds, and never in the past when they are made.
    latest_ns = std::max(latest_ns, now_ns) + 2 * ns_per_ms;
    return std::any_of(outstanding_timers.begin(), outstanding_timers.end(), [&](const auto& task) {
      return uuid::from_raw(task.run_id()) == subject_ && task.type() == type && task.fire_ns() <= latest_ns &&
             matches(task);
    });
  };
  const auto transfer = [&](rec::TransferType type, auto&& matches) {
    return std::any_of(outstanding_transfer.begin(), outstanding_transfer.end(), [&](const auto& task) {
      return uuid::from_raw(task.run_id()) == subject_ && task.type() == type && matches(task);
    });
  };
  const auto any = [](const auto&) { return true; };
  BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_WORKFLOW_TIMEOUT, INT64_MAX - 2 * ns_per_ms, any),
                        "nothing ends the run in the end");
  if (r.has_pending_decision()) {
    const auto& d = r.head().decision();
    if (r.has_started_decision())
      BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_DECISION_TIMEOUT, d.started_ns() + (d.timeout_s() + 1) * ns_per_s,
                                     [&](const auto& t) {
                                       return t.event_id() == d.schedule_id() && t.attempt() == d.attempt() &&
                                              t.timeout_type() == api::TIMEOUT_TYPE_START_TO_CLOSE;
                                     }),
                            "nothing times out the started decision");
    else
      BOOST_REQUIRE_MESSAGE(
          transfer(rec::TRANSFER_DECISION,
                   [&](const auto& t) { return t.schedule_id() == d.schedule_id() && t.task_list() == d.task_list(); }),
          "nothing dispatches the decision");
  }
  if (!r.timers().empty()) {
    auto first = INT64_MAX - 3 * ns_per_ms;
    for (const auto& [id, timer] : r.timers())
      first = std::min(first, timer.expiry_ns());
    BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_USER, first, any), "nothing fires the first timer");
  }
  auto first = INT64_MAX;
  for (const auto& [id, a] : r.activities()) {
    auto due = a.scheduled_ns() + a.schedule_to_close_s() * ns_per_s;
    if (a.started_id() == no_event_id) {
      due = std::min(due, a.scheduled_ns() + a.schedule_to_start_s() * ns_per_s);
      const bool waits = transfer(rec::TRANSFER_ACTIVITY,
                                  [&](const auto& t) { return t.schedule_id() == id && t.attempt() == a.attempt(); });
      const bool backs_off = timer_by(rec::TIMER_ACTIVITY_RETRY, a.scheduled_ns(),
                                      [&](const auto& t) { return t.event_id() == id && t.attempt() == a.attempt(); });
      BOOST_REQUIRE_MESSAGE(waits || backs_off, "nothing dispatches activity " << id << " attempt " << a.attempt());
    } else {
      due = std::min(due, a.started_ns() + a.start_to_close_s() * ns_per_s);
      if (a.heartbeat_s() > 0)
        due = std::min(due, std::max(a.started_ns(), a.last_heartbeat_ns()) + a.heartbeat_s() * ns_per_s);
    }
    first = std::min(first, due);
  }
  if (first != INT64_MAX)
    BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_ACTIVITY_TIMEOUT, first, any), "nothing times out the activities");
}

void engine::check_invariants() {
  const auto& r = state();
  const auto all = events(); // checks that ids are dense and task ids grow
  BOOST_REQUIRE(!all.empty());
  BOOST_REQUIRE_EQUAL(r.next_event_id(), all.back().event_id() + 1);
  BOOST_REQUIRE_EQUAL(last_event_id(r.current_branch()), all.back().event_id());
  BOOST_REQUIRE_EQUAL(r.head().last_first_event_id(), subject().history.batches().back()->events(0).event_id());
  BOOST_REQUIRE_EQUAL(r.head().last_event_task_id(), all.back().task_id());
  BOOST_REQUIRE_EQUAL(static_cast<std::size_t>(r.head().buffered_batches()), r.buffered().size());
  if (!r.has_started_decision())
    BOOST_REQUIRE_MESSAGE(r.buffered().empty(), "events stay buffered although no decision is with a worker");
  for (const auto& [id, a] : r.activities())
    BOOST_REQUIRE_MESSAGE(a.started_id() != buffered_event_id || !r.buffered().empty(),
                          "activity " << id << " has a started event without an id");
  std::set<std::string> activity_ids;
  for (const auto& [id, a] : r.activities())
    BOOST_REQUIRE_MESSAGE(activity_ids.insert(a.activity_id()).second, "two pending activities have one id");
  check_replay();
  check_tasks();
}

} // namespace cadenza::workflow::test
