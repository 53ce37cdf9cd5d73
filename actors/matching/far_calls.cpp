#include "actors/matching/far_errand.hpp"

#include "actors/matching/far_records.hpp"
#include "messages/invariant.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <caf/send.hpp>
#include <google/protobuf/message_lite.h>

#include <algorithm>
#include <utility>

/// Calls that a list of another node answers: polls, queries, answers to queries, descriptions.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

using wire::v1::MatchingMessage;

void answer_empty(const list_poll& poll, std::int64_t now_ns) {
  const auto answer = [&](auto response) {
    if (poll.auto_config) {
      auto& hint = *response.mutable_auto_config_hint();
      hint.set_enable_auto_config(true);
      hint.set_poller_wait_time_in_ms((now_ns - poll.since_ns) / ns_per_ms);
    }
    poll.call->reply(response);
  };
  if (poll.list.type == 0)
    answer(api::PollForDecisionTaskResponse());
  else
    answer(api::PollForActivityTaskResponse());
}

namespace {

constexpr std::int64_t last_answer_ns = ns_per_s / 2; ///< an answer given at the deadline may still come
constexpr std::int64_t short_call_ns = 7 * ns_per_s;  ///< what need not wait for a worker is answered within
constexpr std::int64_t moved_ns = 100 * ns_per_ms;    ///< until a list that was not where it was asked is asked again

/// asking ⇄ waiting ──► over
///
/// Asks until it hears that the request is there (Accepted), then now and then, because the list may have died: to a
/// new life of it the request is a new one. The other desk sends its answer until it hears that it has come (Got).
class call_errand : public far_errand {
public:
  call_errand(const far_place& place, std::int64_t number, call_ptr call, std::int64_t until_ns)
    : far_errand(place, number), call_(std::move(call)), until_ns_(until_ns) {
    CADENZA_ASSERT(call_, "somebody waits for the answer to a call");
  }

  void begin() override { ask(); }
  verdict heard(const MatchingMessage& message) override {
    switch (message.body_case()) {
    case MatchingMessage::kAccepted:
      step_ = step::waiting;
      pause_ns_ = ask_again_ns;
      wait_until(std::min(now() + look_after_ns, until_ns_));
      return verdict::wait;
    case MatchingMessage::kReply:
      // A list that has moved answers where it was: where it is now nobody need look for a worker any more.
      if (!asked_at_.node.empty() && message.from().node() != asked_at_.node)
        withdraw();
      replied(message.reply().response());
      return verdict::over;
    case MatchingMessage::kFailed: {
      const auto reason = failure_of(message);
      if (reason.kind == error_kind::shard_ownership_lost) {
        step_ = step::asking;
        pause_ns_ = ask_again_ns;
        wait_until(std::min(now() + moved_ns, until_ns_));
        return verdict::wait;
      }
      refused(reason);
      return verdict::over;
    }
    default: return verdict::wait;
    }
  }
  verdict silence() override {
    if (now() >= until_ns_) {
      give_up();
      return verdict::over;
    }
    step_ = step::asking;
    ask();
    return verdict::wait;
  }
  verdict gone() override {
    withdraw();
    return verdict::over;
  }
  /// The place where it was asked may still live, and must not find a worker for it as well.
  void follow() override {
    const auto place = place_.env.others->place_of(list());
    if (place == asked_at_)
      return;
    if (!asked_at_.node.empty() && place.node != asked_at_.node) // another life of a node knows nothing of it
      withdraw();
    step_ = step::asking;
    pause_ns_ = ask_again_ns;
    ask();
  }

protected:
  /// The request, with the list that it is for.
  virtual message_ptr request() const = 0;
  [[nodiscard]] virtual const storage::task_list_key& list() const = 0;
  virtual void replied(const std::string& bytes) { call_->reply_bytes(bytes); }
  virtual void refused(const error& reason) { call_->reject(reason); }
  /// There is no answer in time.
  virtual void give_up() { call_->reject(unavailable("the task list has not answered; send the request again")); }

  void withdraw() const {
    auto out = request();
    out->mutable_gone();
    out->set_node(asked_at_.node);
    send(std::move(out));
  }
  [[nodiscard]] message_ptr to(const storage::task_list_key& list, api::TaskListKind kind) const {
    auto out = message();
    out->set_expires_ns(std::min(out->expires_ns(), until_ns_));
    *out->mutable_list() = to_wire(list, kind);
    return out;
  }

private:
  enum class step { asking, waiting };
  static constexpr std::int64_t look_after_ns = 10 * ns_per_s; ///< whether a list that waits is still there

  void ask() {
    CADENZA_ASSERT(step_ == step::asking, "a request that has been accepted is looked after, and asked again then");
    wait_until(std::min(now() + pause_ns_, until_ns_));
    pause_ns_ = std::min(2 * pause_ns_, ask_again_max_ns);
    asked_at_ = place_.env.others->place_of(list());
    send(request());
  }

