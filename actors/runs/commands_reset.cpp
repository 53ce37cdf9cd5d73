#include "actors/history/history_reader.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"
#include "messages/shard_hash.hpp"
#include "workflow/replay.hpp"
#include "workflow/reset_points.hpp"
#include "workflow/start.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr int tries_max = 5;
constexpr int chain_max = 1000;

/// Everything a reset collects before it is carried out. The steps run on the store's threads, one after the other.
struct reset_flow : std::enable_shared_from_this<reset_flow> {
  const actor_context& env;
  workflow::domain_ptr domain;
  engine::body<api::ResetWorkflowExecutionRequest> request;
  call_ptr call;
  workflow_key key;
  int shard = 0;
  int tries = 0;
  std::optional<uuid> only_while;              ///< the reset is pointless when another run is current
  std::vector<api::HistoryEvent> told_signals; ///< of other clusters: behind those of the base, by their request ids

  record::v1::CurrentRun current;
  uuid base_id;
  std::unique_ptr<workflow::run> base;
  std::int64_t tree_version = 0; ///< of the base's history tree
  std::vector<workflow::batch> base_history;
  std::vector<api::HistoryEvent> signals; ///< to be reapplied, of stored events
  uuid newest;                            ///< the last run that was read, and up to which event
  std::int64_t newest_next_event_id = 0;
  std::optional<api::HistoryEvent> finish_event;

  explicit reset_flow(const actor_context& e) : env(e) {}

  void begin() {
    base.reset();
    base_history.clear();
    signals.clear();
    finish_event.reset();
    env.store->shards().read_current(
        shard, key, [self = shared_from_this()](storage::read_result<storage::current_row> row) {
          if (row.outcome != storage::status::committed)
            return self->call->reject(unavailable("the store cannot read right now: " + row.message));
          if (!row.value || !self->current.ParseFromString(row.value->value))
            return self->call->reject(no_workflow(self->key.workflow_id));
          const auto named = uuid::parse(self->request->workflow_execution().run_id());
          self->base_id = named.value_or(uuid::from_raw(self->current.run_id()));
          if (const auto before = self->done_before())
            return self->reply(*before);
          if (self->only_while && self->current.run_id() != self->only_while->raw())
            return self->reply(uuid::from_raw(self->current.run_id()));
          self->read_run(self->base_id, 0);
        });
  }

  /// The run that the same request has made.
  [[nodiscard]] std::optional<uuid> done_before() const {
    const auto& id = request->request_id();
    // Runs that an earlier version has reset are named after the reset.
    if (!id.empty() && current.create_request_id() == id)
      return uuid::from_raw(current.run_id());
    return workflow::answered_before(current.earlier_requests(), record::v1::REQUEST_RESET, id,
                                     workflow::content_of(*request));
  }

  void reply(const uuid& run) const {
    api::ResetWorkflowExecutionResponse response;
    response.set_run_id(run.str());
    call->reply(response);
  }

  /// `depth` 0: the base run; else a run that followed it by continuing as new.
  void read_run(const uuid& run, int depth) {
    env.store->shards().read_run(
        shard, {key.domain_id, key.workflow_id, run},
        [self = shared_from_this(), run, depth](storage::read_result<run_rows> rows) {
          if (rows.outcome != storage::status::committed)
            return self->call->reject(unavailable("the store cannot read right now: " + rows.message));
          if (!rows.value) {
            // A later run may have been removed already; the base run must be there.
            return depth == 0 ? self->call->reject(no_workflow(self->key.workflow_id, run)) : self->carry_out();
          }
          auto state = workflow::run::load({self->key.domain_id, self->key.workflow_id, run}, *rows.value);
          if (!state)
            return self->call->reject(state.error());
          auto held = std::make_shared<workflow::run>(*std::move(state));
          if (depth == 0) {
            if (const auto fine = workflow::check_reset(*held, self->request->decision_finish_event_id()); !fine)
              return self->call->reject(fine.error());
          }
          depth == 0 ? self->read_tree(held) : self->read_history(held, depth);
        });
  }

