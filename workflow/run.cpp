#include "workflow/run.hpp"

#include "messages/invariant.hpp"
#include "workflow/checksum.hpp"
#include "workflow/version_history.hpp"

namespace cadenza::workflow {
namespace {

error inconsistent(const run_key& key, const char* what) {
  return {error_kind::internal_data_inconsistency,
          std::string("stored run ") + key.workflow_id + " " + key.run_id.str() + ": " + what};
}

/// Parses a row into the record of its map; false when the bytes are not one.
template <class Key, class Record, class Index>
bool load_row(tracked_map<Key, Record, Index>& into, const Key& key, const pending_row& row) {
  Record record;
  if (!row.value || !record.ParseFromString(*row.value))
    return false;
  into.load(key, std::move(record));
  return true;
}

} // namespace

run::run(run_key key) : key_(std::move(key)) {
  head_.set_format(1);
  head_.set_state(run_state::none);
  head_.set_next_event_id(first_event_id);
  head_.set_last_processed_event(no_event_id);
  fixed_.set_format(1);
  fixed_.set_parent_initiated_id(no_event_id);
}

run::run(run&&) noexcept = default;
run& run::operator=(run&&) noexcept = default;
run::~run() = default;

outcome<run> run::load(run_key key, const run_rows& rows) {
  run r(std::move(key));
  if (!r.head_.ParseFromString(rows.header))
    return inconsistent(r.key_, "the header does not parse");
  if (!r.fixed_.ParseFromString(rows.fixed))
    return inconsistent(r.key_, "the fixed row does not parse");
  for (const auto& row : rows.pending) {
    bool good = false;
    switch (row.kind) {
    case pending_kind::activity: good = load_row(r.activities_, row.number, row); break;
    case pending_kind::timer: good = load_row(r.timers_, row.text, row); break;
    case pending_kind::child: good = load_row(r.children_, row.number, row); break;
    case pending_kind::cancel_request: good = load_row(r.cancel_requests_, row.number, row); break;
    case pending_kind::signal: good = load_row(r.signals_, row.number, row); break;
    case pending_kind::signal_requested: good = load_row(r.signal_requests_, row.text, row); break;
    case pending_kind::buffered: good = load_row(r.buffered_, row.number, row); break;
    }
    if (!good)
      return inconsistent(r.key_, "a pending row does not parse");
  }
  const auto current = r.head_.version_histories().current();
  if (current < 0 || current >= r.head_.version_histories().branches_size())
    return inconsistent(r.key_, "no current history branch");
  if (!checksum_holds(r.head_, counts_of(r)))
    return inconsistent(r.key_, "the checksum does not hold");
  return r;
}

std::int64_t run::last_write_version() const {
  const auto& histories = head_.version_histories();
  if (histories.branches().empty())
    return fixed_.start_version();
  return last_version(current_branch()).value_or(fixed_.start_version());
}

const rec::VersionBranch& run::current_branch() const {
  const auto& histories = head_.version_histories();
  CADENZA_ASSERT(histories.current() >= 0 && histories.current() < histories.branches_size(),
                 "a run with events has a current history branch");
  return histories.branches(histories.current());
}

std::optional<std::int64_t> run::activity_by_id(const std::string& activity_id) const {
  return activities_.index().first_of(activity_id);
}

const rec::PendingTimer* run::timer_by_started_id(std::int64_t started_id) const {
  const auto* id = timers_.index().by_started_id(started_id);
  if (id == nullptr)
    return nullptr;
  const auto* timer = timers_.find(*id);
  CADENZA_ASSERT(timer != nullptr, "a timer that is found by its started event is pending");
  return timer;
}

std::size_t run::memory_bytes() const {
  // Counting every string of every row would cost more than the cache is off by.
  constexpr std::size_t base = 2048;
  constexpr std::size_t per_row = 512;
  std::size_t bytes = base + key_.workflow_id.size() + fixed_.ByteSizeLong() * 2;
  bytes += per_row * (activities_.size() + timers_.size() + children_.size() + cancel_requests_.size() +
                      signals_.size() + signal_requests_.size());
  for (const auto& [id, activity] : activities_)
    bytes += activity.details().size() + activity.last_failure_details().size();
  for (const auto& [id, signal] : signals_)
    bytes += signal.input().size();
  for (const auto& [number, row] : buffered_)
    bytes += per_row + row.ByteSizeLong() * 2;
  return bytes;
}

} // namespace cadenza::workflow
