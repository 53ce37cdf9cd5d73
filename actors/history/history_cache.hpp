#pragma once

#include "uber/cadence/api/v1/history.pb.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace cadenza::actors {

/// Whole stored batches of one run's history, serialized one after the other: a valid api.v1.History message, since
/// repeated fields concatenate.
struct history_slice {
  std::string bytes;
  std::int64_t first_event_id = 0;
  std::int64_t next_event_id = 0; ///< first event id after the slice
  bool at_end = true;             ///< the asked-for range is exhausted
  std::vector<std::size_t> ends;  ///< where each batch ends in `bytes`
};

/// The last batches of a run's history, as written, so that workers that follow a run closely never read the store.
class history_cache {
public:
  explicit history_cache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Adds the batch that follows; drops the oldest ones beyond the limit.
  void append(std::string bytes, std::shared_ptr<const uber::cadence::api::v1::History> batch,
              std::int64_t first_event_id, std::int64_t next_event_id);

  /// An event of a cached batch or one fetched for a rule; null when it is not here.
  [[nodiscard]] const uber::cadence::api::v1::HistoryEvent* find(std::int64_t event_id);

  /// Keeps a batch that was read for its own sake (an old event a rule asked for), at least until `trim_kept`.
  void keep(std::shared_ptr<const uber::cadence::api::v1::History> batch);

  /// The rule is over: only the newest of the batches kept for rules stay.
  void trim_kept();

  /// True when every event of [from, to) is in cached batches and `from` begins one.
  [[nodiscard]] bool covers(std::int64_t from, std::int64_t to) const;

  /// Whole batches from the one that begins with `from`, up to `to` (exclusive), at most `max_batches` and about
  /// `max_bytes`. Only when covers(from, to).
  [[nodiscard]] history_slice slice(std::int64_t from, std::int64_t to, int max_batches, std::int64_t max_bytes) const;

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  void clear();

private:
  struct entry {
    std::int64_t first = 0;
    std::int64_t next = 0;
    std::string bytes;
    std::shared_ptr<const uber::cadence::api::v1::History> batch;
  };
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<entry> entries_;
  std::vector<std::shared_ptr<const uber::cadence::api::v1::History>> kept_;
};

} // namespace cadenza::actors