  /// The tree as it is before the base run's history is read: the new run may share it as long as nobody changes it.
  void read_tree(const std::shared_ptr<workflow::run>& held) {
    const auto& branch = held->current_branch().branch();
    env.store->shards().read_tree(
        shard, uuid::from_raw(branch.tree_id()),
        [self = shared_from_this(), held](storage::read_result<storage::history_tree> tree) {
          if (tree.outcome != storage::status::committed)
            return self->call->reject(unavailable("the store cannot read right now: " + tree.message));
          const auto base_branch = uuid::from_raw(held->current_branch().branch().branch_id());
          const auto& branches = tree.value->branches;
          if (std::none_of(branches.begin(), branches.end(),
                           [&](const branch_row& row) { return row.branch_id == base_branch; }))
            return self->call->reject(service_busy("the history to reset to is being deleted"));
          self->tree_version = tree.value->version;
          self->read_history(held, 0);
        });
  }

  void read_history(const std::shared_ptr<workflow::run>& held, int depth) {
    read_branch(*env.store, shard, held->current_branch().branch(), first_event_id, held->next_event_id(), INT32_MAX,
                INT64_MAX, [self = shared_from_this(), held, depth](outcome<history_slice> slice) {
                  if (!slice)
                    return self->call->reject(slice.error());
                  auto batches = parse_batches(*slice);
                  if (!batches)
                    return self->call->reject(batches.error());
                  self->take_history(held, *std::move(batches), depth);
                });
  }

  void take_history(const std::shared_ptr<workflow::run>& held, std::vector<workflow::batch> batches, int depth) {
    const auto finish_id = request->decision_finish_event_id();
    newest = held->key().run_id;
    newest_next_event_id = held->next_event_id();
    std::string next_run;
    for (const auto& batch : batches) {
      for (const auto& event : batch->events()) {
        if (depth == 0 && event.event_id() == finish_id)
          finish_event = event;
        if ((depth > 0 || event.event_id() >= finish_id) && event.has_workflow_execution_signaled_event_attributes())
          signals.push_back(event);
        if (event.has_workflow_execution_continued_as_new_event_attributes())
          next_run = event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id();
      }
    }
    if (depth == 0) {
      for (auto& batch : batches) {
        if (batch->events_size() > 0 && batch->events(0).event_id() < finish_id)
          base_history.push_back(std::move(batch));
      }
      base = std::make_unique<workflow::run>(std::move(*held));
    }
    const auto next = uuid::parse(next_run);
    if (next && !request->skip_signal_reapply() && depth < chain_max)
      return read_run(*next, depth + 1);
    carry_out();
  }

  /// The new run, with ids of the shard. `earlier`: what the run that is current leaves behind.
  [[nodiscard]] outcome<std::unique_ptr<workflow::successor>>
  make(const workflow::environment& world, const uuid& new_run_id, workflow::task_id_source& ids,
       workflow::earlier_requests earlier, std::vector<api::HistoryEvent> late = {}) const {
    CADENZA_ASSERT(base, "a reset knows the run that it goes back in; workflow " + key.workflow_id);
    workflow::reset_input input;
    input.base = base.get();
    input.base_history = base_history;
    input.tree_version = tree_version;
    input.decision_finish_event_id = request->decision_finish_event_id();
    input.finish_event = finish_event ? &*finish_event : nullptr;
    input.new_run_id = new_run_id;
    input.reason = request->reason();
    input.request_id = request->request_id();
    input.identity = std::string(history_identity);
    input.skip_signal_reapply = request->skip_signal_reapply();
    input.reapply = signals;
    std::move(late.begin(), late.end(), std::back_inserter(input.reapply));
    input.reapply.insert(input.reapply.end(), told_signals.begin(), told_signals.end());
    input.keep_request_ids = !told_signals.empty();
    input.earlier = std::move(earlier);
    input.content = workflow::content_of(*request);
    return workflow::reset(input, world, ids);
  }

  void carry_out();

  void again() {
    if (++tries >= tries_max)
      return call->reject(service_busy("workflow " + key.workflow_id + " changes too quickly to be reset"));
    begin();
  }
};

/// The current run is open: it ends, and the new run begins in the same write.
class reset_open final : public run_command {
public:
  reset_open(std::shared_ptr<reset_flow> flow, uuid current)
    : run_command(flow->key, current), flow_(std::move(flow)) {}

