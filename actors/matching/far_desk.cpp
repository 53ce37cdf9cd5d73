#include "actors/matching/far_desk.hpp"

#include "actors/matching/far_records.hpp"
#include "actors/matching/partition_name.hpp"
#include "messages/invariant.hpp"

#include <caf/send.hpp>

#include <algorithm>

/// What this node has asked of others.
namespace cadenza::actors {

using wire::v1::MatchingMessage;
using verdict = far_errand::verdict;

namespace {

constexpr int due_per_round = 1000;
constexpr std::int64_t offers_look_ns = 100 * ns_per_ms; ///< between looks at whether offers still hold
constexpr std::int64_t look_gap_ns = 5 * ns_per_ms;

} // namespace

far_desk::far_desk(const actor_context& env, const task_starter& starter, caf::actor owner,
                   std::function<void(matching_mail_ptr)> take)
  : env_(env), place_{env, starter, std::move(owner), env.settings.identity,
                      env.others->any() ? env.chance->next() : 0},
    take_(std::move(take)) {}

// ---------------------------------------------------------------- errands

template <class Make> void far_desk::begin(Make&& make) {
  CADENZA_ASSERT(env_.others->any(), "only with a way to other nodes something goes there");
  far_errand_ptr errand = make(++last_number_);
  errand->begin();
  keep(std::move(errand)); // answers come by mail, behind this
}

void far_desk::keep(far_errand_ptr errand) {
  const auto number = errand->number();
  errands_due_.emplace(errand->due_ns(), number);
  if (errand->is_offer())
    offers_.insert(number);
  const bool fresh = errands_.emplace(number, std::move(errand)).second;
  CADENZA_ASSERT(fresh && errands_.size() == errands_due_.size(), "an errand is in one place");
}

far_errand_ptr far_desk::take_errand(std::int64_t number) {
  const auto i = errands_.find(number);
  if (i == errands_.end())
    return nullptr;
  auto errand = std::move(i->second);
  errands_due_.erase({errand->due_ns(), number});
  offers_.erase(number);
  errands_.erase(i);
  return errand;
}

void far_desk::send_out(matching_mail& mail) {
  const auto& place = place_;
  if (auto* task = std::get_if<list_task_ptr>(&mail))
    return begin([&](auto number) { return make_task_errand(place, number, std::move(*task)); });
  if (auto* poll = std::get_if<list_poll_ptr>(&mail)) {
    if ((*poll)->call->cancelled() || (*poll)->call->answered())
      return;
    auto call = (*poll)->call;
    begin([&](auto number) { return make_poll_errand(place, number, std::move(*poll)); });
    return call->on_cancel(
        [owner = place_.owner, number = last_number_] { caf::anon_send(owner, far_caller_gone{number}); });
  }
  if (auto* query = std::get_if<list_query_ptr>(&mail))
    return begin([&](auto number) { return make_query_errand(place, number, std::move(*query)); });
  if (auto* given = std::get_if<std::shared_ptr<query_answer>>(&mail))
    return begin([&](auto number) { return make_answer_errand(place, number, std::move(*given)); });
  if (auto* asked = std::get_if<std::shared_ptr<describe_list>>(&mail))
    return begin([&](auto number) { return make_describe_errand(place, number, std::move(*asked)); });
  if (auto* asked = std::get_if<std::shared_ptr<configure_list>>(&mail))
    return begin([&](auto number) { return make_configure_errand(place, number, std::move(*asked)); });
  if (auto* task = std::get_if<forwarded_task>(&mail))
    return begin([&](auto number) { return make_task_offer(place, number, std::move(*task)); });
  if (auto* poll = std::get_if<forwarded_poll>(&mail))
    return begin([&](auto number) { return make_poll_offer(place, number, std::move(*poll)); });
  auto* query = std::get_if<forwarded_query>(&mail);
  CADENZA_ASSERT(query != nullptr, "what has the address of a list may go to another node");
  const auto now = env_.time->now_ns();
  if (now < query->query->offered_until_ns)
    return; // the parent still has it, or what becomes of it comes by the errand that is there
  query->query->offered_until_ns = query->query->deadline_ns;
  begin([&](auto number) { return make_query_offer(place, number, std::move(*query)); });
}

void far_desk::start(far_start& asked) {
  CADENZA_ASSERT(asked.task && asked.poll, "a task is started for a poll");
  begin([&](auto number) -> far_errand_ptr {
    if (asked.poll->offered)
      return make_match_errand(place_, number, std::move(asked.task), *asked.poll, std::move(asked.list));
    return make_start_errand(place_, number, std::move(asked.task), std::move(asked.poll), std::move(asked.list));
  });
}

void far_desk::put(far_put& asked) {
  begin([&](auto number) -> far_errand_ptr {
    if (asked.poll->offered)
      return make_match_query_errand(place_, number, std::move(asked.query), *asked.poll, asked.list);
    return make_put_query_errand(place_, number, std::move(asked.query), std::move(asked.poll), asked.list);
  });
}

void far_desk::tell_partitions(const storage::task_list_key& root, const std::vector<int>& reads,
                               const std::vector<int>& writes) const {
  for (const int index : reads) {
    const storage::task_list_key part{root.domain_id, name_of_partition(root.name, index), root.type};
    if (index == 0 || !env_.others->list_is_far(part))
      continue;
    auto out = std::make_shared<MatchingMessage>();
    *out->mutable_list() = to_wire(part, uber::cadence::api::v1::TASK_LIST_KIND_NORMAL);
    out->set_expires_ns(env_.time->now_ns() + errand_life_ns);
    auto& told = *out->mutable_partitions_told();
    told.mutable_reads()->Add(reads.begin(), reads.end());
    told.mutable_writes()->Add(writes.begin(), writes.end());
    send(std::move(out));
  }
}

void far_desk::follow() {
  std::vector<std::int64_t> numbers;
  numbers.reserve(errands_.size());
  for (const auto& [number, errand] : errands_)
    numbers.push_back(number);
  for (const auto number : numbers) {
    auto errand = take_errand(number);
    errand->follow();
    keep(std::move(errand));
  }
}

/// What only a node that has died could say is taken for not done.
void far_desk::give_up_on(const std::string& node) {
  std::vector<std::int64_t> numbers;
  for (const auto& [number, errand] : errands_)
    if (errand->partner() == node)
      numbers.push_back(number);
  for (const auto number : numbers) {
    auto errand = take_errand(number);
    if (errand->silence() == verdict::wait)
      keep(std::move(errand));
  }
}

void far_desk::on_caller_gone(std::int64_t number) {
  auto errand = take_errand(number);
  if (errand && errand->gone() == verdict::wait)
    keep(std::move(errand));
}

// ---------------------------------------------------------------- what comes

void far_desk::on_message(const MatchingMessage& message) {
  if (!env_.others->any())
    return; // from another node, and there is no way back
  if (!message.has_to())
    return arrive(message);
  if (message.has_got())
    return answer_has_come(message);
  to_errand(message);
}

void far_desk::to_errand(const MatchingMessage& message) {
  // Whether or not somebody still waits: whoever sends an answer until it has come need not do so any more.
  if (message.has_from() && (message.has_reply() || message.has_failed())) {
    auto got = std::make_shared<MatchingMessage>();
    *got->mutable_to() = message.from();
    *got->mutable_from() = message.to();
    got->mutable_got();
    send(std::move(got));
  }
  auto errand = message.to().life() == place_.life ? take_errand(message.to().number()) : nullptr;
  if (!errand) {
    if (message.has_match()) { // nobody waits here any more
      auto over = std::make_shared<MatchingMessage>();
      *over->mutable_to() = message.from();
      over->mutable_over()->set_untried(true);
      send(std::move(over));
    }
    return;
  }
  if (errand->heard(message) == verdict::wait)
    keep(std::move(errand));
}

// ---------------------------------------------------------------- time

std::int64_t far_desk::next_look() {
  auto next = INT64_MAX;
  if (!errands_due_.empty())
    next = errands_due_.begin()->first;
  if (!calls_due_.empty())
    next = std::min(next, calls_due_.begin()->first);
  const auto now = env_.time->now_ns();
  if (!offers_.empty() || !arrived_offers_.empty())
    next = std::min(next, offers_looked_ns_ + offers_look_ns);
  next = std::max(next, now + look_gap_ns);
  if (next == INT64_MAX || (look_ns_ != 0 && look_ns_ <= next && look_ns_ >= now))
    return 0;
  return look_ns_ = next;
}

void far_desk::on_look(std::int64_t at_ns) {
  if (at_ns == look_ns_)
    look_ns_ = 0;
  look_at_errands();
  look_at_offers();
  look_at_arrivals();
}

void far_desk::look_at_errands() {
  const auto now = env_.time->now_ns();
  for (int i = 0; i < due_per_round && !errands_due_.empty() && errands_due_.begin()->first <= now; ++i) {
    auto errand = take_errand(errands_due_.begin()->second);
    if (errand->silence() == verdict::wait) {
      CADENZA_ASSERT(errand->due_ns() > now, "an errand that goes on waits for a time to come");
      keep(std::move(errand));
    }
  }
}

void far_desk::look_at_offers() {
  const auto now = env_.time->now_ns();
  if (now - offers_looked_ns_ < offers_look_ns && now >= offers_looked_ns_)
    return;
  offers_looked_ns_ = now;
  for (auto i = offers_.begin(); i != offers_.end();) {
    const auto number = *i++;
    if (errands_.at(number)->look() == verdict::over)
      (void)take_errand(number);
  }
}

} // namespace cadenza::actors