  list_place asked_at_;
  const call_ptr call_;
  const std::int64_t until_ns_;
  std::int64_t pause_ns_ = ask_again_ns;
  step step_ = step::asking;
};

class poll_errand final : public call_errand {
public:
  poll_errand(const far_place& place, std::int64_t number, list_poll_ptr poll)
    : call_errand(place, number, poll->call, poll->deadline_ns + last_answer_ns), poll_(std::move(poll)) {}

protected:
  const storage::task_list_key& list() const override { return poll_->list; }
  message_ptr request() const override {
    auto out = to(poll_->list, poll_->kind);
    *out->mutable_add_poll()->mutable_poll() = to_wire(*poll_);
    return out;
  }
  void give_up() override { answer_empty(*poll_, now()); }

private:
  const list_poll_ptr poll_;
};

class query_errand : public call_errand {
public:
  query_errand(const far_place& place, std::int64_t number, list_query_ptr query)
    : call_errand(place, number, query->call, query->deadline_ns + last_answer_ns), query_(std::move(query)) {}

protected:
  const storage::task_list_key& list() const override { return query_->list; }
  message_ptr request() const override {
    auto out = to(query_->list, query_->kind);
    *out->mutable_add_query()->mutable_query() = to_wire(*query_);
    return out;
  }
  void give_up() override {
    query_->call->reject({error_kind::deadline_exceeded, "query timed out: no worker answered it in time"});
  }

  const list_query_ptr query_;
};

/// The query waits in its partition as well: whichever worker answers first has answered it. A parent that fails says
/// nothing about the partition.
class query_offer final : public query_errand {
public:
  query_offer(const far_place& place, std::int64_t number, forwarded_query offered)
    : query_errand(place, number, std::move(offered.query)), parent_(std::move(offered.to)) {}

  verdict look() override {
    if (!query_->given.taken() && !query_->call->answered())
      return verdict::wait;
    withdraw();
    return verdict::over;
  }
  bool is_offer() const override { return true; }

protected:
  const storage::task_list_key& list() const override { return parent_; }
  message_ptr request() const override {
    auto out = to(parent_, api::TASK_LIST_KIND_NORMAL);
    auto& query = *out->mutable_offer_query()->mutable_query();
    query = to_wire(*query_);
    query.mutable_list()->set_name(parent_.name);
    query.set_placed(true);
    return out;
  }
  void replied(const std::string& bytes) override {
    (void)query_->given.take(); // its partition drops it; perhaps a worker of it works in vain
    query_->call->reply_bytes(bytes);
  }
  void refused(const error& reason) override {
    query_->offered_until_ns = 0;
    if (reason.kind == error_kind::query_failed && query_->given.take())
      query_->call->reject(reason);
  }
  void give_up() override { query_->offered_until_ns = 0; }

private:
  const storage::task_list_key parent_;
};

class answer_errand final : public call_errand {
public:
  answer_errand(const far_place& place, std::int64_t number, std::shared_ptr<query_answer> given)
    : call_errand(place, number, given->call, place.env.time->now_ns() + short_call_ns), given_(std::move(given)) {}

protected:
  const storage::task_list_key& list() const override { return given_->list; }
  message_ptr request() const override {
    auto out = to(given_->list, api::TASK_LIST_KIND_NORMAL);
    out->mutable_answer_query()->set_task_id(given_->task_id);
    *out->mutable_answer_query()->mutable_request() = *given_->request;
    return out;
  }

private:
  const std::shared_ptr<query_answer> given_;
};

class describe_errand final : public call_errand {
public:
  describe_errand(const far_place& place, std::int64_t number, std::shared_ptr<describe_list> asked)
    : call_errand(place, number, asked->call, place.env.time->now_ns() + short_call_ns), asked_(std::move(asked)) {}

protected:
  const storage::task_list_key& list() const override { return asked_->list; }
  message_ptr request() const override {
    auto out = to(asked_->list, asked_->kind);
    out->mutable_describe_list()->set_status(asked_->status);
    return out;
  }

private:
  const std::shared_ptr<describe_list> asked_;
};

class configure_errand final : public call_errand {
public:
  configure_errand(const far_place& place, std::int64_t number, std::shared_ptr<configure_list> asked)
    : call_errand(place, number, asked->call, place.env.time->now_ns() + short_call_ns), asked_(std::move(asked)) {}

protected:
  const storage::task_list_key& list() const override { return asked_->list; }
  message_ptr request() const override {
    auto out = to(asked_->list, api::TASK_LIST_KIND_NORMAL);
    *out->mutable_configure_list()->mutable_config() = asked_->config;
    return out;
  }

private:
  const std::shared_ptr<configure_list> asked_;
};

} // namespace

far_errand_ptr make_poll_errand(const far_place& place, std::int64_t number, list_poll_ptr poll) {
  return std::make_unique<poll_errand>(place, number, std::move(poll));
}
far_errand_ptr make_query_errand(const far_place& place, std::int64_t number, list_query_ptr query) {
  return std::make_unique<query_errand>(place, number, std::move(query));
}
far_errand_ptr make_answer_errand(const far_place& place, std::int64_t number, std::shared_ptr<query_answer> given) {
  return std::make_unique<answer_errand>(place, number, std::move(given));
}
far_errand_ptr make_describe_errand(const far_place& place, std::int64_t number, std::shared_ptr<describe_list> asked) {
  return std::make_unique<describe_errand>(place, number, std::move(asked));
}
far_errand_ptr make_configure_errand(const far_place& place, std::int64_t number,
                                     std::shared_ptr<configure_list> asked) {
  return std::make_unique<configure_errand>(place, number, std::move(asked));
}
far_errand_ptr make_query_offer(const far_place& place, std::int64_t number, forwarded_query offered) {
  return std::make_unique<query_offer>(place, number, std::move(offered));
}

} // namespace cadenza::actors
