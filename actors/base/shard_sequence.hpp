#pragma once

#include "workflow/transaction.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace cadenza::actors {

/// Task ids of one incarnation of a history shard, and which of them belong to commits that are under way. The runs of
/// a shard draw ids here, on any thread; the shard asks how far its queues may count as complete.
///
/// Ids are range_id << 40 and upward, so those of a later incarnation are always higher. (The reference system shifts
/// by 20 and renews its range id every million ids; a wider block never has to.) Nothing here is stored.
class shard_sequence {
public:
  explicit shard_sequence(std::int64_t range_id);

  /// The range id under which an id was given out.
  [[nodiscard]] static std::int64_t range_of(std::int64_t id) { return id >> range_bits; }
  /// The lowest id of a range.
  [[nodiscard]] static std::int64_t first_of(std::int64_t range_id) { return range_id << range_bits; }

  struct block {
    std::int64_t first = 0;
    std::int64_t earliest_timer_ns = 0; ///< timers under these ids must not fire before this
  };
  /// `count` ids, which count as under way until `finish(first)`.
  [[nodiscard]] block draw(std::int64_t count);
  [[nodiscard]] std::int64_t reserve(std::int64_t count) { return draw(count).first; }
  void finish(std::int64_t first);

  /// Every id below this belongs to a commit that is over.
  [[nodiscard]] std::int64_t settled_below() const;

  /// The id that would be given out next.
  [[nodiscard]] std::int64_t next() const;

  /// Timers under ids given out from now on fire at `ns` or later. The id that is given out next.
  std::int64_t raise_timer_floor(std::int64_t ns);

  /// True when ids run out: the shard must take a higher range id.
  [[nodiscard]] bool exhausted() const;

private:
  static constexpr int range_bits = 40;

  mutable std::mutex mutex_;
  std::int64_t next_;
  std::int64_t timer_floor_ns_ = 0;
  const std::int64_t end_;
  std::map<std::int64_t, std::int64_t> under_way_; ///< first → count
};

/// Ids drawn for one transaction: under way until this ends.
class sequence_lease final : public workflow::task_id_source {
public:
  explicit sequence_lease(std::shared_ptr<shard_sequence> sequence) : sequence_(std::move(sequence)) {}
  ~sequence_lease() override;
  sequence_lease(const sequence_lease&) = delete;
  sequence_lease& operator=(const sequence_lease&) = delete;

  [[nodiscard]] std::int64_t reserve(std::int64_t count) override;
  [[nodiscard]] std::int64_t earliest_timer_ns() const override { return earliest_timer_ns_; }

private:
  std::shared_ptr<shard_sequence> sequence_;
  std::vector<std::int64_t> firsts_;
  std::int64_t earliest_timer_ns_ = 0;
};

} // namespace cadenza::actors
