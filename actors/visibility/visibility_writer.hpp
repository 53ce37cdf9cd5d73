#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/restart_backoff.hpp"
#include "actors/base/supervised.hpp"
#include "actors/base/tick.hpp"
#include "actors/visibility/visibility_mail.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace cadenza::actors {

/// Opens the visibility store; called again after a failure that only a fresh store can mend.
using visibility_opener = std::function<outcome<std::unique_ptr<storage::visibility_store>>()>;

/// Writes the visibility store from the durable tasks of the history shards, in batches, and answers lists. It blocks
/// on the disk, so it runs on a thread of its own.
///
/// A list is answered after everything that reached this actor before it: whoever was told of a start or a close finds
/// it there. A task counts as done only when the store has it on disk; until then its shard keeps it.
///
/// Death or failure: the shards send their tasks again, after growing pauses while the store is broken; execution never
/// waits for this actor.
class visibility_writer final : public supervised_actor {
public:
  visibility_writer(caf::actor_config& cfg, const actor_context& env, visibility_opener open);

  const char* name() const override { return "visibility_writer"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  void on_mail(visibility_mail& mail);
  void write();
  void make_durable();
  void count_open();
  void answer(visibility_list& asked);
  [[nodiscard]] bool ready();
  [[nodiscard]] bool pausing() const;
  void failed(log::sentence says, const error& why, std::int64_t changes = 0);

  const actor_context& env_;
  visibility_opener open_;
  std::unique_ptr<storage::visibility_store> store_;
  std::vector<storage::visibility_change> pending_;
  std::vector<receipt_ptr> pending_receipts_;
  std::vector<receipt_ptr> applied_; ///< in the store, not yet surely on disk
  // After a failure nothing is tried for a while; longer with each that follows.
  restart_backoff pauses_;
  std::int64_t paused_at_ns_ = 0;
  std::int64_t pause_until_ns_ = 0;
  std::int64_t counted_ns_ = 0;     ///< when the open runs were counted last
  std::int64_t count_again_ns_ = 0; ///< not before
  bool changed_ = true;             ///< since they were counted
};

} // namespace cadenza::actors
