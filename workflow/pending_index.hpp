#pragma once

#include "messages/constants.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

/// How the pending things of a run are found by something else than their key: kept up to date by its tracked maps, so
/// that no rule has to walk over all of them.
namespace cadenza::workflow {

/// The timeouts of an activity, in the order in which they count when they are due at the same time. Also the numbers
/// of the bits in `timer_mask`.
enum class activity_timeout : int { start_to_close = 0, schedule_to_start = 1, schedule_to_close = 2, heartbeat = 3 };

/// When an activity times out, and how.
struct activity_deadline {
  std::int64_t at_ns = 0;
  std::int64_t schedule_id = 0;
  activity_timeout kind = activity_timeout::start_to_close;
  std::int64_t attempt = 0;

  [[nodiscard]] bool operator<(const activity_deadline& other) const {
    return std::tie(at_ns, schedule_id, kind) < std::tie(other.at_ns, other.schedule_id, other.kind);
  }
};

/// Calls `visit` with each deadline that a pending activity has now: two or three.
template <class Visit>
void for_each_deadline(std::int64_t schedule_id, const record::v1::PendingActivity& activity, Visit&& visit) {
  const auto at = [&](std::int64_t base_ns, std::int32_t timeout_s, activity_timeout kind) {
    visit(activity_deadline{base_ns + timeout_s * ns_per_s, schedule_id, kind, activity.attempt()});
  };
  at(activity.scheduled_ns(), activity.schedule_to_close_s(), activity_timeout::schedule_to_close);
  if (activity.started_id() == no_event_id) {
    at(activity.scheduled_ns(), activity.schedule_to_start_s(), activity_timeout::schedule_to_start);
    return;
  }
  at(activity.started_ns(), activity.start_to_close_s(), activity_timeout::start_to_close);
  if (activity.heartbeat_s() > 0)
    at(std::max(activity.started_ns(), activity.last_heartbeat_ns()), activity.heartbeat_s(),
       activity_timeout::heartbeat);
}

/// Pending activities by their activity id and by their deadlines.
///
/// An activity id belongs to one pending activity, but for a moment while stored events are replayed: an earlier
/// activity of the same id may still wait for its buffered end.
class activity_index {
public:
  // --- what the map tells (see tracked_map)
  void added(std::int64_t schedule_id, const record::v1::PendingActivity& activity);
  void removed(std::int64_t schedule_id, const record::v1::PendingActivity& activity);
  void before_edit(std::int64_t schedule_id, const record::v1::PendingActivity& activity);

  /// The lowest and the highest schedule id of what has this activity id; nothing when no pending activity has it.
  [[nodiscard]] std::optional<std::int64_t> first_of(const std::string& activity_id) const;
  [[nodiscard]] std::optional<std::int64_t> last_of(const std::string& activity_id) const;

  /// The earliest deadline of every activity, in order. `find` gives the record of a schedule id, null when it is not
  /// pending any more: what was edited since the last time is put in its place first.
  template <class Find> [[nodiscard]] const std::set<activity_deadline>& deadlines(Find&& find) {
    for (const auto schedule_id : out_of_place_)
      if (const record::v1::PendingActivity* activity = find(schedule_id))
        deadlines_.insert(earliest(schedule_id, *activity));
    out_of_place_.clear();
    return deadlines_;
  }

private:
  [[nodiscard]] static activity_deadline earliest(std::int64_t schedule_id,
                                                  const record::v1::PendingActivity& activity);

  std::unordered_multimap<std::string, std::int64_t> by_activity_id_;
  std::set<activity_deadline> deadlines_;
  std::set<std::int64_t> out_of_place_; ///< added or edited since the last look: not among `deadlines_`
};

/// Pending user timers by the time they fire and by their started event. Neither changes while a timer is pending.
class timer_index {
public:
  /// (expiry in ns, started event id, timer id)
  using entry = std::tuple<std::int64_t, std::int64_t, std::string>;

  void added(const std::string& id, const record::v1::PendingTimer& timer);
  void removed(const std::string& id, const record::v1::PendingTimer& timer);
  void before_edit(const std::string&, const record::v1::PendingTimer&) {}

  /// In the order in which they fire.
  [[nodiscard]] const std::set<entry>& by_expiry() const { return by_expiry_; }
  /// Null when no pending timer was started by that event.
  [[nodiscard]] const std::string* by_started_id(std::int64_t started_id) const;

private:
  std::set<entry> by_expiry_;
  std::map<std::int64_t, std::string> by_started_id_;
};

} // namespace cadenza::workflow
