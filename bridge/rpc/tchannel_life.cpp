#include "bridge/rpc/tchannel_session.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace {

constexpr std::uint32_t first_ping_id = 1;

} // namespace

void tchannel_session::produce(net::output& into) {
  if (!control_.empty()) {
    into.copy(control_);
    control_.clear();
  }
  while (!answers_.empty() && into.size() < bytes_wanted) {
    auto next = std::move(answers_.front());
    answers_.pop_front();
    const auto before = next.bytes_left();
    next.emit(into);
    answer_bytes_ -= before - next.bytes_left();
    if (!next.done())
      answers_.push_back(std::move(next)); // others have their turn
  }
}

std::int64_t tchannel_session::bytes_held() const { return answer_bytes_ + static_cast<std::int64_t>(control_.size()); }

void tchannel_session::on_closed() {
  over_ = true;
  while (!arrivals_.empty())
    drop_arrival(arrivals_.begin()->first);
  const auto left_over = std::move(calls_);
  calls_.clear();
  for (const auto& [id, call] : left_over) {
    call->detach();
    connection_.end_call();
  }
  for (const auto& [id, call] : left_over)
    call->give_up();
}

std::int64_t tchannel_session::check(std::int64_t now_ns) {
  const auto& how = connection_.shared().how;
  auto next = INT64_MAX;
  for (auto at = arrivals_.begin(); at != arrivals_.end();) {
    const auto& one = *(at++)->second;
    if (now_ns < one.due_ns) {
      next = std::min(next, one.due_ns);
      continue;
    }
    const auto marks = one.marks;
    connection_.shared().counts.refused(net::refusal::request_timeout);
    drop_arrival(marks.id);
    refuse(marks, tchannel::error_code::timeout, "the call did not arrive in time");
  }
  if (how.keepalive_interval.count() > 0) {
    const auto silent_ns = now_ns - heard_ns_;
    if (pinged_ && !connection_.blocked() && silent_ns >= (how.keepalive_interval + how.keepalive_timeout).count()) {
      connection_.cut(net::refusal::keepalive_timeout);
      return INT64_MAX;
    }
    if (!pinged_ && greeted_ && silent_ns >= how.keepalive_interval.count()) {
      pinged_ = true;
      say(tchannel::empty_frame(tchannel::frame_type::ping_request, first_ping_id));
    }
    next =
        std::min(next, pinged_ ? now_ns + how.keepalive_timeout.count() : heard_ns_ + how.keepalive_interval.count());
  }
  if (how.idle_timeout.count() > 0 && under_way() == 0) {
    if (!over_ && now_ns - idle_ns_ >= how.idle_timeout.count()) {
      connection_.shared().counts.refused(net::refusal::idle_timeout);
      over_ = true;
      connection_.end();
    }
    next = std::min(next, idle_ns_ + how.idle_timeout.count());
  }
  return next;
}

void tchannel_session::drain() {
  draining_ = true;
  connection_.write_later();
}

void tchannel_session::abandon() {
  while (!calls_.empty())
    end_call_early(*calls_.begin()->second, tchannel::error_code::declined, "the server is stopping; try again");
}

bool tchannel_session::finished() const {
  return draining_ && under_way() == 0 && answers_.empty() && control_.empty();
}

} // namespace cadenza::bridge
