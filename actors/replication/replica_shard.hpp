#pragma once

#include "actors/base/supervised.hpp"
#include "actors/replication/foreign_work.hpp"
#include "actors/replication/replica_streams.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace cadenza::actors {

/// What the actor that takes a shard of another cluster hears.
struct replica_page {
  outcome<std::shared_ptr<wire::v1::FeedPage>> page;
};
struct replica_work_over {
  workflow_key key; ///< without a workflow id: items that name none
  outcome<void> how;
};
using replica_shard_mail = std::variant<replica_page, replica_work_over>;
using replica_shard_mail_ptr = std::shared_ptr<replica_shard_mail>;

/// Takes what one shard of another cluster tells of runs: asks for it page by page, hands it to the shards here that
/// hold the workflow ids, and says with the next question up to where all of it is applied and on disk. It reads ahead
/// while work is under way, up to a bound. What failed is handed on again after a growing pause, and only what concerns
/// the same workflow id waits behind it.
///
/// Nothing of it is stored: made anew, it begins behind what the other cluster knows to be applied here. What it is
/// told twice changes nothing.
class replica_shard final : public supervised_actor {
public:
  /// `shard` of the `remote_shard_count` shards that `cluster` has.
  replica_shard(caf::actor_config& cfg, const actor_context& env, std::string cluster, int shard,
                int remote_shard_count);

  const char* name() const override { return "replica_shard"; }
  void on_exit() override;

  static constexpr int page_tasks = 200;
  static constexpr std::int64_t page_bytes = 1 << 20;
  static constexpr std::size_t open_tasks_max = 2000; ///< no more is asked for while more are not over
  static constexpr std::size_t open_bytes_max = 8 << 20;

protected:
  caf::behavior make_behavior() override;

private:
  void handle(replica_page& page);
  void handle(replica_work_over& over);
  void on_time();
  void ask();
  void take(const wire::v1::FeedPage& page);
  void begin_anew(std::string why);
  void hand_out();
  void hand_out(replica_streams::piece piece);
  void note_lag();
  void arm();
  [[nodiscard]] std::int64_t now() const { return env_.time->now_ns(); }
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  const std::string cluster_;
  const int shard_;
  const int remote_shard_count_;

  replica_streams open_;
  std::int64_t after_ = -1; ///< told up to here; negative: nothing yet
  bool asking_ = false;
  std::int64_t pause_ns_ = 0; ///< before the next question; 0: the last one was answered
  std::int64_t ask_at_ns_ = 0;
  bool failing_ = false;           ///< it was told of once
  std::int64_t answered_ns_ = 0;   ///< when the last answer came, by the clock here
  std::int64_t source_now_ns_ = 0; ///< what it said the time was
  bool ended_ = false;             ///< another is made anew in its place
  std::uint64_t generation_ = 0;
  std::int64_t armed_for_ns_ = INT64_MAX;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::replica_shard_mail_ptr)