  outcome<void> act(workflow::transaction& tx) override {
    late_ = !tx.state().open();
    if (late_)
      return {};
    auto late = signals_since_read(tx);
    late_ = !late;
    if (late_)
      return {};
    CADENZA_ASSERT(ids, "a reset of an open run has ids for the run that it makes");
    new_run_ = tx.env().chance->new_uuid();
    remembered = {{storage::request_kind::reset, flow_->request->request_id(), new_run_}};
    auto made = flow_->make(tx.env(), new_run_, *ids, workflow::requests_after(tx.state()), *std::move(late));
    if (!made)
      return made.error();
    CADENZA_TRY(workflow::terminate_for_reset(tx, flow_->request->reason()));
    tx.set_successor(*std::move(made));
    return {};
  }
  bool changed() const override { return !late_; }
  bool needs_ids() const override { return true; }
  bool wants_open_run() const override { return false; }
  void tree_changed(workflow_run&) override { flow_->again(); }
  void repeated(workflow_run&, const uuid& before) override { flow_->reply(before); }
  void failed(const error& reason) override { flow_->call->reject(reason); }
  void finished(workflow_run&) override {
    if (late_)
      return flow_->again();
    CADENZA_ASSERT(new_run_ != uuid{} && new_run_ != run_id, "a reset is answered with the run that it has made");
    flow_->reply(new_run_);
  }
  const char* name() const override { return "reset"; }

private:
  /// Signals that the run has acknowledged since its history was read, those behind a decision in flight included.
  /// Nothing when an event is not at hand: the history must be read again.
  [[nodiscard]] std::optional<std::vector<api::HistoryEvent>> signals_since_read(workflow::transaction& tx) const {
    std::vector<api::HistoryEvent> out;
    if (flow_->newest != tx.state().key().run_id)
      return out;
    for (auto id = flow_->newest_next_event_id; id < tx.state().next_event_id(); ++id) {
      const auto* event = tx.event(id, id);
      if (event == nullptr)
        return std::nullopt;
      if (event->has_workflow_execution_signaled_event_attributes())
        out.push_back(*event);
    }
    for (const auto& [number, row] : tx.state().buffered())
      for (const auto& event : row.events())
        if (event.has_workflow_execution_signaled_event_attributes())
          out.push_back(event);
    return out;
  }

  std::shared_ptr<reset_flow> flow_;
  uuid new_run_;
  bool late_ = false; ///< closed, or too much has happened since: the flow begins again
};

/// The current run is closed: the new run is made like a started one.
class reset_closed final : public run_command {
public:
  reset_closed(std::shared_ptr<reset_flow> flow, uuid new_run)
    : run_command(flow->key, new_run), flow_(std::move(flow)) {
    remembered = {{storage::request_kind::reset, flow_->request->request_id(), new_run}};
  }

  outcome<void> act(workflow::transaction&) override { return internal_error("a reset run is built, not acted on"); }
  bool builds() const override { return true; }
  bool needs_ids() const override { return true; }
  outcome<std::unique_ptr<workflow::successor>> build(const workflow::environment& world) override {
    CADENZA_ASSERT(ids, "a run that is built has ids for what it writes");
    return flow_->make(world, run_id, *ids, workflow::requests_after(flow_->current));
  }
  std::optional<storage::current_condition> creates() const override {
    return storage::current_condition{key, storage::current_condition::kind::is_run,
                                      uuid::from_raw(flow_->current.run_id()), 0};
  }
  bool refused(workflow_run& run, const std::string& current) override {
    caf::anon_send(run.shard(), make_shard_mail(create_refused{nullptr, run.key(), current}));
    flow_->again();
    return true;
  }
  void tree_changed(workflow_run&) override { flow_->again(); }
  void repeated(workflow_run&, const uuid& before) override { flow_->reply(before); }
  void failed(const error& reason) override { flow_->call->reject(reason); }
  void finished(workflow_run&) override { flow_->reply(run_id); }
  const char* name() const override { return "reset"; }

private:
  std::shared_ptr<reset_flow> flow_;
};

void reset_flow::carry_out() {
  const auto handle = env.routes->shard_of(key.workflow_id);
  if (!handle)
    return call->reject(unavailable("the history shard of this workflow is not available right now"));
  if (current.state() == run_state::created || current.state() == run_state::running) {
    run_command_ptr command = std::make_shared<reset_open>(shared_from_this(), uuid::from_raw(current.run_id()));
    caf::anon_send(handle, std::move(command));
    return;
  }
  const auto new_run = env.chance->new_uuid();
  caf::anon_send(handle, make_shard_mail(create_with{{key.domain_id, key.workflow_id, new_run},
                                                     std::make_shared<reset_closed>(shared_from_this(), new_run)}));
}

