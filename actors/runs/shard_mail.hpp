#pragma once

#include "actors/base/shard_sequence.hpp"
#include "actors/base/task_receipt.hpp"
#include "actors/runs/run_command.hpp"
#include "actors/runs/run_flow.hpp"
#include "actors/runs/standby_task.hpp"
#include "workflow/start.hpp"

#include <caf/actor_addr.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What history shards are sent: by runs, by the engine and by themselves. One mail type, a shared pointer to a
/// variant. Nothing of this leaves the process.
namespace cadenza::actors {

struct foreign_work; ///< actors/replication/foreign_work.hpp
struct feed_request; ///< actors/replication/feed_request.hpp

/// A request about a workflow id that may make a run (start, signal with start, child start): the shard decides between
/// the current run and a new one.
struct start_request {
  workflow_key key;
  std::shared_ptr<const uber::cadence::api::v1::StartWorkflowExecutionRequest> request;
  std::int32_t backoff_s = 0;
  std::optional<workflow::first_signal> signal; ///< signal with start: an open run is just signalled
  std::optional<workflow::parent_link> parent;
  workflow::carried_over carried; ///< of a child: what it takes over from its parent
  call_ptr call;                  ///< StartWorkflowExecutionResponse or SignalWithStart…Response (the same bytes)
  std::int64_t expires_ns = INT64_MAX; ///< no run is made later than this
  int tries = 0;
  /// Signal with start: this run is closed, and has not had the signal.
  std::optional<uuid> not_signalled;
};
using start_request_ptr = std::shared_ptr<start_request>;

/// A run made by the transaction of another one, ready to live.
struct adopted_run {
  run_key key;
  std::shared_ptr<workflow::run> state;
  std::vector<std::shared_ptr<const uber::cadence::api::v1::History>> batches;
};

/// A commit of a run of this shard is over. Sent by the commit itself, not by the run, so that the tasks of a run that
/// died meanwhile are carried out all the same.
struct commit_note {
  run_key run;
  caf::actor_addr by; ///< the actor that made the transaction; it may be dead
  /// Further runs of the same workflow id that it has written, of what another cluster has told.
  std::vector<run_key> also;
  std::optional<adopted_run> next;
  storage::commit_result result;
  std::vector<record::v1::TransferTask> transfer;
  std::vector<receipt_ptr> receipts; ///< one for each transfer task, once committed
  std::vector<record::v1::TimerTask> timers;
  /// In-memory timers that this commit made pointless: (fire time, task id).
  std::vector<std::pair<std::int64_t, std::int64_t>> pointless_timers;
  std::optional<record::v1::CurrentRun> current; ///< of run's workflow id, when it changed
  bool removed = false;                          ///< the run is gone from the store (retention, an operator)
  std::int64_t last_told = 0;                    ///< id of its last replication task; 0: it has none
  bool has_family = true; ///< on close: a parent to tell or children to end; false spares the visit to the run
  std::shared_ptr<sequence_lease> lease;
};

struct current_known {
  workflow_key key;
  storage::read_result<storage::current_row> row;
};

/// A run answers a request to leave memory; from now on it sends back what it still gets.
struct run_left {
  run_key key;
};

/// A run sends back a command that belongs to another incarnation or another run.
struct reroute {
  run_command_ptr command;
  bool run_closed = false; ///< the command wanted an open run, and `command->run_id` is closed
};

/// A flow waits for answers, which come to the shard.
struct flow_waits {
  run_flow_ptr flow;
};

/// Makes a run with a command of its own (reset of a closed workflow).
struct create_with {
  run_key key;
  run_command_ptr command;
};

/// A run was not made after all.
struct create_refused {
  start_request_ptr request; ///< to be decided again; null: it was answered
  run_key tried;
  std::string current; ///< record.v1.CurrentRun that is there; empty: unknown
};

struct run_used {
  run_key key;
  std::int64_t bytes = 0;
  bool closed = false;
};

struct shard_row_read {
  storage::read_result<std::string> row;
};
struct shard_acquired {
  storage::commit_result result;
  std::int64_t range_id = 0;
};
struct transfer_loaded {
  storage::page<transfer_row> page;
};
struct timers_loaded {
  storage::page<timer_row> page;
  std::int64_t up_to_ns = 0;
};
struct acks_written {
  storage::commit_result result;
};
/// A transfer task that was not in memory any more, for another try.
struct transfer_read {
  std::int64_t task_id = 0;
  storage::page<transfer_row> page;
};

/// What an operator asks of a shard.
struct shard_query {
  enum class kind { describe, list_runs, kill_run, kill_replica, kill_self };
  kind what = kind::describe;
  std::string text;
  std::function<void(std::vector<std::pair<std::string, std::int64_t>>)> answer;
  std::function<void(std::vector<std::pair<std::string, caf::actor>>)> runs{}; ///< of list_runs
};

/// What went when a run was removed by hand.
struct removal_report {
  bool history = false;
  bool execution = false;
  bool visibility = false; ///< its removal from the lists is durable
};

enum class shard_queue { transfer, timer, replication };

/// What an operator has a shard do (shard_orders.cpp). `answer` runs once, on any thread; dropped with the shard.
struct shard_order {
  enum class kind {
    remove_run,  ///< `run_id` of `workflow`, without one the current run. Works on rows that cannot be read any more
    remove_task, ///< `queue`, `task_id`, of a timer also `fire_ns`; a task that is not there is none the worse
    reset_queue, ///< carries out again everything of `queue` that is not below its stored ack level
  };
  kind what = kind::remove_run;
  workflow_key workflow;
  std::optional<uuid> run_id;
  shard_queue queue = shard_queue::transfer;
  std::int64_t task_id = 0;
  std::int64_t fire_ns = 0;
  std::function<void(outcome<removal_report>)> answer;
};

/// An operator's removal of a task has been written.
struct task_removed {
  shard_order order;
};

/// The node is about to end: whoever waits for news of a run is told that there is none.
struct waits_over {};

/// What another cluster tells of a workflow id (shard_replicas.cpp).
using foreign_work_ptr = std::shared_ptr<foreign_work>;
/// Another cluster asks for the tasks behind those that it has (shard_feeds.cpp).
using feed_request_ptr = std::shared_ptr<feed_request>;
/// Tasks have been read for another cluster, and none of them concerns it.
struct feed_read {
  feed_request_ptr request;
  bool more = false; ///< there was not all of the queue in them
};
/// The actor that applies what other clusters tell of a workflow id has nothing left to do.
struct replica_idle {
  workflow_key key;
  std::int64_t taken = 0; ///< pieces of work that it has had since it was spawned
};
/// Domains have changed: what waits for one to become active here goes on.
struct domains_told {};

/// These tasks of a run have become pointless while they waited.
struct standby_over {
  run_key key;
  std::vector<standby_task_ptr> tasks;
};

using shard_mail =
    std::variant<start_request_ptr, std::shared_ptr<commit_note>, current_known, run_left, reroute, flow_waits,
                 create_with, create_refused, run_used, shard_row_read, shard_acquired, transfer_loaded, timers_loaded,
                 acks_written, transfer_read, shard_query, shard_order, task_removed, waits_over, foreign_work_ptr,
                 feed_request_ptr, feed_read, replica_idle, domains_told, standby_over>;
using shard_mail_ptr = std::shared_ptr<shard_mail>;

template <class T> [[nodiscard]] shard_mail_ptr make_shard_mail(T&& content) {
  return std::make_shared<shard_mail>(std::forward<T>(content));
}

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::shard_mail_ptr)
