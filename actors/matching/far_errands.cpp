#include "actors/matching/far_errand.hpp"

#include "actors/matching/far_records.hpp"
#include "messages/invariant.hpp"

#include <caf/send.hpp>

#include <algorithm>

/// Tasks on their way to lists, runs and polls of other nodes.
namespace cadenza::actors {

using wire::v1::MatchingMessage;

// ---------------------------------------------------------------- what all errands share

far_errand::message_ptr far_errand::message() const {
  auto out = std::make_shared<MatchingMessage>();
  auto& from = *out->mutable_from();
  from.set_node(place_.node);
  from.set_life(place_.life);
  from.set_number(number_);
  out->set_expires_ns(now() + errand_life_ns);
  return out;
}

void far_errand::tell(const caf::actor& list, dispatch_over over) const {
  caf::anon_send(list, make_matching_mail(std::move(over)));
}

void far_errand::give_back(list_poll_ptr poll) const {
  CADENZA_ASSERT(poll->given.taken(), "a poll that is given back had been given away");
  poll->given.release();
  caf::anon_send(place_.owner, make_matching_mail(std::move(poll)));
}

namespace {

// ---------------------------------------------------------------- a task for a list

/// bringing ──► over
///
/// A silence drops the receipt: the shard brings the task again, after growing pauses. Where the list has it already
/// the copies are one (far_desk).
class task_errand final : public far_errand {
public:
  task_errand(const far_place& place, std::int64_t number, list_task_ptr task)
    : far_errand(place, number), task_(std::move(task)) {}

  void follow() override {
    if (place_.env.others->place_of(task_->list) != brought_to_)
      begin();
  }
  void begin() override {
    brought_to_ = place_.env.others->place_of(task_->list);
    auto out = message();
    *out->mutable_list() = to_wire(task_->list, task_->kind);
    *out->mutable_add_task()->mutable_task() = to_wire(*task_);
    wait_until(now() + errand_life_ns + errand_margin_ns);
    send(std::move(out));
  }
  verdict heard(const MatchingMessage& message) override {
    if (!message.has_over())
      return verdict::wait;
    if (message.over().done() && task_->receipt)
      task_->receipt->done();
    return verdict::over;
  }
  verdict silence() override {
    if (task_->receipt)
      task_->receipt->broken();
    return verdict::over;
  }

private:
  const list_task_ptr task_;
  list_place brought_to_;
};

// ---------------------------------------------------------------- a start for a poll of this node

/// asking ──┬──────────► over
///          └► unheard ─► over
///
/// Asked again for the same poll, a run answers the same and writes nothing: so a lost answer costs a question. When
/// the poll's time is over its worker gets nothing, and only the task waits for what became of it (unheard). After the
/// last question's life nothing can begin any more: the task is offered again, and the poll waits again.
class start_errand final : public far_errand {
public:
  start_errand(const far_place& place, std::int64_t number, list_task_ptr task, list_query_ptr query,
               list_poll_ptr poll, caf::actor list, std::string list_name)
    : far_errand(place, number), task_(std::move(task)), query_(std::move(query)), poll_(std::move(poll)),
      list_(std::move(list)), list_name_(std::move(list_name)) {
    CADENZA_ASSERT((task_ != nullptr) != (query_ != nullptr), "a worker is given a task or a query");
    CADENZA_ASSERT(poll_ && poll_->call && !poll_->offered, "who asks a run for a start has the worker's call");
  }

  void begin() override {
    expires_ns_ = std::min(now() + errand_life_ns, poll_->deadline_ns);
    ask();
  }
  verdict heard(const MatchingMessage& message) override {
    switch (message.body_case()) {
    case MatchingMessage::kReply:
      if (poll_)
        poll_->call->reply_bytes(message.reply().response());
      end(true, nullptr);
      return verdict::over;
    case MatchingMessage::kOver: end(message.over().done(), std::move(poll_)); return verdict::over;
    case MatchingMessage::kFailed:
      if (failure_of(message).kind == error_kind::unavailable)
        return verdict::wait; // nobody knows whether it has been started: the next question tells
      if (poll_)
        poll_->call->reject(failure_of(message));
      end(false, nullptr);
      return verdict::over;
    default: return verdict::wait;
    }
  }
  verdict silence() override {
    if (now() >= expires_ns_ + errand_margin_ns) {
      end(false, std::move(poll_));
      return verdict::over;
    }
    if (step_ == step::asking && now() >= poll_->deadline_ns) {
      answer_empty(*poll_, now());
      poll_.reset();
      step_ = step::unheard;
    }
    if (step_ == step::asking && now() < expires_ns_) {
      ask();
      return verdict::wait;
    }
    wait_until(expires_ns_ + errand_margin_ns);
    return verdict::wait;
  }

private:
  enum class step { asking, unheard };

