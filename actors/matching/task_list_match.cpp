#include "actors/matching/task_list.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

constexpr std::size_t offers_max = 1000; ///< of child partitions; more wait where they are
constexpr std::size_t scan_max = 200;    ///< tasks looked at for one that suits a waiting group

/// Forgets offers that are over, so that others can be made.
template <class Offers, class Over> void prune(Offers& offers, std::int64_t now_ns, Over&& over) {
  std::erase_if(offers, [&](const auto& o) { return over(*o.what) || now_ns - o.at_ns > offer_kept_ns; });
}

template <class Offers, class T> bool holds(const Offers& offers, const T& what) {
  return std::any_of(offers.begin(), offers.end(), [&](const auto& o) { return o.what == what; });
}

} // namespace

void task_list::match() {
  match_queries();
  if (!polls_->empty() && task_here()) {
    if (settings_.isolation)
      match_by_group();
    else
      match_in_order();
    if (!polls_->empty() && task_here() && !gate_.ready(now()) && gate_.wait_ns() != INT64_MAX)
      look_at(now() + gate_.wait_ns());
  }
  if (buffer_.empty() && read_level_ < max_written_)
    read_backlog();
  if (partition_ && partition_->index > 0)
    forward();
  polls_->open(may_skip());
}

/// Whether a new task may go to a waiting worker without coming here: nothing older waits, and nothing is to be
/// weighed.
bool task_list::may_skip() {
  const bool one_partition = reads_ == 1 && (!partition_ || partition_->index == 0);
  const bool nothing_stored = sticky() || (stored_known() && read_level_ >= max_written_ && writing_ == write::none);
  return (sticky() || settings_.sync_match) && !settings_.isolation && one_partition && !limited() && nothing_stored &&
         later_.empty() && queries_.empty() && first_task() == nullptr && first_offer() == nullptr;
}

void task_list::match_queries() {
  while (!polls_->empty() && !queries_.empty()) {
    if (!queries_.front()->given.take()) {
      queries_.pop_front(); // the parent gave it to a worker
      continue;
    }
    auto poll = polls_->take();
    if (!poll.poll) {
      queries_.front()->given.release();
      break;
    }
    auto query = std::move(queries_.front());
    queries_.pop_front();
    with_worker_.emplace(query->task_id, query);
    if (poll.from)
      send(poll.from, make_matching_mail(forward_taken{}));
    starter_->ask(std::move(query), std::move(poll.poll), key_.name);
    note_waiting();
  }
}

// ---------------------------------------------------------------- oldest first

/// The oldest task of this list, left where it is. What is stored came before what is only in memory.
const list_task* task_list::first_task() {
  for (auto* queue : {&buffer_, &fresh_}) {
    if (queue == &fresh_ && (read_level_ < max_written_ || (!settings_.sync_match && !sticky())))
      return nullptr; // older ones are on their way from the store, or it has to be stored first
    while (!queue->empty()) {
      auto& task = queue->front();
      if (task->given.taken()) {
        queue->pop_front(); // with a worker of the parent
        continue;
      }
      if (task->expiry_ns == 0 || task->expiry_ns > now())
        return task.get();
      if (task->given.take()) {
        finish(*task);
        env_.counters->tasks_expired.fetch_add(1, std::memory_order_relaxed);
      }
      queue->pop_front();
    }
  }
  return nullptr;
}

list_task_ptr task_list::take_task() {
  while (const auto* first = first_task()) {
    auto& queue = !buffer_.empty() && buffer_.front().get() == first ? buffer_ : fresh_;
    auto task = std::move(queue.front());
    queue.pop_front();
    if (task->given.take())
      return task;
  }
  return nullptr;
}

forwarded_task* task_list::first_offer() {
  const auto at = now();
  while (!offers_.empty() && (offers_.front().task->given.taken() || offers_.front().until_ns <= at))
    offers_.pop_front();
  return offers_.empty() ? nullptr : &offers_.front();
}

void task_list::tell_taken(const forwarded_task& offer, const caf::actor& home) {
  send(home, make_matching_mail(forward_taken{offer.task}));
  if (offer.via != home)
    send(offer.via, make_matching_mail(forward_taken{offer.task}));
}

void task_list::match_in_order() {
  while (!polls_->empty()) {
    const auto* own = first_task();
    auto* offer = first_offer();
    // A forwarded task has taken its token where it came from.
    if (own != nullptr && !gate_.ready(now()))
      own = nullptr;
    if (own == nullptr && offer == nullptr)
      break;
    auto poll = polls_->take();
    if (!poll.poll)
      break;
    list_task_ptr task;
    caf::actor home;
    if (offer != nullptr && (own == nullptr || offer->task->created_ns < own->created_ns)) {
      if (offer->task->given.take()) {
        task = offer->task;
        home = offer->from;
        tell_taken(*offer, home);
      }
      offers_.pop_front();
    } else if ((task = take_task())) {
      gate_.take();
    }
    if (!task) {
      poll.poll->given.release();
      polls_->add(std::move(poll), true);
      continue;
    }
    hand_over(std::move(task), std::move(poll), home);
  }
}

