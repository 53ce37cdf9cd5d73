#include "actors/shard_sequence.hpp"

namespace cadenza::actors {
namespace {

constexpr int range_bits = 40;
// A single transaction may draw many ids; stop well before the block's end.
constexpr std::int64_t reserve_margin = 1 << 16;

} // namespace

shard_sequence::shard_sequence(std::int64_t range_id)
  : next_(range_id << range_bits), end_(((range_id + 1) << range_bits) - reserve_margin) {}

std::int64_t shard_sequence::reserve(std::int64_t count) {
  const std::lock_guard guard(mutex_);
  const std::int64_t first = next_;
  next_ += count;
  under_way_.emplace_hint(under_way_.end(), first, count);
  return first;
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

bool shard_sequence::exhausted() const {
  const std::lock_guard guard(mutex_);
  return next_ >= end_;
}

sequence_lease::~sequence_lease() {
  for (const auto first : firsts_)
    sequence_->finish(first);
}

std::int64_t sequence_lease::reserve(std::int64_t count) {
  const auto first = sequence_->reserve(count);
  firsts_.push_back(first);
  return first;
}

} // namespace cadenza::actors
