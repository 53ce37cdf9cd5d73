#include "actors/task_list.hpp"

#include "actors/run_commands.hpp"
#include "workflow/wire_time.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t tick_ns = 250 * ns_per_ms;
constexpr std::int64_t retry_ns = 200 * ns_per_ms;
constexpr std::int64_t poller_kept_ns = 300 * ns_per_s;
constexpr std::int64_t rate_hold_ns = 60 * ns_per_s;
constexpr double initial_rate = 100'000;
constexpr std::size_t queries_max = 10'000;

} // namespace

task_list::task_list(caf::actor_config& cfg, const services& env, storage::task_list_key key, api::TaskListKind kind,
                     caf::actor owner)
  : caf::event_based_actor(cfg),
    env_(env),
    key_(std::move(key)),
    kind_(kind),
    owner_(std::move(owner)),
    gate_(initial_rate) {}

task_list::~task_list() = default;

caf::actor task_list::me() { return caf::actor_cast<caf::actor>(this); }

void task_list::on_exit() {
  auto& waiting = env_.counters->pollers_waiting;
  waiting.fetch_sub(static_cast<std::int64_t>(polls_.size()), std::memory_order_relaxed);
  polls_.clear();
  by_id_.clear();
  fresh_.clear();
  buffer_.clear();
  later_.clear();
  queries_.clear();
  with_worker_.clear();
}

caf::behavior task_list::make_behavior() {
  set_exception_handler([this](caf::scheduled_actor*, std::exception_ptr& raised) -> caf::error {
    try {
      std::rethrow_exception(raised);
    } catch (const std::exception& e) {
      env_.log(3, "task list " + key_.name + " died: " + e.what());
      return caf::make_error(caf::sec::runtime_error, std::string(e.what()));
    }
  });
  last_used_ns_ = now();
  added_since_ns_ = last_used_ns_;
  if (!sticky())
    read_row();
  delayed_send(this, std::chrono::nanoseconds(tick_ns), tick{});
  return {
    [this](matching_mail_ptr& mail) { std::visit([this](auto& content) { handle(content); }, *mail); },
    [this](tick) {
      on_tick();
      delayed_send(this, std::chrono::nanoseconds(tick_ns), tick{});
    },
  };
}

// ---------------------------------------------------------------- tasks and workers

void task_list::handle(list_task_ptr& task) {
  last_used_ns_ = now();
  ++added_;
  if (sticky() && polls_.empty() && now() - book_.last_ns() > env_.settings.sticky_poller_ns)
    return use_fallback(std::move(task));
  fresh_.push_back(std::move(task));
  match();
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
  moved->kind = api::TASK_LIST_KIND_NORMAL;
  moved->fallback_list.clear();
  send(owner_, make_matching_mail(std::move(moved)));
}

void task_list::handle(list_poll_ptr& poll) {
  last_used_ns_ = now();
  book_.note(poll->identity, last_used_ns_, poll->rate.value_or(initial_rate));
  if (poll->rate && *poll->rate != gate_.rate()) {
    // A lower rate counts at once; a higher one only when the present one is old enough not to be another worker's.
    if (*poll->rate < gate_.rate() || now() - rate_set_ns_ > rate_hold_ns) {
      gate_.set_rate(*poll->rate, now());
      rate_set_ns_ = now();
    }
  }
  poll->answer->on_cancel([list = me(), key = key_, id = poll->id] {
    caf::anon_send(list, make_matching_mail(poll_gone{key, id}));
  });
  wait_again(std::move(poll), false);
  match();
}

void task_list::wait_again(list_poll_ptr poll, bool in_front) {
  if (poll->answer->cancelled() || poll->answer->answered())
    return;
  if (poll->deadline_ns <= now())
    return answer_empty(*poll);
  const auto id = poll->id;
  const auto at = polls_.insert(in_front ? polls_.begin() : polls_.end(), std::move(poll));
  by_id_[id] = at;
  env_.counters->pollers_waiting.fetch_add(1, std::memory_order_relaxed);
}

