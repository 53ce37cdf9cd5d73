#include "actors/matching/far_desk.hpp"

#include "actors/matching/far_records.hpp"
#include "messages/invariant.hpp"

#include <caf/send.hpp>

#include <algorithm>

/// What other nodes have asked of this one.
namespace cadenza::actors {

using wire::v1::MatchingMessage;

namespace {

constexpr std::size_t calls_max = 200'000;        ///< of other nodes; beyond, ServiceBusy
constexpr std::size_t offers_max = 10'000;        ///< of other nodes; more wait where they are
constexpr int answers_max = 5;                    ///< times that an answer is sent
constexpr std::uint64_t absent_poll = 1ULL << 63; ///< ids of polls that wait elsewhere; those of this node are lower

far_request request_of(const MatchingMessage& message) { return {message.from().life(), message.from().number()}; }

} // namespace

void far_desk::arrive(const MatchingMessage& message) {
  // What goes on with an earlier request counts however late it comes.
  if (message.has_gone())
    return caller_left(message);
  if (message.has_withdrawn())
    return offer_left(message);
  if (env_.time->now_ns() > message.expires_ns())
    return;
  if (!env_.others->takes(list_of(message.list())))
    return turn_away(message);
  switch (message.body_case()) {
  case MatchingMessage::kAddTask: return arrive_task(message);
  case MatchingMessage::kAddPoll:
  case MatchingMessage::kAddQuery:
  case MatchingMessage::kAnswerQuery:
  case MatchingMessage::kOfferQuery:
  case MatchingMessage::kDescribeList:
  case MatchingMessage::kConfigureList: return arrive_call(message);
  case MatchingMessage::kPartitionsTold: {
    const auto& told = message.partitions_told();
    return take_(make_matching_mail(partitions_known{list_of(message.list()),
                                                     {told.reads().begin(), told.reads().end()},
                                                     {told.writes().begin(), told.writes().end()},
                                                     false}));
  }
  case MatchingMessage::kOfferTask:
  case MatchingMessage::kOfferPoll: return arrive_offer(message);
  default: return refuse(message, unavailable("a message of a kind that is not known here"));
  }
}

void far_desk::refuse(const MatchingMessage& message, const error& reason) const {
  answer_failed(env_, message, reason);
}

/// The list is not here. Offers are made anew after a while by themselves, and what partitions are told comes again.
void far_desk::turn_away(const MatchingMessage& message) const {
  if (message.has_add_task())
    return answer_over(env_, message, false);
  if (!message.has_offer_task() && !message.has_offer_poll() && !message.has_partitions_told())
    refuse(message, list_has_moved());
}

bool far_desk::send_on(const matching_mail& mail) {
  return std::visit(
      [](const auto& content) {
        if constexpr (requires { content->call->reject(list_has_moved()); }) {
          if (dynamic_cast<const arrived_call*>(content->call.get()) == nullptr)
            return false;
          content->call->reject(list_has_moved());
          return true;
        } else {
          return false;
        }
      },
      mail);
}

// ---------------------------------------------------------------- tasks

/// The same task comes again when its shard has heard nothing: whoever has asked last hears what becomes of it.
void far_desk::arrive_task(const MatchingMessage& message) {
  auto task = task_of(message.add_task().task());
  task_identity identity{task->list, task->workflow, task->run_id, task->schedule_id, task->attempt};
  const auto known = task_numbers_.find(identity);
  if (known != task_numbers_.end()) {
    auto& from = tasks_.at(known->second).from;
    if (from.life() != message.from().life() || from.number() < message.from().number())
      from = message.from();
    return;
  }
  const auto number = ++last_number_;
  task_numbers_.emplace(identity, number);
  tasks_.emplace(number, arrived_task{message.from(), std::move(identity)});
  CADENZA_ASSERT(tasks_.size() == task_numbers_.size(), "a task that has arrived is known once");
  task->receipt = std::make_shared<task_receipt>(place_.owner, false, 0, number);
  take_(make_matching_mail(std::move(task)));
}

void far_desk::on_over(const task_over& told) {
  const auto i = tasks_.find(told.task_id);
  CADENZA_ASSERT(i != tasks_.end(), "a task that has arrived ends once");
  auto over = std::make_shared<MatchingMessage>();
  *over->mutable_to() = i->second.from;
  over->mutable_over()->set_done(told.done);
  task_numbers_.erase(i->second.identity);
  tasks_.erase(i);
  send(std::move(over));
}

// ---------------------------------------------------------------- calls

void far_desk::say_accepted(const arrived& call) const {
  auto out = std::make_shared<MatchingMessage>();
  *out->mutable_to() = call.from;
  out->mutable_accepted();
  send(std::move(out));
}

void far_desk::settle(const far_request& of, arrived& call, std::int64_t due_ns) {
  calls_due_.erase({call.due_ns, of});
  call.due_ns = due_ns;
  calls_due_.emplace(due_ns, of);
}

void far_desk::arrive_call(const MatchingMessage& message) {
  const auto of = request_of(message);
  if (const auto known = calls_.find(of); known != calls_.end()) {
    auto& call = known->second;
    if (call.at == arrived::step::waiting)
      say_accepted(call);
    return; // an answer comes again by itself
  }
  if (calls_.size() >= calls_max)
    return refuse(message, service_busy("too many calls of other nodes wait here"));
  // Its copies may come as long as it may begin.
  auto answer = std::make_shared<arrived_call>(place_.owner, of, INT64_MAX);
  auto& call = calls_[of];
  call.from = message.from();
  call.call = answer;
  settle(of, call, INT64_MAX);
  say_accepted(call);
  hand_call(message, std::move(answer));
}

void far_desk::hand_call(const MatchingMessage& message, call_ptr call) {
  const auto list = list_of(message.list());
  if (message.has_add_poll()) {
    auto poll = poll_of(message.add_poll().poll());
    poll->id = absent_poll | static_cast<std::uint64_t>(++last_number_);
    poll->call = std::move(call);
    return take_(make_matching_mail(std::move(poll)));
  }
  if (message.has_add_query() || message.has_offer_query()) {
    auto query = query_of(message.has_add_query() ? message.add_query().query() : message.offer_query().query());
    query->call = std::move(call);
    if (message.has_add_query())
      return take_(make_matching_mail(std::move(query)));
    return take_(make_matching_mail(forwarded_query{list, std::move(query), place_.owner}));
  }
  if (message.has_answer_query()) {
    auto given = std::make_shared<query_answer>();
    given->list = list;
    given->task_id = message.answer_query().task_id();
    given->request =
        std::make_shared<uber::cadence::api::v1::RespondQueryTaskCompletedRequest>(message.answer_query().request());
    given->call = std::move(call);
    return take_(make_matching_mail(std::move(given)));
  }
  if (message.has_describe_list()) {
    auto asked = std::make_shared<describe_list>();
    asked->list = list;
    asked->kind = message.list().kind();
    asked->status = message.describe_list().status();
    asked->call = std::move(call);
    return take_(make_matching_mail(std::move(asked)));
  }
  auto asked = std::make_shared<configure_list>();
  asked->list = list;
  asked->config = message.configure_list().config();
  asked->call = std::move(call);
  take_(make_matching_mail(std::move(asked)));
}

void far_desk::on_answer(far_answer& answer) {
  const auto i = calls_.find(answer.of);
  CADENZA_ASSERT(i != calls_.end() && i->second.at == arrived::step::waiting,
                 "a call that has arrived is answered once");
  auto& call = i->second;
  auto out = std::make_shared<MatchingMessage>();
  *out->mutable_to() = call.from;
  if (!answer.bytes && answer.bytes.error().kind == error_kind::shard_ownership_lost) {
    // It is asked elsewhere, or here again: then it is a new request. Lost, it is asked again all the same.
    set_failure(*out, answer.bytes.error());
    calls_due_.erase({call.due_ns, answer.of});
    calls_.erase(i);
    return send(std::move(out));
  }
  out->mutable_from()->set_node(place_.node);
  out->mutable_from()->set_life(place_.life);
  if (answer.bytes)
    out->mutable_reply()->set_response(*std::move(answer.bytes));
  else
    set_failure(*out, answer.bytes.error());
  call.at = arrived::step::answering;
  call.answer = out;
  call.tries = 1;
  settle(answer.of, call, env_.time->now_ns() + call.pause_ns);
  send(std::move(out));
}

/// The request is remembered as long as copies of it may come.
void far_desk::answer_has_come(const MatchingMessage& message) {
  const auto i = calls_.find(request_of(message));
  if (i == calls_.end() || i->second.at != arrived::step::answering)
    return;
  i->second.at = arrived::step::over;
  i->second.answer.reset();
  settle(i->first, i->second, env_.time->now_ns() + errand_life_ns + errand_margin_ns);
}

void far_desk::caller_left(const MatchingMessage& message) {
  const auto of = request_of(message);
  const auto i = calls_.find(of);
  if (i == calls_.end()) {
    // It has overtaken its request, or copies of it: they find that nobody waits.
    auto& call = calls_[of];
    call.at = arrived::step::over;
    call.from = message.from();
    return settle(of, call, env_.time->now_ns() + errand_life_ns + errand_margin_ns);
  }
  if (const auto call = i->second.call.lock())
    call->go();
}

void far_desk::on_node_gone(const std::string& node) {
  for (auto& [of, call] : calls_) {
    if (call.from.node() != node)
      continue;
    if (const auto waiting = call.call.lock())
      waiting->go();
  }
  for (auto& [of, offer] : arrived_offers_)
    if (offer.from == node)
      offer.end();
  give_up_on(node);
}

void far_desk::look_at_arrivals() {
  const auto now = env_.time->now_ns();
  while (!calls_due_.empty() && calls_due_.begin()->first <= now) {
    const auto of = calls_due_.begin()->second;
    auto& call = calls_.at(of);
    CADENZA_ASSERT(call.at != arrived::step::waiting, "a call that waits has no time of its own");
    if (call.at == arrived::step::answering && call.tries < answers_max) {
      ++call.tries;
      call.pause_ns = std::min(2 * call.pause_ns, ask_again_max_ns);
      settle(of, call, now + call.pause_ns);
      env_.others->carry(call.answer);
      continue;
    }
    if (call.at == arrived::step::answering) { // whoever has asked is not there any more
      call.at = arrived::step::over;
      call.answer.reset();
      settle(of, call, now + errand_life_ns + errand_margin_ns);
      continue;
    }
    calls_due_.erase({call.due_ns, of});
    calls_.erase(of);
  }
  std::erase_if(arrived_offers_, [now](const auto& offer) { return offer.second.until_ns < now; });
}

// ---------------------------------------------------------------- offers

void far_desk::arrive_offer(const MatchingMessage& message) {
  const auto of = request_of(message);
  if (arrived_offers_.size() >= offers_max || arrived_offers_.contains(of))
    return;
  auto& offer = arrived_offers_[of];
  offer.from = message.from().node();
  offer.until_ns = message.expires_ns();
  const auto to = list_of(message.list());
  if (message.has_offer_task()) {
    auto task = task_of(message.offer_task().task());
    task->offered = std::make_shared<wire::v1::Errand>(message.from());
    offer.task = task;
    return take_(make_matching_mail(forwarded_task{to, std::move(task), place_.owner, place_.owner, offer.until_ns}));
  }
  auto poll = poll_of(message.offer_poll().poll());
  poll->offered = std::make_shared<wire::v1::Errand>(message.from());
  poll->id = absent_poll | static_cast<std::uint64_t>(++last_number_);
  poll->deadline_ns = std::min(poll->deadline_ns, offer.until_ns);
  poll->call = std::make_shared<absent_call>(INT64_MAX);
  offer.poll = poll;
  take_(make_matching_mail(forwarded_poll{to, std::move(poll), place_.owner}));
}

/// It has been given away where it is, or nobody wants it any more. Whoever takes it here at this moment hears so.
void far_desk::offer_left(const MatchingMessage& message) {
  const auto i = arrived_offers_.find(request_of(message));
  if (i == arrived_offers_.end())
    return;
  i->second.end();
}

/// Nobody takes it from here on.
void far_desk::arrived_offer::end() const {
  if (const auto offered_task = task.lock())
    (void)offered_task->given.take();
  if (const auto offered_poll = poll.lock())
    (void)offered_poll->given.take();
}

void far_desk::on_taken(const forward_taken& taken) {
  if (!taken.task || !taken.task->offered)
    return; // of a poll that is offered: its node hears of it with the task
  auto out = std::make_shared<MatchingMessage>();
  *out->mutable_to() = *taken.task->offered;
  out->mutable_taken();
  send(std::move(out));
}

void far_desk::on_over(dispatch_over& over) {
  CADENZA_ASSERT(over.task && over.task->offered, "the owner hears of starts for other nodes alone");
  auto out = std::make_shared<MatchingMessage>();
  *out->mutable_to() = *over.task->offered;
  out->mutable_over()->set_done(over.task_done);
  out->mutable_over()->set_untried(over.untried);
  send(std::move(out));
  if (!over.poll || over.poll->offered)
    return; // a poll that is offered waits where it is
  over.poll->given.release();
  take_(make_matching_mail(std::move(over.poll)));
}

} // namespace cadenza::actors
