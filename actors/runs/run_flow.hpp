#pragma once

#include "actors/base/run_message.hpp"
#include "actors/base/task_receipt.hpp"
#include "actors/runs/run_command.hpp"

#include "replication/failover.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// Where a flow is carried out.
struct flow_place {
  const actor_context& env;
  caf::actor shard; ///< of the flow's run
  std::int64_t exchange =
      0; ///< of all the flow's messages; no other flow has it, nor one of an earlier life of the shard
  /// Messages from before the shard was taken can be carried out until then, unix time in ns.
  std::int64_t quiet_from_ns = 0;
};

/// One try at a transfer task of a run that takes several steps, some of them with other runs: a state machine, whose
/// steps each flow names. A step is either the run's own (a transaction), or waits for answers to messages.
///
/// One holder at a time: a command, while the flow is at its run; the run's shard, while it waits for answers. Dropped
/// before its end, its receipt has the shard try the task again, from the run's state, which is all that lasts: so each
/// step may be taken again, and whoever is sent a message twice does nothing the second time.
class run_flow {
public:
  enum class verdict {
    act,   ///< the next step is the run's own
    wait,  ///< for answers
    over,  ///< the task is done
    again, ///< this try has come to nothing
  };

  run_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt)
    : place_(std::move(place)),
      task_(task), key_{uuid::from_raw(task.domain_id()), task.workflow_id(), uuid::from_raw(task.run_id())},
      receipt_(std::move(receipt)) {}
  virtual ~run_flow() = default;
  run_flow(const run_flow&) = delete;
  run_flow& operator=(const run_flow&) = delete;

  // --- at the run, on its actor

  /// Whether its task is still about what the run has: see `run_command::stands`.
  [[nodiscard]] bool stands(const workflow::run& run) const { return replication::stands(run, task_); }

  /// The run's own step. True: there is something to write. May run again on a fresh state.
  [[nodiscard]] virtual outcome<bool> act(workflow::transaction& tx) = 0;
  /// It is written, or there was nothing to write.
  [[nodiscard]] virtual verdict acted() = 0;
  /// It did not work.
  [[nodiscard]] virtual verdict refused(const error& reason) {
    return is_gone(reason) ? verdict::over : verdict::again;
  }

  // --- at the shard

  [[nodiscard]] virtual verdict heard(const wire::v1::RunMessage& answer) = 0;
  /// `due_ns` has come. By default the try has come to nothing, and the shard waits longer before each that follows.
  [[nodiscard]] virtual verdict silence() {
    receipt_->broken();
    return verdict::again;
  }
  /// Only memory is lost when this flow is dropped.
  [[nodiscard]] virtual bool may_be_dropped() const { return false; }

  // --- for whoever holds it

  [[nodiscard]] virtual const char* name() const = 0;
  [[nodiscard]] const run_key& key() const { return key_; }
  [[nodiscard]] const actor_context& env() const { return place_.env; }
  [[nodiscard]] const caf::actor& shard() const { return place_.shard; }
  [[nodiscard]] std::int64_t exchange() const { return place_.exchange; }
  /// How long answers are waited for, unix time in ns.
  [[nodiscard]] std::int64_t due_ns() const { return due_ns_; }
  /// The messages that are to be sent now, once somebody waits for the answers.
  [[nodiscard]] std::vector<run_message_ptr> take_outbox() { return std::exchange(outbox_, {}); }
  /// The task is done.
  void finish() {
    if (const auto receipt = std::exchange(receipt_, nullptr))
      receipt->done();
  }

protected:
  [[nodiscard]] static bool is_gone(const error& reason) {
    return reason.kind == error_kind::entity_not_exists || reason.kind == error_kind::workflow_already_completed;
  }

  /// The raw id of the run that a text names, as messages have it.
  [[nodiscard]] static std::string raw_run(const std::string& text);

  /// A message of this flow's run that goes with the next `take_outbox`; `run_id`: raw, or empty for the current run.
  wire::v1::RunMessage& tell(const uuid& domain_id, const std::string& workflow_id, const std::string& run_id);
  /// The same, as a request whose answer is waited for.
  wire::v1::RunMessage& ask(int part, const uuid& domain_id, const std::string& workflow_id, const std::string& run_id);
  void wait_until(std::int64_t ns) { due_ns_ = ns; }
  [[nodiscard]] std::int64_t now() const { return place_.env.time->now_ns(); }

  /// Whether a refusal counts for good. One that asking again would not change does, unless an earlier life of the
  /// shard may have sent the same request and it is still on its way: then what it will find is not known yet.
  [[nodiscard]] bool for_good(const wire::v1::RunMessage& answer) const;

  const flow_place place_;
  const record::v1::TransferTask task_;
  const run_key key_;
  receipt_ptr receipt_;

private:
  std::int64_t due_ns_ = 0;
  std::vector<run_message_ptr> outbox_;
};

using run_flow_ptr = std::unique_ptr<run_flow>;

/// The flow that carries out a transfer task; null: tasks of that type are commands.
[[nodiscard]] run_flow_ptr make_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt);

/// Has the flow's run take the step that is its own.
[[nodiscard]] run_command_ptr make_flow_step(run_flow_ptr flow);

// --- the flows (flow_*.cpp)
[[nodiscard]] run_flow_ptr make_close_flow(flow_place place, const record::v1::TransferTask& task, receipt_ptr receipt);
[[nodiscard]] run_flow_ptr make_start_child_flow(flow_place place, const record::v1::TransferTask& task,
                                                 receipt_ptr receipt);
[[nodiscard]] run_flow_ptr make_signal_flow(flow_place place, const record::v1::TransferTask& task,
                                            receipt_ptr receipt);
[[nodiscard]] run_flow_ptr make_cancel_flow(flow_place place, const record::v1::TransferTask& task,
                                            receipt_ptr receipt);

} // namespace cadenza::actors
