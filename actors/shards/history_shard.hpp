#pragma once

#include "actors/base/lost_ranges.hpp"
#include "actors/base/run_message.hpp"
#include "actors/base/supervised.hpp"
#include "actors/base/tick.hpp"
#include "actors/runs/shard_mail.hpp"
#include "actors/shards/seen_requests.hpp"
#include "actors/shards/timer_queue.hpp"
#include "actors/shards/transfer_tasks.hpp"

#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <variant>

namespace cadenza::actors {

/// "Look at what other clusters wait for."
struct feed_tick {};

/// One history shard: its lease in the store, its transfer and timer queues, and the runs of it that are in memory.
///
/// It takes the shard by raising the stored range id, reloads what its queues had not finished, and from then on routes
/// each request to the actor of the run it is about, spawning that when it is not in memory. Several incarnations may
/// exist for a moment: only the one with the highest range id can write.
///
/// Death: the supervisor spawns it again; runs are killed with it; requests under way answer UNAVAILABLE. Nothing that
/// was acknowledged is lost: state is in the store, and unfinished tasks are loaded again from the last ack level.
class history_shard final : public supervised_actor {
public:
  history_shard(caf::actor_config& cfg, const actor_context& env, int index);

  const char* name() const override { return "history_shard"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  using request = std::variant<run_command_ptr, start_request_ptr>;

  /// Requests that wait while the shard loads; further ones are answered ServiceBusy.
  static constexpr std::size_t before_ready_max = 10'000;

  /// What is known of a workflow id while something of it is in memory.
  struct workflow_entry {
    enum class knowledge { none, reading, known };
    knowledge state = knowledge::none;
    std::optional<record::v1::CurrentRun> current; ///< when known: absent ⇒ there is no run
    std::optional<uuid> creating;                  ///< the run of it that is being made
    bool told_meanwhile = false;                   ///< a commit told what is current while it was being made
    int runs_in_memory = 0;
    std::deque<request> waiting;
  };

  struct run_entry {
    caf::actor handle;
    std::int64_t bytes = 0;
    std::int64_t last_used_ns = 0;
    bool closed = false;
    bool making = false; ///< being made, for the workflow entry's `creating`
    std::list<run_key>::iterator recency;
  };

  /// Where the shard is in its life. It only goes forward.
  enum class phase {
    starting,
    reading,   ///< its row
    acquiring, ///< raising the range id
    loading,   ///< its queues
    ready,
  };

  // --- life (history_shard.cpp)
  void acquire();
  void on_mail(shard_mail& mail);
  void handle(shard_row_read&);
  void handle(shard_acquired&);
  void handle(start_request_ptr&);
  void handle(std::shared_ptr<commit_note>&);
  void tell_written(const commit_note& note);
  void take_transfer(commit_note& note);
  void handle(current_known&);
  void handle(run_left&);
  void handle(reroute&);
  void handle(flow_waits&);
  void handle(create_with&);
  void handle(create_refused&);
  void handle(task_removed& removed);
  void adopt(adopted_run made);
  void handle(run_used&);
  void handle(transfer_loaded&);
  void handle(timers_loaded&);
  void handle(acks_written&);
  void handle(transfer_read&);
  void handle(shard_query&);
  void handle(shard_order&);
  void handle(waits_over&);
  void handle(foreign_work_ptr& work);
  void handle(feed_request_ptr& asked);
  void handle(feed_read& read);
  void handle(replica_idle& idle);
  void handle(domains_told&);
  void handle(standby_over& over);
  void on_run_down(const caf::down_msg&);
  void on_tick(std::uint64_t generation);
  void on_retries(std::uint64_t generation);
  void on_housekeeping();

  // --- runs (shard_runs.cpp)
  void route(run_command_ptr command);
  [[nodiscard]] outcome<void> may_start(const workflow_entry& entry, const workflow_key& key) const;
  void decide_start(workflow_entry& entry, start_request_ptr asked);
  void signal_with_start(const record::v1::CurrentRun& current, start_request_ptr asked);
  void end_and_start(const uuid& current, start_request_ptr asked);
  void create_run(workflow_entry& entry, start_request_ptr request,
                  std::optional<storage::current_condition> condition);
  void to_run(const run_key& key, run_command_ptr command);
  run_entry& spawn_run(const run_key& key, std::shared_ptr<workflow::run> state,
                       std::vector<std::shared_ptr<const uber::cadence::api::v1::History>> batches, bool fresh);
  void forget_run(const run_key& key);
  void drain(const workflow_key& key);
  void read_current(const workflow_key& key, workflow_entry& entry);
  void refuse_waiting(const workflow_key& key, const error& reason);
  void touch(run_entry& entry);
  void evict();

  // --- queues (shard_queues.cpp)
  void load_transfer(std::int64_t after);
  void load_timers();
  void scan_timers(std::int64_t from_ns, std::int64_t from_id, std::int64_t up_to_ns);
  void dispatch(const record::v1::TransferTask& task);
  void carry_out(const record::v1::TransferTask& task, receipt_ptr receipt);
  void push_to_matching(const record::v1::TransferTask& task, receipt_ptr receipt);
  void on_over(const task_over& over);
  void on_transfer_over(std::int64_t id);
  void try_later(std::int64_t id, bool patient);
  void arm_retries();
  void lose_transfer(storage::unreadable_range range);
  void lose_timers(storage::unreadable_range range);
  void tell_lost(const lost_ranges& lost, const char* queue, const char* what, bool quiet) const;
  void fire(const record::v1::TimerTask& task);
  void arm();
  void write_acks();
  void ready_if_loaded();

  // --- what other clusters are told (shard_feeds.cpp)
  void feed(feed_request_ptr asked);
  void wait_to_feed(feed_request_ptr asked);
  void look_at_feeds();
  void look_at_feeds_soon();
  void note_told(std::int64_t task_id);
  [[nodiscard]] std::int64_t applied_by_all() const;
  /// Into the row; true: it has changed.
  [[nodiscard]] bool take_over_applied();

  // --- runs that are active in another cluster (shard_standby.cpp)
  /// The domain is one of several clusters, and this is not where it is active.
  [[nodiscard]] bool active_elsewhere(const uuid& domain_id) const;
  /// Keeps a task of such a domain. False: it is to be carried out.
  [[nodiscard]] bool stands_by(const record::v1::TransferTask& task, receipt_ptr& receipt);
  [[nodiscard]] bool stands_by(const record::v1::TimerTask& task, receipt_ptr& receipt);
  void stand_by(const run_key& key, standby_task_ptr task);
  void check_standby(const workflow_key& key);
  void forget_standby(std::size_t count);
  void carry_on(const record::v1::TransferTask& task, receipt_ptr receipt);
  void carry_on(const record::v1::TimerTask& task, receipt_ptr receipt);

  // --- what runs say to each other (shard_flows.cpp)
  void on_message(run_message_ptr message);
  void on_command(run_command_ptr command);
  void answered(const wire::v1::RunMessage& answer);
  [[nodiscard]] flow_place place_of_flow();
  void keep_flow(run_flow_ptr flow);
  [[nodiscard]] run_flow_ptr take_flow(std::int64_t number);
  void go_on(run_flow_ptr flow, run_flow::verdict verdict);
  void look_at_flows();

  // --- what other clusters tell (shard_replicas.cpp)
  /// True: the actor that has ended was one of those.
  bool on_replica_down(const caf::down_msg& down);
  void end_replicas();

  // --- what operators have it do (shard_orders.cpp)
  void remove_run(shard_order order);
  void remove_task(shard_order order);
  void reset_queue(shard_queue queue);

  [[nodiscard]] std::int64_t now() const { return env_.time->now_ns(); }
  [[nodiscard]] caf::actor me();
  void become(phase next);
  /// The maps of runs in memory say the same.
  void check_runs() const;

  const actor_context& env_;
  const int index_;
  phase phase_ = phase::starting;
  std::int64_t range_id_ = 0;
  std::int64_t taken_ns_ = 0; ///< when it had its range
  record::v1::Shard row_;
  std::shared_ptr<shard_sequence> sequence_;

  std::unordered_map<workflow_key, workflow_entry> workflows_;
  std::unordered_map<run_key, run_entry> runs_;
  std::unordered_map<caf::actor_addr, run_key> by_address_;
  std::list<run_key> recency_;       ///< most recently used first
  std::deque<request> before_ready_; ///< at most before_ready_max

  /// Those that apply what other clusters tell of a workflow id, while there is something to apply.
  struct replica_entry {
    caf::actor handle;
    std::int64_t sent = 0; ///< pieces of work
  };
  std::unordered_map<workflow_key, replica_entry> replicas_;
  std::unordered_map<caf::actor_addr, workflow_key> replica_by_address_;

  std::unordered_map<std::int64_t, run_flow_ptr> flows_;      ///< those that wait for answers, by number
  std::set<std::pair<std::int64_t, std::int64_t>> flows_due_; ///< (until when, number)
  std::int64_t last_flow_ = 0;
  seen_requests seen_starts_; ///< of children

  std::vector<feed_request_ptr> feeds_;         ///< those that wait, one for each cluster at most
  std::map<std::string, std::int64_t> applied_; ///< by cluster: replication tasks up to this id are applied there
  std::int64_t told_up_to_ = INT64_MAX; ///< the queue was read up to here, and there was nothing behind; at first
                                        ///< nobody has looked
  std::int64_t newest_told_ = 0;        ///< of the replication tasks of commits that are over
  bool feeds_armed_ = false;

  std::unordered_map<workflow_key, std::vector<standby_task_ptr>> standby_;
  std::size_t standby_count_ = 0; ///< of all of them

  transfer_tasks transfer_;
  timer_queue timers_;
  bool transfer_loaded_ = false;
  bool timers_loaded_once_ = false;
  bool timers_loading_ = false;
  std::int64_t armed_for_ns_ = INT64_MAX;
  std::uint64_t generation_ = 0;
  std::int64_t retries_armed_for_ns_ = INT64_MAX;
  std::uint64_t retries_generation_ = 0;

  // A timer ack level is only safe once every transaction begun before it was taken is over.
  std::int64_t timer_level_candidate_ns_ = 0;
  std::int64_t candidate_sequence_ = 0;
  std::int64_t timer_level_ns_ = 0;
  bool acks_in_flight_ = false;
  // How far the queues are done. What is stored as their ack levels stays in front of what could not be read.
  std::int64_t transfer_done_ = 0;
  std::int64_t timers_done_ns_ = 0;
  lost_ranges lost_transfer_; ///< task ids
  lost_ranges lost_timers_;   ///< fire times
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::feed_tick)