list_poll_ptr task_list::take_poll() {
  while (!polls_.empty()) {
    auto poll = std::move(polls_.front());
    polls_.pop_front();
    by_id_.erase(poll->id);
    env_.counters->pollers_waiting.fetch_sub(1, std::memory_order_relaxed);
    if (!poll->answer->cancelled() && !poll->answer->answered())
      return poll;
  }
  return nullptr;
}

/// Oldest first: what is stored came before what is only in memory.
list_task_ptr task_list::take_task() {
  for (auto* queue : {&buffer_, &fresh_}) {
    if (queue == &fresh_ && read_level_ < max_written_)
      return nullptr; // older ones are on their way from the store
    while (!queue->empty()) {
      auto task = std::move(queue->front());
      queue->pop_front();
      if (task->expiry_ns == 0 || task->expiry_ns > now())
        return task;
      finish(*task);
    }
  }
  return nullptr;
}

void task_list::match() {
  while (!polls_.empty() && !queries_.empty()) {
    auto poll = take_poll();
    if (!poll)
      break;
    auto query = std::move(queries_.front());
    queries_.pop_front();
    with_worker_.emplace(query->task_id, query);
    query->deliver(std::move(poll));
  }
  while (!polls_.empty() && (!buffer_.empty() || !fresh_.empty())) {
    if (!gate_.try_take(now()))
      break; // the tick looks again
    auto poll = take_poll();
    if (!poll)
      break;
    auto task = take_task();
    if (!task) {
      wait_again(std::move(poll), true);
      break;
    }
    dispatch(std::move(task), std::move(poll));
  }
  if (buffer_.empty() && read_level_ < max_written_)
    read_backlog();
}

void task_list::dispatch(list_task_ptr task, list_poll_ptr poll) {
  env_.counters->tasks_matched.fetch_add(1, std::memory_order_relaxed);
  send_to_run(env_, key_.type == 0 ? make_start_decision(std::move(task), std::move(poll), me())
                                   : make_start_activity(std::move(task), std::move(poll), me()));
}

/// The task is over here: with a worker, stale, or expired.
void task_list::finish(const list_task& task) {
  if (task.receipt)
    task.receipt->done();
  if (task.backlog_id != 0)
    outstanding_.done(task.backlog_id);
}

void task_list::handle(dispatch_over& over) {
  if (over.task) {
    if (over.task_done)
      finish(*over.task);
    else
      later_.emplace_back(now() + retry_ns, std::move(over.task));
  }
  if (over.poll)
    wait_again(std::move(over.poll), true);
  match();
}

void task_list::handle(poll_gone& gone) {
  const auto i = by_id_.find(gone.id);
  if (i == by_id_.end())
    return;
  polls_.erase(i->second);
  by_id_.erase(i);
  env_.counters->pollers_waiting.fetch_sub(1, std::memory_order_relaxed);
}

void task_list::answer_empty(const list_poll& poll) {
  if (key_.type == 0)
    poll.answer->reply(api::PollForDecisionTaskResponse());
  else
    poll.answer->reply(api::PollForActivityTaskResponse());
}

void task_list::on_tick() {
  const auto at = now();
  for (auto i = polls_.begin(); i != polls_.end();) {
    if ((*i)->deadline_ns > at) {
      ++i;
      continue;
    }
    answer_empty(**i);
    by_id_.erase((*i)->id);
    i = polls_.erase(i);
    env_.counters->pollers_waiting.fetch_sub(1, std::memory_order_relaxed);
  }
  while (!later_.empty() && later_.front().first <= at) {
    auto& task = later_.front().second;
    (task->backlog_id != 0 ? buffer_ : fresh_).push_back(std::move(task));
    later_.pop_front();
  }
  fail_expired_queries();
  match();
  if (!fresh_.empty() && at - fresh_.front()->created_ns > env_.settings.spill_after_ns)
    spill();
  write_ack();
  const bool busy = !polls_.empty() || !fresh_.empty() || !buffer_.empty() || !later_.empty() || !queries_.empty()
                    || !with_worker_.empty() || writing_ || reading_ || outstanding_.size() != 0;
  if (!busy && at - last_used_ns_ > env_.settings.task_list_idle_ns && !idle_told_) {
    idle_told_ = true;
    send(owner_, make_matching_mail(list_idle{key_}));
  }
}

