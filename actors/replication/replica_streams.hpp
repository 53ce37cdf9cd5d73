#pragma once

#include "messages/records.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// What a shard of another cluster has told and is not applied yet, by workflow id: one piece of each is under way at a
/// time, in order; a piece that failed waits for a while and holds up nothing else. Pure data: its actor gives it the
/// time.
class replica_streams {
public:
  using item = std::shared_ptr<const wire::v1::FeedItem>;
  struct piece {
    workflow_key key;
    std::vector<item> items;
  };

  /// Task ids grow.
  void add(workflow_key key, item told);
  /// The next piece that may go; it counts as under way from here on. Nothing: none may.
  [[nodiscard]] std::optional<piece> take(std::int64_t now_ns);
  /// How a piece ended; the number of its items.
  std::size_t done(const workflow_key& key);
  std::size_t failed(const workflow_key& key, std::int64_t now_ns);

  /// The oldest item that is not over; null: all are.
  [[nodiscard]] const wire::v1::FeedItem* oldest() const;
  /// When a piece that failed may go again; INT64_MAX: none waits.
  [[nodiscard]] std::int64_t next_due() const { return paused_.empty() ? INT64_MAX : paused_.begin()->first; }
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  static constexpr std::size_t piece_items = 64;
  static constexpr std::int64_t first_pause_ns = 100'000'000;
  static constexpr std::int64_t longest_pause_ns = 30'000'000'000;

private:
  struct stream {
    std::deque<item> waiting;
    std::vector<item> under_way;
    std::int64_t pause_ns = 0; ///< of the last failure; 0: there was none since the last success
  };

  std::map<workflow_key, stream> streams_;
  std::deque<workflow_key> ready_;                         ///< something waits, nothing is under way, no pause
  std::set<std::pair<std::int64_t, workflow_key>> paused_; ///< due, key
  std::map<std::int64_t, item> open_;                      ///< by task id
  std::size_t bytes_ = 0;
};

} // namespace cadenza::actors