  void ask() {
    auto out = message();
    out->set_expires_ns(expires_ns_);
    if (task_) {
      *out->mutable_run() = to_wire(task_->workflow, task_->run_id);
      *out->mutable_start_task()->mutable_task() = to_wire(*task_);
      *out->mutable_start_task()->mutable_poll() = to_wire(*poll_);
    } else {
      *out->mutable_run() = to_wire(query_->workflow, query_->run_id);
      *out->mutable_put_query()->mutable_query() = to_wire(*query_);
      *out->mutable_put_query()->mutable_poll() = to_wire(*poll_);
      out->mutable_put_query()->set_list(list_name_);
    }
    wait_until(std::min(now() + pause_ns_, poll_->deadline_ns));
    pause_ns_ = std::min(2 * pause_ns_, ask_again_max_ns);
    send(std::move(out));
  }
  /// A query whose delivery is lost ends by its own time.
  void end(bool done, list_poll_ptr back) {
    if (task_)
      return tell(list_, {task_, std::move(back), done});
    if (back)
      give_back(std::move(back));
  }

  const list_task_ptr task_;
  const list_query_ptr query_;
  list_poll_ptr poll_; ///< null: answered
  const caf::actor list_;
  const std::string list_name_;
  std::int64_t expires_ns_ = 0;
  std::int64_t pause_ns_ = ask_again_ns;
  step step_ = step::asking;
};

// ---------------------------------------------------------------- a task for a poll of another node

/// matching ──► over
///
/// The node of the poll may have to ask a third one, that of the run: it is given the time for both.
class match_errand final : public far_errand {
public:
  match_errand(const far_place& place, std::int64_t number, list_task_ptr task, const list_poll& poll, caf::actor list)
    : far_errand(place, number), task_(std::move(task)), offer_(poll.offered), list_(std::move(list)) {
    CADENZA_ASSERT(task_ && offer_, "a task is matched with a poll that was offered");
  }

  void begin() override {
    auto out = message();
    *out->mutable_to() = *offer_;
    *out->mutable_match()->mutable_task() = to_wire(*task_);
    wait_until(now() + 2 * (errand_life_ns + errand_margin_ns));
    send(std::move(out));
  }
  verdict heard(const MatchingMessage& message) override {
    if (!message.has_over())
      return verdict::wait;
    tell(list_, {task_, nullptr, message.over().done(), message.over().untried()});
    return verdict::over;
  }
  verdict silence() override {
    tell(list_, {task_, nullptr, false});
    return verdict::over;
  }
  std::string partner() const override { return offer_->node(); }

private:
  const list_task_ptr task_;
  const errand_ptr offer_;
  const caf::actor list_;
};

/// matching ──► over
///
/// Nothing is lost when the query finds two workers: it goes to another when its poll says no, or nothing.
class match_query_errand final : public far_errand {
public:
  match_query_errand(const far_place& place, std::int64_t number, list_query_ptr query, const list_poll& poll,
                     std::string list)
    : far_errand(place, number), query_(std::move(query)), offer_(poll.offered), list_(std::move(list)) {
    CADENZA_ASSERT(query_ && offer_, "a query is matched with a poll that was offered");
  }

  void begin() override {
    auto out = message();
    *out->mutable_to() = *offer_;
    *out->mutable_match()->mutable_query() = to_wire(*query_);
    out->mutable_match()->set_list(list_);
    wait_until(now() + errand_life_ns + errand_margin_ns);
    send(std::move(out));
  }
  verdict heard(const MatchingMessage& message) override {
    if (!message.has_over())
      return verdict::wait;
    return message.over().done() ? verdict::over : silence();
  }
  verdict silence() override {
    query_->given.release();
    caf::anon_send(place_.owner, far_query_back{query_});
    return verdict::over;
  }
  std::string partner() const override { return offer_->node(); }

private:
  const list_query_ptr query_;
  const errand_ptr offer_;
  const std::string list_;
};

} // namespace

far_errand_ptr make_match_query_errand(const far_place& place, std::int64_t number, list_query_ptr query,
                                       const list_poll& poll, const std::string& list) {
  return std::make_unique<match_query_errand>(place, number, std::move(query), poll, list);
}
far_errand_ptr make_task_errand(const far_place& place, std::int64_t number, list_task_ptr task) {
  return std::make_unique<task_errand>(place, number, std::move(task));
}
far_errand_ptr make_start_errand(const far_place& place, std::int64_t number, list_task_ptr task, list_poll_ptr poll,
                                 caf::actor list) {
  return std::make_unique<start_errand>(place, number, std::move(task), nullptr, std::move(poll), std::move(list),
                                        std::string());
}
far_errand_ptr make_put_query_errand(const far_place& place, std::int64_t number, list_query_ptr query,
                                     list_poll_ptr poll, const std::string& list) {
  return std::make_unique<start_errand>(place, number, nullptr, std::move(query), std::move(poll), nullptr, list);
}
far_errand_ptr make_match_errand(const far_place& place, std::int64_t number, list_task_ptr task, const list_poll& poll,
                                 caf::actor list) {
  return std::make_unique<match_errand>(place, number, std::move(task), poll, std::move(list));
}

} // namespace cadenza::actors
