#include "actors/history/history_reader.hpp"
#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {

namespace admin = uber::cadence::admin::v1;

namespace {

constexpr int page_batches = 1000;
constexpr std::int64_t page_bytes = 4 << 20;

/// Looks whether a run can be read, state and history; removes it when what is stored of it is damaged.
class maintain_corrupt final : public run_command, public std::enable_shared_from_this<maintain_corrupt> {
public:
  maintain_corrupt(const actor_context& env, workflow_key workflow, std::optional<uuid> run, call_ptr asker)
    : run_command(std::move(workflow), run, std::move(asker)), env_(env) {
    everywhere = true;
    CADENZA_ASSERT(call, "an operator who has a run looked at waits for what comes of it");
  }

  outcome<void> act(workflow::transaction&) override { return {}; }
  bool changed() const override { return false; }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return "maintain_corrupt"; }

  void finished(workflow_run& run) override {
    shard_ = run.shard_index();
    branch_ = run.state().current_branch().branch();
    read(first_event_id, run.state().next_event_id());
  }

  /// The state itself could not be read.
  void failed(const error& reason) override { judge(reason); }

private:
  void read(std::int64_t from, std::int64_t to) {
    auto self = shared_from_this();
    read_branch(*env_.store, shard_, branch_, from, to, page_batches, page_bytes,
                [self, to](outcome<history_slice> slice) {
                  if (!slice)
                    return self->judge(slice.error());
                  if (const auto batches = parse_batches(*slice); !batches)
                    return self->judge(batches.error());
                  if (slice->next_event_id < to)
                    return self->read(slice->next_event_id, to);
                  self->call->reply(admin::MaintainCorruptWorkflowResponse());
                });
  }

  /// Only damage is a reason to remove anything: a run that is not there or not readable now answers that nothing was.
  void judge(const error& reason) {
    if (reason.kind != error_kind::internal_data_inconsistency) {
      env_.log(log::level::info,
               {field::workflow_id(key.workflow_id), field::run_id(run_id.str()), field::error(reason.message)},
               "workflow {workflow_id} was checked for damage: {error}");
      return call->reply(admin::MaintainCorruptWorkflowResponse());
    }
    env_.log(log::level::warn,
             {field::workflow_id(key.workflow_id), field::run_id(run_id.str()), field::error(reason.message)},
             "run {run_id} of workflow {workflow_id} is damaged and will be removed: {error}");
    remove_by_hand<admin::MaintainCorruptWorkflowResponse>(env_, key, run_id, call);
  }

  const actor_context& env_;
  int shard_ = 0;
  record::v1::HistoryBranch branch_;
};

} // namespace

run_command_ptr make_maintain_corrupt(const actor_context& env, const workflow::domain_ptr& domain,
                                      engine::body<admin::MaintainCorruptWorkflowRequest> body, call_ptr call) {
  const auto& execution = body->workflow_execution();
  return std::make_shared<maintain_corrupt>(env, workflow_key{domain->id, execution.workflow_id()}, run_of(execution),
                                            std::move(call));
}

} // namespace cadenza::actors
