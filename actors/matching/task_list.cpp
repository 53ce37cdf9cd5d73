#include "actors/matching/task_list.hpp"

#include "actors/matching/far_errand.hpp"
#include "actors/matching/poll_board.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t rate_hold_ns = 60 * ns_per_s;

} // namespace

task_list::task_list(caf::actor_config& cfg, const actor_context& env, task_starter_ptr starter,
                     storage::task_list_key key, api::TaskListKind kind, caf::actor owner)
  : supervised_actor(cfg), env_(env), starter_(std::move(starter)), key_(std::move(key)), kind_(kind),
    owner_(std::move(owner)), partition_(parse_partition(key_.name)), gate_(initial_rate), pollers_rate_(initial_rate),
    forward_gate_(settings_.forwarded_rate) {}

task_list::~task_list() = default;

void task_list::become(phase next) {
  const bool legal = next > phase_ && (next != phase::reading || !sticky()) && (next != phase::idle || !busy());
  CADENZA_ASSERT(legal, "a list goes from starting over reading and serving to its end; list " + key_.name);
  phase_ = next;
}

void task_list::begin_write(write what) {
  CADENZA_ASSERT(stored_known() || what == write::lease,
                 "a list writes when it knows what is stored of it; list " + key_.name);
  CADENZA_ASSERT(writing_ == write::none, "a list writes one thing at a time; list " + key_.name);
  writing_ = what;
}

void task_list::end_write() {
  CADENZA_ASSERT(writing_ != write::none, "a write of a list ends once; list " + key_.name);
  writing_ = write::none;
}

caf::actor task_list::me() { return caf::actor_cast<caf::actor>(this); }

void task_list::on_exit() {
  env_.polls->remove(key_, polls_);
  polls_->clear();
  fresh_.clear();
  buffer_.clear();
  later_.clear();
  offers_.clear();
  queries_.clear();
  with_worker_.clear();
  tasks_out_.clear();
  polls_out_.clear();
  queries_out_.clear();
  describes_.clear();
  to_configure_.clear();
  configuring_.reset();
  note_waiting();
  shown_.reset();
  if (nobody_polls_)
    env_.counters->lists_without_poller.fetch_sub(1, std::memory_order_relaxed);
  nobody_polls_ = false;
}

caf::behavior task_list::make_behavior() {
  last_used_ns_ = now();
  window_ns_ = last_used_ns_;
  refresh_settings();
  show();
  if (sticky())
    become(phase::serving);
  else
    read_row();
  env_.polls->post(key_, polls_);
  arm();
  return with_common(caf::message_handler{
      [this](matching_mail_ptr& mail) {
        refresh_settings_if_old();
        std::visit([this](auto& content) { handle(content); }, *mail);
        if (nobody_polls_)
          tell_if_nobody_polls(); // perhaps somebody does now; the next wake-up may be far away
        arm();
      },
      [this](list_wake wake) {
        on_wake(wake.at_ns);
        arm();
      },
  });
}

// ---------------------------------------------------------------- tasks and workers