void task_list::hand_over(list_task_ptr task, poll_queue::entry poll, const caf::actor& home) {
  env_.counters->tasks_matched.fetch_add(1, std::memory_order_relaxed);
  note_waiting();
  if (poll.from)
    send(poll.from, make_matching_mail(forward_taken{}));
  if (poll.poll->auto_config)
    poll.poll->waited_ms = (now() - poll.poll->since_ns) / ns_per_ms;
  auto list = home ? home : me();
  starter_->start(std::move(task), std::move(poll.poll), std::move(list));
}

// ---------------------------------------------------------------- by isolation group

/// Tasks go to workers of their own group. After a moment, or when the group is drained or has no workers, anybody may
/// have them. Workers of a drained group get nothing.
void task_list::match_by_group() {
  std::size_t looked = 0;
  for (auto i = offers_.begin(); i != offers_.end() && !polls_->empty() && looked < scan_max; ++looked) {
    const bool taken = i->task->given.taken() || i->until_ns <= now();
    if (!taken && !match_one_by_group(i->task, i->from, true)) {
      ++i;
      continue;
    }
    if (!taken)
      tell_taken(*i, i->from);
    i = offers_.erase(i);
  }
  for (auto* queue : {&buffer_, &fresh_}) {
    if (first_task() == nullptr || (queue == &fresh_ && read_level_ < max_written_))
      return;
    for (auto i = queue->begin(); i != queue->end() && !polls_->empty() && looked < scan_max; ++looked) {
      if (!gate_.ready(now()))
        return;
      if ((*i)->given.taken() || match_one_by_group(*i, nullptr, false))
        i = queue->erase(i);
      else
        ++i;
    }
  }
}

bool task_list::match_one_by_group(const list_task_ptr& task, const caf::actor& home, bool paid) {
  const auto domain = env_.domains->get()->find(key_.domain_id);
  const auto drained = [&](const std::string& group) {
    return !group.empty() && domain && is_drained(env_, *domain, group);
  };
  const auto& group = task->isolation_group;
  const auto at = now();
  poll_queue::entry poll;
  if (!group.empty() && !drained(group))
    poll = polls_->take([&](const list_poll& p) { return p.isolation_group == group; });
  bool left = false;
  if (!poll.poll) {
    const auto leaves_ns = task->created_ns + settings_.isolation_wait_ns;
    const bool may_wait = !group.empty() && !drained(group) && at < leaves_ns &&
                          at - book_.last_of_group_ns(group) <= settings_.isolation_window_ns;
    if (may_wait) {
      look_at(leaves_ns);
      return false;
    }
    poll = polls_->take([&](const list_poll& p) { return !drained(p.isolation_group); });
    if (!poll.poll)
      return false;
    left = !group.empty();
  }
  if (!task->given.take()) {
    poll.poll->given.release();
    polls_->add(std::move(poll), true);
    return true;
  }
  if (!paid)
    gate_.take();
  if (left)
    env_.counters->tasks_left_group.fetch_add(1, std::memory_order_relaxed);
  hand_over(task, std::move(poll), home);
  return true;
}

// ---------------------------------------------------------------- from partition to partition

void task_list::look_at(std::int64_t at_ns) {
  if (look_ns_ != 0 && look_ns_ <= at_ns)
    return;
  look_ns_ = at_ns;
  delayed_send(this, std::chrono::nanoseconds(std::max<std::int64_t>(at_ns - now(), 0)),
               make_matching_mail(list_look{at_ns}));
}

void task_list::handle(list_look& look) {
  if (look.at_ns != look_ns_)
    return; // an earlier look was asked for since, and has been
  look_ns_ = 0;
  match();
}

storage::task_list_key task_list::parent() const {
  auto out = key_;
  out.name = name_of_partition(partition_->root, parent_partition(partition_->index, settings_.forward_degree));
  return out;
}

void task_list::forward() {
  forward_tasks();
  forward_polls();
  forward_queries();
}

