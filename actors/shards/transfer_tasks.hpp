#pragma once

#include "cadenza/record/v1/task.pb.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// The stored transfer tasks of a shard that are not over: which, up to where the queue is finished, and when those
/// that did not work out are tried again. Pure data: the shard's actor gives it the time.
///
/// At most `held_max` tasks are kept in memory as such; of further ones only the id is, and whoever tries them again
/// reads them from the store. So a queue that does not move (the lists' store is broken, say) costs little.
class transfer_tasks {
public:
  explicit transfer_tasks(std::size_t held_max) : held_max_(held_max) {}

  /// Null when it is known already. Else where the task is now: it is taken while there is room, and left otherwise.
  const record::v1::TransferTask* add(record::v1::TransferTask& task);
  /// It is over. False when it was not known.
  bool done(std::int64_t id);
  [[nodiscard]] bool contains(std::int64_t id) const { return undone_.contains(id); }
  [[nodiscard]] std::size_t size() const { return undone_.size(); }
  [[nodiscard]] std::size_t held() const { return held_; }
  /// Null when it is not known, or only in the store.
  [[nodiscard]] const record::v1::TransferTask* find(std::int64_t id) const;
  [[nodiscard]] std::vector<std::int64_t> ids() const;

  /// Every id up to this is finished; `settled_below`: ids below it belong to commits that are over.
  [[nodiscard]] std::int64_t level(std::int64_t settled_below) const;

  /// It did not work out: another try after `first_ns`, and with `patient` twice as long after each further failure, up
  /// to `patience_max_ns`. Nothing happens when it is over.
  void failed(std::int64_t id, std::int64_t now_ns, bool patient);
  /// When the next try is due; INT64_MAX when none is.
  [[nodiscard]] std::int64_t next_due() const { return tries_.empty() ? INT64_MAX : tries_.begin()->first; }
  /// Takes up to `limit` ids whose next try is due, earliest first.
  [[nodiscard]] std::vector<std::int64_t> take_due(std::int64_t now_ns, std::size_t limit);

  static constexpr std::int64_t first_ns = 1'000'000'000;
  static constexpr std::int64_t patience_max_ns = 32 * first_ns;

private:
  struct entry {
    std::unique_ptr<record::v1::TransferTask> task; ///< null: only in the store
    std::int64_t due_ns = 0;                        ///< of its next try; 0: somebody carries it out
    int failures = 0;
  };
  const std::size_t held_max_;
  std::size_t held_ = 0;
  std::map<std::int64_t, entry> undone_;
  std::set<std::pair<std::int64_t, std::int64_t>> tries_; ///< due, id
};

} // namespace cadenza::actors