void begin_reset(const actor_context& env, workflow::domain_ptr domain,
                 engine::body<api::ResetWorkflowExecutionRequest> request, call_ptr call,
                 std::optional<uuid> only_while, std::vector<api::HistoryEvent> told_signals = {}) {
  auto flow = std::make_shared<reset_flow>(env);
  flow->key = {domain->id, request->workflow_execution().workflow_id()};
  flow->shard = shard_of(flow->key.workflow_id, env.routes->shard_count());
  flow->domain = std::move(domain);
  flow->request = std::move(request);
  flow->call = std::move(call);
  flow->only_while = only_while;
  flow->told_signals = std::move(told_signals);
  flow->begin();
}

} // namespace

void reset_run(const actor_context& env, workflow::domain_ptr domain,
               engine::body<api::ResetWorkflowExecutionRequest> request, call_ptr call) {
  begin_reset(env, std::move(domain), std::move(request), std::move(call), std::nullopt);
}

void reset_with_signals(const actor_context& env, workflow::domain_ptr domain,
                        engine::body<api::ResetWorkflowExecutionRequest> request, const uuid& current,
                        std::vector<api::HistoryEvent> signals, call_ptr call) {
  begin_reset(env, std::move(domain), std::move(request), std::move(call), current, std::move(signals));
}

namespace {

/// Resets a run whose domain has declared a binary bad, to before that binary's first decision.
class auto_reset final : public run_command {
public:
  auto_reset(const record::v1::TransferTask& task, receipt_ptr receipt)
    : run_command({uuid::from_raw(task.domain_id()), task.workflow_id()}, uuid::from_raw(task.run_id())),
      receipt_(std::move(receipt)) {
    CADENZA_ASSERT(receipt_, "a task to reset a run is kept until that is done");
  }

  outcome<void> act(workflow::transaction& tx) override {
    target_.reset();
    if (!tx.state().open() || !tx.state().children().empty())
      return {};
    const auto* point = workflow::bad_reset_point(tx.state(), tx.env());
    if (point == nullptr)
      return {};
    const auto& bad = tx.env().domain->row.domain().bad_binaries().binaries().at(point->binary_checksum());
    target_.emplace();
    target_->set_domain(tx.env().domain->name);
    target_->mutable_workflow_execution()->set_workflow_id(key.workflow_id);
    target_->mutable_workflow_execution()->set_run_id(point->run_id());
    target_->set_reason("auto-reset reason:" + bad.reason() + ", binaryChecksum:" + point->binary_checksum());
    target_->set_decision_finish_event_id(point->first_decision_completed_id());
    target_->set_request_id(tx.env().chance->new_uuid().str());
    return {};
  }
  bool changed() const override { return false; }
  bool wants_open_run() const override { return false; }
  void failed(const error& reason) override {
    if (reason.kind == error_kind::entity_not_exists)
      receipt_->done();
  }
  void finished(workflow_run& run) override {
    if (!target_)
      return receipt_->done();
    auto ended = std::make_shared<inner_call<api::ResetWorkflowExecutionResponse>>(
        INT64_MAX, [receipt = receipt_](const api::ResetWorkflowExecutionResponse*, const error* reason) {
          const bool again = reason != nullptr &&
                             (reason->kind == error_kind::unavailable || reason->kind == error_kind::service_busy);
          if (!again)
            receipt->done();
        });
    receipt_.reset();
    // Another task like this may have done it already, and its run has got signals since.
    begin_reset(run.env(), run.domain(), std::make_shared<api::ResetWorkflowExecutionRequest>(*target_),
                std::move(ended), run.key().run_id);
  }
  const char* name() const override { return "auto_reset"; }

private:
  receipt_ptr receipt_;
  std::optional<api::ResetWorkflowExecutionRequest> target_;
};

} // namespace

run_command_ptr make_auto_reset(const record::v1::TransferTask& task, receipt_ptr receipt) {
  return std::make_shared<auto_reset>(task, std::move(receipt));
}

} // namespace cadenza::actors
