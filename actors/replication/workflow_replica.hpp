#pragma once

#include "actors/base/shard_sequence.hpp"
#include "actors/base/supervised.hpp"
#include "actors/history/history_cache.hpp"
#include "actors/replication/foreign_work.hpp"
#include "actors/replication/replica_view.hpp"
#include "actors/runs/shard_mail.hpp"
#include "replication/reapply.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cadenza::actors {

/// What the actor of a workflow id that is told of hears.
struct replica_current_read {
  storage::read_result<storage::current_row> row;
};
struct replica_run_read {
  uuid run;
  storage::read_result<run_rows> rows;
};
struct replica_tree_read {
  std::string tree;
  storage::read_result<storage::history_tree> read;
};
struct replica_history_read {
  replica_view::wanted_history of;
  std::int64_t tree_version = 0; ///< before it was read
  outcome<history_slice> slice;
};
struct replica_event_read {
  replica_view::wanted_event of;
  outcome<history_slice> slice;
};
struct replica_committed {
  storage::commit_result result;
};
/// The cluster that tells has answered what it was asked for.
struct replica_events {
  outcome<std::shared_ptr<wire::v1::EventsPage>> page;
};
struct replica_signals_sent {
  outcome<void> sent;
};
struct replica_letter_kept {
  storage::commit_result result;
};
/// The reset that brings signals to a closed run is over.
struct replica_reset_over {
  outcome<void> how;
};
using replica_mail =
    std::variant<replica_current_read, replica_run_read, replica_tree_read, replica_history_read, replica_event_read,
                 replica_committed, replica_events, replica_signals_sent, replica_letter_kept, replica_reset_over>;
using replica_mail_ptr = std::shared_ptr<replica_mail>;

/// Applies what other clusters tell of one workflow id, one item after the other, by the rules of `replication/`: each
/// is one transaction over all the runs that it concerns. Races with the actors of these runs, and with starts, are
/// settled by the conditions of the transactions; whoever loses reads again.
///
/// Spawned by its history shard for the first piece of work, and ended by it when it says that none is left. Nothing of
/// it is stored; when it dies, what it had in hand ends with an error and is told again, and what was applied already
/// changes nothing the second time.
class workflow_replica final : public supervised_actor {
public:
  workflow_replica(caf::actor_config& cfg, const actor_context& env, int shard_index, std::int64_t range_id,
                   std::shared_ptr<shard_sequence> sequence, caf::actor shard, workflow_key key);

  const char* name() const override { return "workflow_replica"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  using item = std::shared_ptr<const wire::v1::FeedItem>;

  static constexpr std::size_t depth_max = 8; ///< of batches that must come before others
  static constexpr int steps_max = 8;         ///< of one item: asked for something, wrote own events, sent signals
  static constexpr int conflicts_max = 10;    ///< of one item, when others wrote the runs meanwhile
  static constexpr int rounds_max = 200;      ///< of one item: attempts of a rule, whatever for
  static constexpr int pages_max = 1000;      ///< of one item, of what must come before it
  static constexpr std::int64_t page_bytes = 1 << 20;

  /// Events that must come before an item.
  struct gap {
    run_key run;
    replication::event_range range;
    std::deque<item> batches;
    bool more = true; ///< the cluster that tells has not been asked, or has more
    int pages = 0;
  };
  /// An item that is being applied. What must come before it lies above it.
  struct frame {
    item told;
    int steps = 0;
    int conflicts = 0;
    int rounds = 0;
    bool signals_sent = false;
    std::optional<gap> first;
  };
  /// What is being written.
  struct writing {
    std::vector<replication::written_run> runs;
    std::optional<record::v1::CurrentRun> current;
    bool again = false; ///< the item is applied again afterwards
  };

  void on_mail(replica_mail& mail);
  void handle(replica_current_read& read);
  void handle(replica_run_read& read);
  void handle(replica_tree_read& read);
  void handle(replica_history_read& read);
  void handle(replica_event_read& read);
  void handle(replica_committed& over);
  void handle(replica_events& answer);
  void handle(replica_signals_sent& answer);
  void handle(replica_letter_kept& kept);
  void handle(replica_reset_over& over);

  // --- one after the other (workflow_replica.cpp)
  void go_on();
  [[nodiscard]] bool take_work();
  void next_item();
  void apply_top();
  void apply_batch(frame& top, const workflow::environment& world);
  void apply_activity(frame& top, const workflow::environment& world);
  /// False: it has tried often enough, and has been given up.
  [[nodiscard]] bool step(frame& top);
  void judge(const error& reason);
  void commit(writing made, std::shared_ptr<sequence_lease> lease, bool under_current);
  void fail_work(const error& reason);

  // --- reading the store (replica_reads.cpp)
  void read(const replica_view::needs& needs);
  /// Nothing more of it is used: the read failed.
  void unreadable(storage::status how, const std::string& message);
  void want_runs_of(const replication::foreign_batch& batch);

  // --- asking other clusters, and what cannot be applied (replica_asks.cpp)
  void fill_gap(frame& top);
  void send_signals(const replication::applied& out, const workflow::domain_view& domain);
  void bury(const error& reason);

  // --- signals, where the domain is active (replica_signals.cpp)
  void take_signals();
  [[nodiscard]] bool end_decision_in_flight(workflow::run& current, const workflow::environment& world);
  void reset_for_signals(const workflow::domain_ptr& domain, uuid run, const replication::signals_applied& out);
  void signals_over(outcome<void> how);

  [[nodiscard]] caf::actor me();
  [[nodiscard]] std::function<void(replica_mail)> teller();

  const actor_context& env_;
  const int shard_index_;
  const std::int64_t range_id_;
  const std::shared_ptr<shard_sequence> sequence_;
  const caf::actor shard_;
  const workflow_key key_;

  std::deque<foreign_work_ptr> queue_;
  std::int64_t taken_ = 0;
  foreign_work_ptr work_; ///< null: none is under way
  std::size_t at_ = 0;    ///< the next item of it
  std::vector<frame> frames_;
  std::optional<error> failed_read_; ///< of those that are under way
  int waiting_ = 0;                  ///< answers that are due
  replica_view view_;
  std::optional<writing> writing_;
  std::optional<told_signals> signals_; ///< being delivered: those of the work, or of what is being applied
  int signal_rounds_ = 0;
};

/// Delivers signals of another cluster to the current run of their workflow id; answers with wire.v1.SignalsAnswer when
/// they are on disk, or the run has had them. Any thread.
void deliver_signals(const actor_context& env, const std::string& from, const wire::v1::SignalsRequest& asked,
                     call_ptr call);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::replica_mail_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::foreign_work_ptr)