/// The owner has forgotten this list; what came meanwhile goes back through it to a new one.
void task_list::handle(list_quit&) {
  for (auto& task : fresh_)
    send(owner_, make_matching_mail(std::move(task)));
  for (auto& poll : polls_)
    send(owner_, make_matching_mail(list_poll_ptr(poll)));
  env_.counters->pollers_waiting.fetch_sub(static_cast<std::int64_t>(polls_.size()), std::memory_order_relaxed);
  fresh_.clear();
  polls_.clear();
  by_id_.clear();
  quit();
}

void task_list::handle(list_idle&) {}
void task_list::handle(std::shared_ptr<lists_of_domain>&) {}
void task_list::handle(matching_query&) {}

// ---------------------------------------------------------------- queries

void task_list::handle(list_query_ptr& query) {
  last_used_ns_ = now();
  if (sticky() && polls_.empty() && now() - book_.last_ns() > env_.settings.sticky_poller_ns)
    return query->answer->reject({error_kind::sticky_worker_unavailable, "sticky worker is unavailable"});
  if (queries_.size() >= queries_max)
    return query->answer->reject(service_busy("too many queries wait on task list " + key_.name));
  queries_.push_back(std::move(query));
  match();
}

void task_list::handle(std::shared_ptr<query_answer>& given) {
  const auto i = with_worker_.find(given->task_id);
  if (i == with_worker_.end())
    return given->answer->reject(not_exists("query task not found, or already expired"));
  const auto query = std::move(i->second);
  with_worker_.erase(i);
  const auto& result = given->request->result();
  if (result.result_type() == api::QUERY_RESULT_TYPE_ANSWERED) {
    api::QueryWorkflowResponse response;
    *response.mutable_query_result() = result.answer();
    query->answer->reply(response);
  } else {
    query->answer->reject({error_kind::query_failed, result.error_message()});
  }
  given->answer->reply(api::RespondQueryTaskCompletedResponse());
}

void task_list::fail_expired_queries() {
  const auto at = now();
  const error late{error_kind::deadline_exceeded, "query timed out: no worker answered it in time"};
  std::erase_if(queries_, [&](const list_query_ptr& q) {
    if (q->deadline_ns > at)
      return false;
    q->answer->reject(late);
    return true;
  });
  std::erase_if(with_worker_, [&](const auto& item) {
    if (item.second->deadline_ns > at)
      return false;
    item.second->answer->reject(late);
    return true;
  });
}

// ---------------------------------------------------------------- description

void task_list::handle(std::shared_ptr<describe_list>& asked) {
  api::DescribeTaskListResponse response;
  for (const auto& p : book_.recent(now(), poller_kept_ns)) {
    auto& poller = *response.add_pollers();
    poller.set_identity(p.identity);
    poller.set_rate_per_second(p.rate);
    workflow::set_time(*poller.mutable_last_access_time(), p.last_access_ns);
  }
  response.mutable_task_list()->set_name(key_.name);
  response.mutable_task_list()->set_kind(kind_);
  if (asked->status) {
    auto& status = *response.mutable_task_list_status();
    const auto waiting = fresh_.size() + buffer_.size() + later_.size();
    const auto unread = max_written_ > read_level_ ? max_written_ - read_level_ : 0;
    status.set_backlog_count_hint(static_cast<std::int64_t>(waiting) + unread);
    status.set_read_level(read_level_);
    status.set_ack_level(row_.ack_level());
    status.set_rate_per_second(gate_.rate());
    const auto block = std::max<std::int64_t>(row_.range_id(), 1);
    status.mutable_task_id_block()->set_start_id((block - 1) * list_block_size + 1);
    status.mutable_task_id_block()->set_end_id(block * list_block_size);
    const auto seconds = static_cast<double>(now() - added_since_ns_) * 1e-9;
    status.set_new_tasks_per_second(seconds > 0 ? static_cast<double>(added_) / seconds : 0);
    status.set_empty(status.backlog_count_hint() == 0);
  }
  asked->answer->reply(response);
}

} // namespace cadenza::actors
