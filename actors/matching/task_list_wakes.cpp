#include "actors/matching/task_list.hpp"

#include "actors/base/workload.hpp"
#include "actors/matching/far_errand.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <functional>

/// What a list does because time passes. It has no clock that ticks: after everything it does it computes when it must
/// look next, and most lists have nothing to look at before the end of their idle time.
namespace cadenza::actors {

namespace {

constexpr std::int64_t settings_kept_ns = ns_per_s;
constexpr std::int64_t nobody_log_ns = 600 * ns_per_s;    ///< of one list
constexpr std::int64_t nobody_gap_ns = ns_per_s;          ///< between lines of all lists
constexpr std::int64_t wake_gap_ns = 20 * ns_per_ms;      ///< the least between two looks
constexpr std::int64_t forward_look_ns = 250 * ns_per_ms; ///< of a partition that has something to forward
constexpr std::int64_t task_look_ns = 10 * ns_per_s;      ///< of a list with tasks, whatever else it expects
constexpr std::int64_t late_ns = ns_per_s; ///< a wake-up later than that is not believed in: the clock was set

} // namespace

void task_list::arm() {
  const auto at = now();
  const auto next = std::max(next_wake(), at + wake_gap_ns);
  if (next == INT64_MAX || (!wakes_.empty() && wakes_.back() <= next && wakes_.back() >= at - late_ns))
    return;
  wakes_.insert(std::upper_bound(wakes_.begin(), wakes_.end(), next, std::greater<>()), next);
  delayed_send(this, std::chrono::nanoseconds(next - at), list_wake{next});
}

/// When something must be done although no message comes. INT64_MAX: never; the message that comes says more.
std::int64_t task_list::next_wake() const {
  auto next = INT64_MAX;
  const auto by = [&](std::int64_t at_ns) { next = std::min(next, at_ns); };
  if (phase_ == phase::serving && !busy())
    by(last_used_ns_ + settings_.idle_ns);
  if (!polls_->empty()) {
    by(poll_deadline_ns_);
    by(settings_read_ns_ + settings_kept_ns); // runs may take polls without this list, as long as nothing is limited
  }
  if (!later_.empty())
    by(later_.front().first);
  by(query_deadline_ns_);
  if (const auto* oldest = oldest_task()) {
    by(now() + task_look_ns);
    if (oldest->expiry_ns != 0)
      by(oldest->expiry_ns);
    if (!sticky() && !nobody_polls_)
      by(std::max(oldest->created_ns, book_.last_ns()) + env_.settings.no_poller_ns);
  }
  if (!fresh_.empty() && writing_ == write::none && stored_known())
    by(fresh_.front()->created_ns + env_.settings.spill_after_ns);
  if (partition_ && partition_->index > 0) {
    const bool forwards = task_here() || !polls_->empty() || !queries_.empty() || !tasks_out_.empty() ||
                          !polls_out_.empty() || !queries_out_.empty();
    if (forwards)
      by(now() + forward_look_ns);
  }
  if (writing_ == write::none && stored_known() && outstanding_.level(read_level_ + 1) > done_level_)
    by(ack_written_ns_ + settings_.ack_interval_ns);
  if (!added_.empty() || !added_rate_.empty() || polls_->taken_by_runs())
    by(window_ns_ + rate_window_ns);
  return next;
}

void task_list::on_wake(std::int64_t at_ns) {
  std::erase(wakes_, at_ns);
  const auto at = now();
  refresh_settings_if_old();
  expire_polls();
  // A clock that was set back must not hold them up.
  while (!later_.empty() && (later_.front().first <= at || later_.front().first > at + retry_ns)) {
    auto& task = later_.front().second;
    task->given.release();
    (task->backlog_id != 0 ? buffer_ : fresh_).push_back(std::move(task));
    later_.pop_front();
  }
  fail_expired_queries();
  new_rate_window();
  (void)first_task(); // lets go of what has expired, also when nobody polls
  match();
  if (!fresh_.empty() && at - fresh_.front()->created_ns >= env_.settings.spill_after_ns)
    spill();
  write_ack();
  note_waiting();
  tell_if_nobody_polls();
  if (phase_ == phase::serving && !busy() && at - last_used_ns_ >= settings_.idle_ns) {
    become(phase::idle);
    send(owner_, make_matching_mail(list_idle{key_}));
  }
}

const list_task* task_list::oldest_task() const {
  return !buffer_.empty() ? buffer_.front().get() : !fresh_.empty() ? fresh_.front().get() : nullptr;
}

bool task_list::busy() const {
  return !polls_->empty() || task_here() || !later_.empty() || !queries_.empty() || !with_worker_.empty() ||
         writing_ != write::none || reading_ || phase_ == phase::reading || outstanding_.size() != 0 ||
         !to_configure_.empty() || configuring_;
}

void task_list::expire_polls() {
  for (const auto& poll : polls_->take_expired(now(), poll_deadline_ns_))
    answer_empty(*poll, now());
}

void task_list::fail_expired_queries() {
  const auto at = now();
  query_deadline_ns_ = INT64_MAX;
  const error late{error_kind::deadline_exceeded, "query timed out: no worker answered it in time"};
  std::erase_if(queries_, [&](const list_query_ptr& q) {
    if (q->given.taken())
      return true; // the parent gave it to a worker
    if (q->deadline_ns > at) {
      query_deadline_ns_ = std::min(query_deadline_ns_, q->deadline_ns);
      return false;
    }
    q->call->reject(late);
    return true;
  });
  std::erase_if(with_worker_, [&](const auto& item) {
    if (item.second->deadline_ns > at) {
      query_deadline_ns_ = std::min(query_deadline_ns_, item.second->deadline_ns);
      return false;
    }
    item.second->call->reject(late);
    return true;
  });
}

/// Keeps the node's gauges: what of them is this list's.
void task_list::note_waiting() {
  const auto tasks = static_cast<std::int64_t>(fresh_.size() + buffer_.size() + later_.size());
  if (tasks != reported_waiting_)
    env_.counters->tasks_waiting.fetch_add(tasks - reported_waiting_, std::memory_order_relaxed);
  reported_waiting_ = tasks;
  const auto polls = polls_->local();
  if (polls != reported_polls_)
    env_.counters->pollers_waiting.fetch_add(polls - reported_polls_, std::memory_order_relaxed);
  reported_polls_ = polls;
  if (!shown_)
    return;
  const auto* oldest = oldest_task();
  const auto unread = max_written_ > read_level_ ? max_written_ - read_level_ : 0;
  shown_->backlog.store(tasks + unread, std::memory_order_relaxed);
  shown_->oldest_ns.store(oldest != nullptr ? oldest->created_ns : 0, std::memory_order_relaxed);
  shown_->polls.store(polls, std::memory_order_relaxed);
  shown_->last_poll_ns.store(book_.last_ns(), std::memory_order_relaxed);
}

/// On the metrics page, from now on until the end.
void task_list::show() {
  const auto domain = !sticky() ? env_.domains->get()->find(key_.domain_id) : nullptr;
  if (domain)
    shown_ = env_.work->add_list(domain->name, partition_ ? partition_->root : key_.name, key_.type);
}

/// A list with tasks that nobody polls is the commonest mistake there is with task lists: say so.
void task_list::tell_if_nobody_polls() {
  const auto at = now();
  const auto* oldest = oldest_task();
  const auto patience = env_.settings.no_poller_ns;
  const bool nobody = oldest != nullptr && !sticky() && polls_->empty() && at - oldest->created_ns >= patience &&
                      at - book_.last_ns() >= patience;
  if (nobody != nobody_polls_) {
    nobody_polls_ = nobody;
    env_.counters->lists_without_poller.fetch_add(nobody ? 1 : -1, std::memory_order_relaxed);
  }
  if (!nobody || (nobody_logged_ns_ != 0 && at - nobody_logged_ns_ < nobody_log_ns))
    return;
  auto& last = env_.counters->nobody_polls_logged_ns;
  auto before = last.load(std::memory_order_relaxed);
  if (at - before < nobody_gap_ns || !last.compare_exchange_strong(before, at))
    return; // the next look tries again
  nobody_logged_ns_ = at;
  const auto domain = env_.domains->get()->find(key_.domain_id);
  env_.log(log::level::warn,
           {field::task_type(key_.type == 0 ? "decision" : "activity"), field::task_list(key_.name),
            field::domain(domain ? domain->name : key_.domain_id.str()),
            field::waiting_s((at - oldest->created_ns) / ns_per_s)},
           "nobody polls {task_type} task list {task_list} of domain {domain}, where tasks have been waiting for "
           "{waiting_s} s");
}

void task_list::refresh_settings_if_old() {
  // Also when the clock was set back.
  if (const auto age = now() - settings_read_ns_; age >= settings_kept_ns || age < 0)
    refresh_settings();
}

void task_list::refresh_settings() {
  settings_read_ns_ = now();
  const auto domain = env_.domains->get()->find(key_.domain_id);
  if (domain)
    settings_ = env_.live->of_list(*domain, partition_ ? partition_->root : key_.name, key_.type);
  settings_.isolation = !sticky() && domain && env_.live->isolated(*domain);
  if (forward_gate_.rate() != settings_.forwarded_rate)
    forward_gate_.set_rate(settings_.forwarded_rate, now());
  if (stored_known())
    tell_partitions();
  set_rate();
}

} // namespace cadenza::actors
