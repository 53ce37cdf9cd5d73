#include "actors/matching/far_errand.hpp"

#include "actors/matching/far_records.hpp"
#include "messages/invariant.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

/// What a partition offers a parent on another node. It goes on waiting in the partition.
namespace cadenza::actors {

using wire::v1::MatchingMessage;

namespace {

/// offered ──► lent ──► over
///
/// Lent when the parent says that it starts the task with a poll of its own: then the partition gives it to nobody,
/// unless it has by then. The run settles between the two. A parent that says nothing more has died: the partition
/// offers the task again.
class task_offer final : public far_errand {
public:
  task_offer(const far_place& place, std::int64_t number, forwarded_task offered)
    : far_errand(place, number), offered_(std::move(offered)) {}

  void begin() override {
    offered_at_ = place_.env.others->place_of(offered_.to).node;
    auto out = message();
    out->set_expires_ns(now() + offer_kept_ns);
    *out->mutable_list() = to_wire(offered_.to, uber::cadence::api::v1::TASK_LIST_KIND_NORMAL);
    *out->mutable_offer_task()->mutable_task() = to_wire(*offered_.task);
    wait_until(out->expires_ns() + errand_margin_ns);
    send(std::move(out));
  }
  verdict heard(const MatchingMessage& message) override {
    if (message.has_taken())
      return lend();
    if (!message.has_over())
      return verdict::wait;
    // Without the claim somebody of this node starts the task as well, and will find it as it is.
    if (step_ == step::lent || (message.over().done() && offered_.task->given.take()))
      tell(offered_.from, {offered_.task, nullptr, message.over().done(), message.over().untried()});
    return verdict::over;
  }
  verdict silence() override {
    if (step_ == step::lent)
      tell(offered_.from, {offered_.task, nullptr, false});
    return verdict::over;
  }
  verdict look() override {
    if (step_ == step::lent || !offered_.task->given.taken())
      return verdict::wait;
    auto out = message();
    *out->mutable_list() = to_wire(offered_.to, uber::cadence::api::v1::TASK_LIST_KIND_NORMAL);
    out->mutable_withdrawn();
    send(std::move(out));
    return verdict::over;
  }
  bool is_offer() const override { return true; }
  std::string partner() const override { return offered_at_; }

private:
  enum class step { offered, lent };

  verdict lend() {
    if (step_ == step::lent || !offered_.task->given.take())
      return verdict::wait;
    step_ = step::lent;
    wait_until(now() + 2 * (errand_life_ns + errand_margin_ns));
    caf::anon_send(offered_.from, make_matching_mail(forward_taken{offered_.task}));
    if (offered_.via != offered_.from)
      caf::anon_send(offered_.via, make_matching_mail(forward_taken{offered_.task}));
    return verdict::wait;
  }

  const forwarded_task offered_;
  std::string offered_at_;
  step step_ = step::offered;
};

/// offered ──► matched ──► over
///
/// A task that the parent sends (Match) is started for the poll if that still waits, and the owner's desk tells the
/// parent how it ended (list_task::offered); a query that it sends is put. A second copy of the Match finds the offer
/// matched.
class poll_offer final : public far_errand {
public:
  poll_offer(const far_place& place, std::int64_t number, forwarded_poll offered)
    : far_errand(place, number), offered_(std::move(offered)) {}

  void begin() override {
    auto out = message();
    out->set_expires_ns(std::min(now() + offer_kept_ns, offered_.poll->deadline_ns));
    *out->mutable_list() = to_wire(offered_.to, offered_.poll->kind);
    *out->mutable_offer_poll()->mutable_poll() = to_wire(*offered_.poll);
    wait_until(now() + offer_kept_ns + errand_margin_ns);
    send(std::move(out));
  }
  verdict heard(const MatchingMessage& message) override {
    if (!message.has_match())
      return verdict::wait;
    if (step_ == step::matched && message.from().life() == by_.life() && message.from().number() == by_.number())
      return verdict::wait;
    if (now() > message.expires_ns())
      return verdict::wait; // the parent has stopped waiting, or is about to
    if (step_ == step::matched || waits_no_more() || !offered_.poll->given.take()) {
      answer(message, false);
      return verdict::wait;
    }
    step_ = step::matched;
    by_ = message.from();
    wait_until(now() + errand_life_ns + errand_margin_ns);
    if (offered_.from)
      caf::anon_send(offered_.from, make_matching_mail(forward_taken{}));
    give(message);
    return verdict::wait;
  }
  verdict silence() override { return verdict::over; }
  verdict look() override {
    if (step_ == step::matched || !waits_no_more())
      return verdict::wait;
    auto out = message();
    *out->mutable_list() = to_wire(offered_.to, offered_.poll->kind);
    out->mutable_withdrawn();
    send(std::move(out));
    return verdict::over;
  }
  bool is_offer() const override { return true; }

private:
  enum class step { offered, matched };

  [[nodiscard]] bool waits_no_more() const {
    const auto& poll = *offered_.poll;
    return poll.given.taken() || poll.call->cancelled() || poll.call->answered();
  }
  void give(const MatchingMessage& message) const {
    const auto& match = message.match();
    if (match.has_query()) {
      place_.starter.ask(query_of(match.query()), offered_.poll, match.list());
      return answer(message, true);
    }
    auto task = task_of(match.task());
    task->offered = std::make_shared<wire::v1::Errand>(message.from());
    const bool fresh = task->given.take();
    CADENZA_ASSERT(fresh, "a copy of a task is given to nobody yet");
    place_.starter.start(std::move(task), offered_.poll, place_.owner);
  }
  void answer(const MatchingMessage& match, bool done) const {
    auto out = std::make_shared<MatchingMessage>();
    *out->mutable_to() = match.from();
    out->mutable_over()->set_done(done);
    out->mutable_over()->set_untried(!done);
    send(std::move(out));
  }

  const forwarded_poll offered_;
  wire::v1::Errand by_; ///< whose task the poll has got
  step step_ = step::offered;
};

} // namespace

far_errand_ptr make_task_offer(const far_place& place, std::int64_t number, forwarded_task offered) {
  return std::make_unique<task_offer>(place, number, std::move(offered));
}
far_errand_ptr make_poll_offer(const far_place& place, std::int64_t number, forwarded_poll offered) {
  return std::make_unique<poll_offer>(place, number, std::move(offered));
}

} // namespace cadenza::actors