void task_list::handle(list_task_ptr& task) {
  last_used_ns_ = now();
  count_added(task->isolation_group);
  if (sticky() && polls_->empty() && last_used_ns_ - book_.last_ns() > env_.settings.sticky_poller_ns)
    return use_fallback(std::move(task));
  if (fresh_.size() >= env_.settings.tasks_per_list_max) {
    // The store is not taking the backlog. Letting go of the receipt makes the history shard come back in a second.
    env_.counters->matching_refused.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  task->waited = false; // another list may have had it before
  const auto* const came = task.get();
  fresh_.push_back(std::move(task));
  if (!settings_.sync_match)
    spill();
  match();
  if (!fresh_.empty() && fresh_.back().get() == came) {
    fresh_.back()->waited = true;
    ++waiting_in_memory_;
  }
  if (fresh_.size() > env_.settings.spill_beyond)
    spill();
}

/// The sticky list's worker is gone: the run's own list gets the task.
void task_list::use_fallback(list_task_ptr task) {
  if (task->fallback_list.empty())
    return finish(*task);
  auto moved = std::make_shared<list_task>(*task);
  task->receipt.reset();
  moved->list.name = task->fallback_list;
  moved->kind = task->fallback_kind;
  moved->fallback_list.clear();
  moved->placed = false;
  send(owner_, make_matching_mail(std::move(moved)));
}

void task_list::note_poll(const list_poll& poll) {
  last_used_ns_ = now();
  book_.note(poll.identity, last_used_ns_, poll.rate.value_or(initial_rate), poll.isolation_group);
  if (!poll.rate || *poll.rate == pollers_rate_)
    return;
  // A lower rate counts at once; a higher one only when the present one is old enough not to be another worker's.
  if (*poll.rate > pollers_rate_ && last_used_ns_ - rate_set_ns_ <= rate_hold_ns)
    return;
  pollers_rate_ = *poll.rate;
  rate_set_ns_ = last_used_ns_;
  set_rate();
}

void task_list::handle(list_poll_ptr& poll) {
  note_poll(*poll);
  if (polls_->size() >= env_.settings.polls_per_list_max) {
    env_.counters->matching_refused.fetch_add(1, std::memory_order_relaxed);
    return poll->call->reject(service_busy("too many polls wait on task list " + key_.name));
  }
  if (poll->since_ns == 0)
    poll->since_ns = last_used_ns_;
  poll->auto_config = settings_.client_auto_config;
  poll->call->on_cancel([list = me(), key = key_, id = poll->id] {
    caf::anon_send(list, make_matching_mail(poll_gone{key, id}));
  });
  wait_again(std::move(poll), false);
  match();
}

void task_list::wait_again(list_poll_ptr poll, bool in_front) {
  if (poll->call->cancelled() || poll->call->answered())
    return;
  if (poll->deadline_ns <= now())
    return answer_empty(*poll, now());
  poll_deadline_ns_ = std::min(poll_deadline_ns_, poll->deadline_ns);
  polls_->add({std::move(poll), nullptr}, in_front);
  note_waiting();
}

/// The task is over here: with a worker, stale, or expired.
void task_list::finish(const list_task& task) {
  if (task.receipt)
    task.receipt->done();
  if (task.backlog_id != 0) {
    outstanding_.done(task.backlog_id);
  } else if (task.waited) {
    --waiting_in_memory_;
    ++done_in_memory_;
  }
}

void task_list::handle(dispatch_over& over) {
  if (over.task) {
    if (over.task_done)
      finish(*over.task);
    else if (over.untried)
      offer_at_once(std::move(over.task));
    else
      later_.emplace_back(now() + retry_ns, std::move(over.task));
  }
  if (over.poll) {
    over.poll->given.release();
    if (over.poll->list == key_)
      wait_again(std::move(over.poll), true);
    else
      send(owner_, make_matching_mail(std::move(over.poll))); // it came over another partition
  }
  match();
}

/// The poll that it was sent to, on another node, waits no more: it is the oldest again.
void task_list::offer_at_once(list_task_ptr task) {
  CADENZA_ASSERT(task->given.taken(), "a task that comes back had been given away");
  task->given.release();
  (task->backlog_id != 0 ? buffer_ : fresh_).push_front(std::move(task));
}

void task_list::handle(poll_gone& gone) {
  if (polls_->erase(gone.id))
    note_waiting();
}

/// The rate of the whole list, shared by its partitions.
void task_list::set_rate() {
  const auto whole = settings_.override_rate > 0 ? settings_.override_rate : pollers_rate_;
  gate_.set_rate(whole / std::max(1, reads_), now(), settings_.burst_min);
  if (limited())
    polls_->open(false); // before the next poll is seen
}

void task_list::handle(list_idle&) {}
void task_list::handle(std::shared_ptr<lists_of_domain>&) {}
void task_list::handle(show_lists&) {}
void task_list::handle(kill_list&) {}
void task_list::handle(std::shared_ptr<list_partitions>&) {}
void task_list::handle(stored_lists&) {}
void task_list::handle(list_wanted&) {}

// ---------------------------------------------------------------- queries

void task_list::handle(list_query_ptr& query) {
  last_used_ns_ = now();
  if (sticky() && polls_->empty() && now() - book_.last_ns() > env_.settings.sticky_poller_ns)
    return query->call->reject({error_kind::sticky_worker_unavailable, "sticky worker is unavailable"});
  if (queries_.size() + with_worker_.size() >= env_.settings.queries_per_list_max) {
    env_.counters->matching_refused.fetch_add(1, std::memory_order_relaxed);
    return query->call->reject(service_busy("too many queries wait on task list " + key_.name));
  }
  query_deadline_ns_ = std::min(query_deadline_ns_, query->deadline_ns);
  queries_.push_back(std::move(query));
  match();
}

void task_list::handle(std::shared_ptr<query_answer>& given) {
  const auto i = with_worker_.find(given->task_id);
  if (i == with_worker_.end())
    return given->call->reject(not_exists("query task not found, or already expired"));
  const auto query = std::move(i->second);
  with_worker_.erase(i);
  const auto& result = given->request->result();
  if (result.result_type() == api::QUERY_RESULT_TYPE_ANSWERED) {
    api::QueryWorkflowResponse response;
    *response.mutable_query_result() = result.answer();
    query->call->reply(response);
  } else {
    query->call->reject({error_kind::query_failed, result.error_message()});
  }
  given->call->reply(api::RespondQueryTaskCompletedResponse());
}

} // namespace cadenza::actors
