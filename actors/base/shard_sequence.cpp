#include "actors/base/shard_sequence.hpp"
#include "messages/invariant.hpp"

#include <algorithm>

namespace cadenza::actors {
namespace {

// A single transaction may draw many ids; stop well before the block's end.
constexpr std::int64_t reserve_margin = 1 << 16;

} // namespace

shard_sequence::shard_sequence(std::int64_t range_id)
  : next_(range_id << range_bits), end_(next_ + ((std::int64_t{1} << range_bits) - reserve_margin)) {
  CADENZA_ASSERT(range_id > 0 && range_id < std::int64_t{1} << (63 - range_bits),
                 "the ids of a range fit into 63 bits; range " + std::to_string(range_id));
}

shard_sequence::block shard_sequence::draw(std::int64_t count) {
  CADENZA_ASSERT(count > 0, "ids are drawn for something");
  const std::lock_guard guard(mutex_);
  CADENZA_ASSERT(count <= end_ - next_ + reserve_margin, "a range does not give out the ids of the one after it");
  const std::int64_t first = next_;
  next_ += count;
  under_way_.emplace_hint(under_way_.end(), first, count);
  return {first, timer_floor_ns_};
}

void shard_sequence::finish(std::int64_t first) {
  const std::lock_guard guard(mutex_);
  under_way_.erase(first);
}

std::int64_t shard_sequence::settled_below() const {
  const std::lock_guard guard(mutex_);
  return under_way_.empty() ? next_ : under_way_.begin()->first;
}

std::int64_t shard_sequence::next() const {
  const std::lock_guard guard(mutex_);
  return next_;
}

std::int64_t shard_sequence::raise_timer_floor(std::int64_t ns) {
  const std::lock_guard guard(mutex_);
  timer_floor_ns_ = std::max(timer_floor_ns_, ns);
  return next_;
}

bool shard_sequence::exhausted() const {
  const std::lock_guard guard(mutex_);
  return next_ >= end_;
}

sequence_lease::~sequence_lease() {
  for (const auto first : firsts_)
    sequence_->finish(first);
}

std::int64_t sequence_lease::reserve(std::int64_t count) {
  const auto given = sequence_->draw(count);
  CADENZA_ASSERT(given.earliest_timer_ns >= earliest_timer_ns_,
                 "what counts as done of the timers of a shard does not come back");
  firsts_.push_back(given.first);
  earliest_timer_ns_ = given.earliest_timer_ns;
  return given.first;
}

} // namespace cadenza::actors
