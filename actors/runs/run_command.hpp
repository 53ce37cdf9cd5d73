#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/call.hpp"
#include "actors/base/shard_sequence.hpp"
#include "workflow/transaction.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::actors {

class workflow_run;

/// One request to one run, as it travels from whoever asks over the history shard to the run's actor. There is one
/// derived class for each kind of request; the run's actor treats them all alike:
///
///   act() on an open transaction → nothing changed: finished() at once
///                                → changed: commit → finished(), or failed() / a fresh try after a conflict
///
/// A command is owned by one holder at a time. Dropped without an end, its call answers UNAVAILABLE by itself.
class run_command {
public:
  /// Without `run` the command is for the workflow's current run. `asker` may be null: nobody waits.
  run_command(workflow_key workflow, std::optional<uuid> run, call_ptr asker = nullptr)
    : key(std::move(workflow)), named(run), run_id(run.value_or(uuid{})), call(std::move(asker)) {}
  virtual ~run_command() = default;
  run_command(const run_command&) = delete;
  run_command& operator=(const run_command&) = delete;

  /// The rules. May run again on a fresh state after a conflict or when an event had to be read first.
  [[nodiscard]] virtual outcome<void> act(workflow::transaction& tx) = 0;

  /// After act(): whether there is something to write.
  [[nodiscard]] virtual bool changed() const { return true; }

  /// The writes are on disk, or there were none. The place to answer the call.
  virtual void finished(workflow_run& run) = 0;

  /// It did not work; nothing was changed. By default the call is told.
  virtual void failed(const error& reason) {
    if (call)
      call->reject(reason);
  }

  /// Commands that make the run: condition on the workflow id's current-run row. Others: nothing.
  [[nodiscard]] virtual std::optional<storage::current_condition> creates() const { return std::nullopt; }

  /// Commands that close a second run's transaction inside act() ask for task ids of their own.
  [[nodiscard]] virtual bool needs_ids() const { return false; }

  /// Commands that make a run without act(): the run and what is to be written. Only asked on a fresh run whose
  /// command says `builds()`.
  [[nodiscard]] virtual bool builds() const { return false; }
  [[nodiscard]] virtual outcome<std::unique_ptr<workflow::successor>> build(const workflow::environment& env) {
    (void)env;
    return internal_error("nothing to build");
  }

  /// Only for commands that make a run: the workflow id has a current run already, or there was a failure that is worth
  /// another decision of the shard. True: the command has seen to it (sent the shard a create_refused).
  [[nodiscard]] virtual bool refused(workflow_run& run, const std::string& current) {
    (void)run;
    (void)current;
    return false;
  }

  /// The history tree that the command shares has changed since it was read: nothing was written.
  virtual void tree_changed(workflow_run& run) {
    (void)run;
    failed(service_busy("the history that is shared has changed"));
  }

  /// A request of `remembered` has been carried out before, and the run `before` was the answer; nothing was changed
  /// now.
  virtual void repeated(workflow_run& run, const uuid& before) {
    (void)before;
    finished(run);
  }

  /// What to do when the run turns out to be closed although the command asked for the current one: try the run that is
  /// current then. Commands that handle closed runs themselves say no.
  [[nodiscard]] virtual bool wants_open_run() const { return true; }

  /// Whether what a task wants is still about what the run has (replication::stands). Only asked where the domain lives
  /// in several clusters.
  [[nodiscard]] virtual bool stands(const workflow::run& run) const {
    (void)run;
    return true;
  }

  /// Name for logs and metrics.
  [[nodiscard]] virtual const char* name() const = 0;

  workflow_key key;
  const std::optional<uuid> named; ///< the run that was asked for; nothing: the current one
  uuid run_id;                     ///< the run it goes to; without `named` it is known when the shard has sent it on
  call_ptr call;                   ///< may be null
  std::shared_ptr<sequence_lease> ids; ///< set before act() or build() when needs_ids()
  int tries = 0;                       ///< conflicts and re-routings so far
  /// It only reads, or does what each cluster does for itself. Anything else is done where the run's domain is active.
  bool everywhere = false;

  /// A request by its id; without `run_id` the run itself is the answer to whoever asks again.
  struct request_mark {
    storage::request_kind kind;
    std::string request_id;
    std::optional<uuid> run_id;
  };
  /// Where a domain has strong idempotency: what is remembered beyond the run when the command is carried out. Known
  /// after act() or build().
  std::vector<request_mark> remembered;
};

using run_command_ptr = std::shared_ptr<run_command>;

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::run_command_ptr)
