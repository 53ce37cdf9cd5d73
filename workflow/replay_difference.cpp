#include "workflow/replay_difference.hpp"

#include <google/protobuf/util/message_differencer.h>

namespace cadenza::workflow {
namespace {

template <class Message> std::string unlike(const Message& live, const Message& replayed, const std::string& what) {
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  if (differencer.Compare(live, replayed))
    return {};
  differencer.ReportDifferencesToString(&difference);
  (void)differencer.Compare(live, replayed);
  return what + " differs between the stored run and its replayed history:\n" + difference;
}

template <class Key, class Record, class Index, class Mask>
std::string unlike_maps(const tracked_map<Key, Record, Index>& live, const tracked_map<Key, Record, Index>& replayed,
                        const std::string& what, Mask&& mask) {
  if (live.size() != replayed.size())
    return what + ": " + std::to_string(live.size()) + " live, " + std::to_string(replayed.size()) + " replayed";
  for (const auto& [key, record] : live) {
    const auto* other = replayed.find(key);
    if (other == nullptr)
      return what + " is not in the history";
    auto a = record;
    auto b = *other;
    mask(a);
    mask(b);
    if (auto out = unlike(a, b, what); !out.empty())
      return out;
  }
  return {};
}

/// What is not in events, or differs by design.
rec::Run comparable(rec::Run head, bool lost) {
  head.clear_row_version();
  head.clear_checksum();
  head.clear_last_updated_ns();
  head.clear_current_version(); // a transaction without events raises it, too
  head.clear_sticky_task_list();
  head.clear_sticky_schedule_to_start_s();
  head.clear_no_sticky_queries();
  head.clear_listed_status();
  head.clear_cancel_content(); // a run stored by an earlier version has none
  head.clear_client_library_version();
  head.clear_client_feature_version();
  head.clear_client_impl();
  head.clear_execution_context();
  head.clear_buffered_batches();
  head.clear_next_buffered_row();
  head.clear_next_decision_attempt();
  head.clear_last_decision_original_ns();
  head.clear_decision();
  if (lost) { // the state knows of events that have no place in the history yet, or were dropped behind its end
    head.clear_signal_count();
    head.clear_cancel_requested();
    head.clear_cancel_request_id();
  }
  return head;
}

rec::RunFixed comparable(rec::RunFixed fixed, bool of_reset, bool knows_parent) {
  fixed.clear_jitter_s();
  fixed.clear_earlier_requests();
  fixed.clear_create_content(); // a run stored by an earlier version has none
  if (!knows_parent)
    fixed.clear_parent_domain_id();
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
  if (!a.target_domain().empty())
    a.clear_target_domain_id(); // looked up by a name that may be gone
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

std::string unlike_decisions(const run& live, const run& replayed) {
  if (live.has_pending_decision() != replayed.has_pending_decision())
    return live.has_pending_decision() ? "a decision is pending that the history does not know"
                                       : "the history has a pending decision that the run has not";
  if (!live.has_pending_decision())
    return {};
  auto a = live.head().decision();
  auto b = replayed.head().decision();
  a.clear_original_scheduled_ns();
  b.clear_original_scheduled_ns();
  a.clear_task_list(); // a transient decision may wait on a sticky list that events do not know
  b.clear_task_list();
  if (a.attempt() == 0)
    return unlike(a, b, "the decision");
  return b.attempt() == 1 ? "" : "the attempt of the replayed decision is " + std::to_string(b.attempt());
}

} // namespace

std::string difference_from_replay(const run& live, const run& replayed, bool of_reset) {
  const bool lost = !live.buffered().empty() || live.closed();
  // A domain that has been deleted since cannot be found by the name that events give.
  const bool knows_parent = !replayed.fixed().parent_domain_id().empty();
  std::string out = unlike(comparable(live.head(), lost), comparable(replayed.head(), lost), "the header");
  if (out.empty())
    out = unlike(comparable(live.fixed(), of_reset, knows_parent), comparable(replayed.fixed(), of_reset, knows_parent),
                 "the fixed row");
  if (out.empty())
    out = unlike_decisions(live, replayed);
  if (lost || !out.empty())
    return out;
  out = unlike_maps(live.activities(), replayed.activities(), "activity", [&](auto& a) { mask_activity(a, of_reset); });
  if (out.empty())
    out = unlike_maps(live.timers(), replayed.timers(), "timer", [](auto& t) { t.clear_task_outstanding(); });
  if (out.empty())
    out = unlike_maps(live.children(), replayed.children(), "child", [](auto& c) {
      c.clear_create_request_id();
      if (!c.domain().empty())
        c.clear_domain_id(); // as for the parent's
    });
  if (out.empty())
    out = unlike_maps(live.cancel_requests(), replayed.cancel_requests(), "cancel request",
                      [](auto& c) { c.clear_cancel_request_id(); });
  if (out.empty())
    out = unlike_maps(live.signals(), replayed.signals(), "signal", [](auto& s) { s.clear_signal_request_id(); });
  for (const auto& [id, seen] : live.signal_requests())
    if (out.empty() && !replayed.signal_requests().contains(id))
      out = "signal request " + id + " is not in the history";
  return out;
}

} // namespace cadenza::workflow
