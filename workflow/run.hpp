#pragma once

#include "messages/constants.hpp"
#include "messages/outcome.hpp"
#include "messages/records.hpp"
#include "workflow/pending_index.hpp"
#include "workflow/tracked_map.hpp"

#include "cadenza/record/v1/run.pb.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::workflow {

namespace api = uber::cadence::api::v1;
namespace rec = record::v1;

using pending_activities = tracked_map<std::int64_t, rec::PendingActivity, activity_index>;
using pending_timers = tracked_map<std::string, rec::PendingTimer, timer_index>;

/// The mutable state of one run: what is true after its last committed transaction, plus what the open one changed.
///
/// Only a `transaction` changes it. Reading is free for everybody who owns the run.
class run {
public:
  /// A run that has no event yet.
  explicit run(run_key key);

  run(run&&) noexcept;
  run& operator=(run&&) noexcept;
  ~run();

  /// From stored rows. Bytes that do not parse, or a checksum that does not hold ⇒ internal_data_inconsistency.
  [[nodiscard]] static outcome<run> load(run_key key, const run_rows& rows);

  [[nodiscard]] const run_key& key() const { return key_; }
  [[nodiscard]] const rec::Run& head() const { return head_; }
  [[nodiscard]] const rec::RunFixed& fixed() const { return fixed_; }

  [[nodiscard]] const pending_activities& activities() const { return activities_; }
  [[nodiscard]] const pending_timers& timers() const { return timers_; }
  [[nodiscard]] const tracked_map<std::int64_t, rec::PendingChild>& children() const { return children_; }
  [[nodiscard]] const tracked_map<std::int64_t, rec::PendingCancelRequest>& cancel_requests() const {
    return cancel_requests_;
  }
  [[nodiscard]] const tracked_map<std::int64_t, rec::PendingSignal>& signals() const { return signals_; }
  [[nodiscard]] const tracked_map<std::string, rec::SignalRequest>& signal_requests() const { return signal_requests_; }
  /// Stored buffered events, by row number, in order of arrival.
  [[nodiscard]] const tracked_map<std::int64_t, rec::BufferedEvents>& buffered() const { return buffered_; }

  // --- frequent questions
  [[nodiscard]] bool open() const { return head_.state() == run_state::created || head_.state() == run_state::running; }
  [[nodiscard]] bool closed() const { return head_.state() == run_state::completed; }
  /// A closed run has none: what its head still holds is for its description.
  [[nodiscard]] bool has_pending_decision() const { return head_.has_decision() && !closed(); }
  [[nodiscard]] bool has_started_decision() const {
    return has_pending_decision() && head_.decision().started_id() != no_event_id;
  }
  [[nodiscard]] bool has_processed_or_pending_decision() const {
    return has_pending_decision() || head_.last_processed_event() != no_event_id;
  }
  [[nodiscard]] bool has_parent() const { return !fixed_.parent_domain_id().empty(); }
  [[nodiscard]] std::int64_t next_event_id() const { return head_.next_event_id(); }
  /// Version of the last written event; the start version when there is none yet.
  [[nodiscard]] std::int64_t last_write_version() const;
  [[nodiscard]] const rec::VersionBranch& current_branch() const;

  /// Schedule id of a pending activity by its id; nothing when there is none.
  [[nodiscard]] std::optional<std::int64_t> activity_by_id(const std::string& activity_id) const;
  /// Timer id of a pending timer by its started event id; null when there is none.
  [[nodiscard]] const rec::PendingTimer* timer_by_started_id(std::int64_t started_id) const;

  /// Rough bytes of memory this run holds, for the cache budget.
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  friend class transaction;

  run_key key_;
  rec::Run head_;
  rec::RunFixed fixed_;
  pending_activities activities_;
  pending_timers timers_;
  tracked_map<std::int64_t, rec::PendingChild> children_;
  tracked_map<std::int64_t, rec::PendingCancelRequest> cancel_requests_;
  tracked_map<std::int64_t, rec::PendingSignal> signals_;
  tracked_map<std::string, rec::SignalRequest> signal_requests_;
  tracked_map<std::int64_t, rec::BufferedEvents> buffered_;
};

} // namespace cadenza::workflow