void task_list::forward_tasks() {
  const auto at = now();
  prune(tasks_out_, at, [](const list_task& t) { return t.given.taken(); });
  const auto offer = [&](const list_task_ptr& task, const caf::actor& from, bool own) {
    if (task->given.taken() || holds(tasks_out_, task))
      return true;
    if (own && at - task->created_ns < settings_.local_task_ns) {
      look_at(task->created_ns + settings_.local_task_ns);
      return false;
    }
    if (!forward_gate_.ready(at)) {
      if (forward_gate_.wait_ns() != INT64_MAX)
        look_at(at + forward_gate_.wait_ns());
      return false;
    }
    if (own && !gate_.ready(at)) {
      if (gate_.wait_ns() != INT64_MAX)
        look_at(at + gate_.wait_ns());
      return false;
    }
    forward_gate_.take();
    if (own)
      gate_.take();
    tasks_out_.push_back({task, at});
    env_.counters->tasks_forwarded.fetch_add(1, std::memory_order_relaxed);
    send(owner_, make_matching_mail(forwarded_task{parent(), task, from, me()}));
    return true;
  };
  const auto most = static_cast<std::size_t>(settings_.forwarded_tasks_max);
  if (tasks_out_.size() >= most || !task_here())
    return;
  if (!polls_->empty() && !settings_.isolation)
    return; // the rate limit holds them up, not a lack of workers
  for (const auto& given : offers_) {
    if (tasks_out_.size() >= most || !offer(given.task, given.from, false))
      break;
  }
  if (first_task() == nullptr)
    return;
  for (auto* queue : {&buffer_, &fresh_}) {
    std::size_t looked = 0;
    for (const auto& task : *queue) {
      if (tasks_out_.size() >= most || ++looked > scan_max || !offer(task, me(), true))
        return;
    }
    if (read_level_ < max_written_ || !settings_.sync_match)
      return;
  }
}

void task_list::forward_polls() {
  const auto at = now();
  prune(polls_out_, at, [](const list_poll& p) { return poll_queue::gone(p); });
  const auto most = static_cast<std::size_t>(settings_.forwarded_polls_max);
  polls_->for_each([&](const poll_queue::entry& waiting) {
    if (polls_out_.size() >= most)
      return false;
    if (poll_queue::gone(*waiting.poll) || holds(polls_out_, waiting.poll))
      return true;
    const auto from_ns = waiting.poll->since_ns + settings_.local_poll_ns;
    if (at < from_ns) {
      look_at(from_ns);
      return false;
    }
    polls_out_.push_back({waiting.poll, at});
    env_.counters->polls_forwarded.fetch_add(1, std::memory_order_relaxed);
    send(owner_, make_matching_mail(forwarded_poll{parent(), waiting.poll, me()}));
    return true;
  });
}

void task_list::forward_queries() {
  const auto at = now();
  // Also when none waits: one that was taken is let go of, or it would not notice that its worker's list has died.
  prune(queries_out_, at, [](const list_query& q) { return q.given.taken() || q.call->answered(); });
  const auto most = static_cast<std::size_t>(settings_.forwarded_tasks_max);
  for (const auto& query : queries_) {
    if (queries_out_.size() >= most)
      return;
    if (query->given.taken() || holds(queries_out_, query))
      continue;
    queries_out_.push_back({query, at});
    env_.counters->queries_forwarded.fetch_add(1, std::memory_order_relaxed);
    send(owner_, make_matching_mail(forwarded_query{parent(), query, me()}));
  }
}

void task_list::handle(forward_taken&) {
  // What a child had forwarded, and this list further up, has been taken there: the child may forward the next.
  for (const auto& out : polls_out_) {
    if (const auto child = poll_queue::gone(*out.what) ? polls_->from(out.what->id) : nullptr)
      send(child, make_matching_mail(forward_taken{}));
  }
  match();
}

void task_list::handle(forwarded_task& given) {
  last_used_ns_ = now();
  const bool known = std::any_of(offers_.begin(), offers_.end(), [&](const auto& o) { return o.task == given.task; });
  if (!known && offers_.size() < offers_max && !given.task->given.taken())
    offers_.push_back(std::move(given));
  match();
}

void task_list::handle(forwarded_poll& given) {
  note_poll(*given.poll);
  if (polls_->size() < env_.settings.polls_per_list_max && !poll_queue::gone(*given.poll)) {
    poll_deadline_ns_ = std::min(poll_deadline_ns_, given.poll->deadline_ns);
    polls_->add({std::move(given.poll), std::move(given.from)}, false);
  }
  match();
}

void task_list::handle(forwarded_query& given) {
  last_used_ns_ = now();
  const bool known = std::find(queries_.begin(), queries_.end(), given.query) != queries_.end();
  if (!known && queries_.size() < env_.settings.queries_per_list_max) {
    query_deadline_ns_ = std::min(query_deadline_ns_, given.query->deadline_ns);
    queries_.push_back(std::move(given.query));
  }
  match();
}

} // namespace cadenza::actors
