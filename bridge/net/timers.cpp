#include "bridge/net/timers.hpp"

#include <algorithm>
#include <bit>

namespace cadenza::bridge::net {

void timers::set(timer& which, std::int64_t due_ns) {
  cancel(which);
  if (due_ns == INT64_MAX)
    return;
  // Rounded up, so that it is never early. What is due already comes with the next tick; a timer that sets itself to
  // the past must not keep `run` busy for ever.
  link(which, std::max((due_ns >> tick_bits) + 1, running_ ? tick_ + 1 : tick_));
}

void timers::cancel(timer& which) {
  if (which.due_tick_ != timer::not_set)
    unlink(which);
}

void timers::link(timer& which, std::int64_t tick) {
  const auto slot = slot_of(tick);
  auto& head = tick == timer::called_soon ? called_ : slots_[slot];
  which.due_tick_ = tick;
  which.previous_ = nullptr;
  which.next_ = head;
  if (head)
    head->previous_ = &which;
  head = &which;
  if (tick != timer::called_soon)
    used_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void timers::unlink(timer& which) {
  const auto slot = slot_of(which.due_tick_);
  auto& head = which.due_tick_ == timer::called_soon ? called_ : slots_[slot];
  (which.previous_ ? which.previous_->next_ : head) = which.next_;
  if (which.next_)
    which.next_->previous_ = which.previous_;
  if (which.due_tick_ != timer::called_soon && !head)
    used_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  which.next_ = which.previous_ = nullptr;
  which.due_tick_ = timer::not_set;
}

void timers::run(std::int64_t now_ns) {
  const auto now = now_ns >> tick_bits;
  // After a long sleep every slot is looked at once, not once for each tick slept.
  if (now - tick_ >= static_cast<std::int64_t>(slots_count))
    tick_ = now - static_cast<std::int64_t>(slots_count) + 1;
  running_ = true;
  for (; tick_ <= now; ++tick_)
    run_slot(slot_of(tick_), now_ns);
  running_ = false;
}

void timers::run_slot(std::size_t slot, std::int64_t now_ns) {
  // Those of later turns of the wheel stay. The others are put aside first: what is called may take out any of them.
  const auto now = now_ns >> tick_bits;
  for (auto* at = slots_[slot]; at;) {
    auto* const next = at->next_;
    if (at->due_tick_ <= now) {
      unlink(*at);
      link(*at, timer::called_soon);
    }
    at = next;
  }
  while (called_) {
    auto& due = *called_;
    unlink(due);
    due.on_timer(now_ns);
  }
}

std::int64_t timers::next_ns() const {
  const auto first = slot_of(tick_);
  for (std::size_t i = 0; i <= used_.size(); ++i) {
    const auto word = (first / 64 + i) % used_.size();
    auto bits = used_[word];
    if (i == 0)
      bits &= ~std::uint64_t{0} << (first % 64);
    else if (i == used_.size())
      bits &= ~(~std::uint64_t{0} << (first % 64));
    if (bits == 0)
      continue;
    const auto slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    const auto ahead = (slot + slots_count - first) % slots_count;
    return (tick_ + static_cast<std::int64_t>(ahead)) << tick_bits;
  }
  return INT64_MAX;
}

} // namespace cadenza::bridge::net
