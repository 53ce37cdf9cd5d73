#include "replication/reapply.hpp"

#include "replication/branches.hpp"
#include "workflow/earlier_requests.hpp"
#include "workflow/version_history.hpp"

namespace cadenza::replication {
namespace {

/// Finds signals that another run has had before it came to its own end: they were not lost.
class settled {
public:
  settled(const workflow::run& current, run_view& runs, const known_run& from)
    : current_(current), runs_(runs), from_(from) {}

  /// Nothing: an event is not at hand, see `missing`.
  [[nodiscard]] std::optional<bool> operator()(const api::HistoryEvent& e) {
    const auto& a = e.workflow_execution_signaled_event_attributes();
    if (const auto ends = came_to_its_end(from_.run); !ends)
      return std::nullopt;
    else if (*ends && has(*runs_.find(from_.run), e))
      return true;
    const auto content = workflow::content_of_signal(a.signal_name(), a.input().data());
    const auto before =
        workflow::answered_before(current_.fixed().earlier_requests(), rec::REQUEST_SIGNAL, a.request_id(), content);
    if (!before || *before == from_.run)
      return false;
    const auto* r = runs_.find(*before);
    if (r == nullptr) // it has been deleted since
      return true;
    const auto ends = came_to_its_end(*before);
    if (!ends)
      return std::nullopt;
    return *ends && r->signal_requests().contains(a.request_id());
  }

  [[nodiscard]] const uuid& missing_of() const { return missing_of_; }
  [[nodiscard]] const workflow::missing_event& missing() const { return missing_; }

private:
  static bool has(const workflow::run& r, const api::HistoryEvent& e) {
    rec::VersionItem at;
    at.set_event_id(e.event_id());
    at.set_version(e.version());
    return workflow::contains(r.current_branch(), at);
  }

  /// Whether a run that is not the current one has ended by itself, and not because it lost its place to another one.
  [[nodiscard]] std::optional<bool> came_to_its_end(const uuid& id) {
    const auto* r = id == current_.key().run_id ? nullptr : runs_.find(id);
    if (r == nullptr || !r->closed())
      return false;
    // It may have ended, but go another way when what the other cluster has of it comes.
    if (id == from_.run && r->last_write_version() < from_.last.version())
      return false;
    if (r->head().close_status() != close_status::terminated)
      return true;
    missing_of_ = id;
    missing_ = {r->head().next_event_id() - 1, r->head().completion_event_batch_id()};
    const auto* end = runs_.events(id).find(missing_.event_id, missing_.batch_first_id);
    if (end == nullptr)
      return std::nullopt;
    return !workflow::is_end_by_conflict(*end);
  }

  const workflow::run& current_;
  run_view& runs_;
  const known_run& from_;
  uuid missing_of_;
  workflow::missing_event missing_;
};

} // namespace

bool knows(const workflow::run* r, const known_run& of_another) {
  return r != nullptr && branch_with(r->head().version_histories(), of_another.last).has_value();
}

outcome<signals_applied> reapply(workflow::run& current, run_view& runs, const known_run& from,
                                 const std::vector<api::HistoryEvent>& events, const workflow::environment& env,
                                 workflow::task_id_source& ids) {
  signals_applied out;
  std::vector<api::HistoryEvent> lost;
  settled elsewhere(current, runs, from);
  for (const auto& e : events) {
    if (!e.has_workflow_execution_signaled_event_attributes())
      continue;
    const auto had = elsewhere(e);
    if (!had) {
      out.what = signals_applied::kind::unread_event;
      out.event = elsewhere.missing();
      out.event_of = elsewhere.missing_of();
      return out;
    }
    if (!*had)
      lost.push_back(e);
  }
  auto missed = workflow::unknown_signals(current, from.run, lost);
  if (missed.empty())
    return out;
  if (!current.open()) {
    out.signals = std::move(missed);
    // A run without a decision has no point to go back to, and no worker has ever known of it.
    const bool decided = current.closed() && current.head().last_processed_event() != no_event_id;
    out.what = decided ? signals_applied::kind::reset : signals_applied::kind::dropped;
    out.reset_to = decided ? current.head().last_processed_event() + 1 : 0;
    return out;
  }
  workflow::transaction tx(current, env, runs.events(current.key().run_id));
  (void)workflow::add_signals_again(tx, from.run, lost);
  auto made = tx.close(ids);
  if (!made)
    return made.error();
  out.what = signals_applied::kind::written;
  out.made = std::move(*made);
  return out;
}

} // namespace cadenza::replication
