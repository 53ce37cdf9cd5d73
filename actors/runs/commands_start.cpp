#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"
#include "workflow/close.hpp"
#include "workflow/signal.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {
namespace {

outcome<std::int32_t> backoff_of(const start_request& asked, const workflow::environment& env) {
  if (asked.backoff_s >= 0)
    return asked.backoff_s;
  return workflow::first_decision_backoff(*asked.request, env);
}

/// A start that a message has brought is not carried out when its sender counts on that no more.
outcome<void> in_time(const start_request& asked, const workflow::environment& env) {
  if (env.now_ns > asked.expires_ns)
    return error(error_kind::deadline_exceeded, "the start arrived too late");
  return {};
}

/// What is remembered of a start, whose run is `run`.
std::vector<run_command::request_mark> marks_of(const start_request& asked, const uuid& run) {
  std::vector<run_command::request_mark> out{{storage::request_kind::start, asked.request->request_id(), run}};
  if (asked.signal)
    out.push_back({storage::request_kind::signal, asked.signal->request_id, run});
  return out;
}

class create_command final : public run_command {
public:
  create_command(start_request_ptr asked, uuid run, std::optional<storage::current_condition> condition)
    : run_command(asked->key, run), asked_(std::move(asked)), condition_(std::move(condition)) {
    remembered = marks_of(*asked_, run);
  }

  outcome<void> act(workflow::transaction& tx) override {
    CADENZA_TRY(in_time(*asked_, tx.env()));
    const auto backoff = backoff_of(*asked_, tx.env());
    if (!backoff)
      return backoff.error();
    return workflow::start(tx, *asked_->request, *backoff, asked_->carried, asked_->parent, asked_->signal);
  }
  void finished(workflow_run& run) override { answer_started(*asked_, run.key().run_id); }
  void repeated(workflow_run&, const uuid& before) override { answer_started(*asked_, before); }
  void failed(const error& reason) override { asked_->call->reject(reason); }
  std::optional<storage::current_condition> creates() const override { return condition_; }

  bool refused(workflow_run& run, const std::string& current) override {
    caf::anon_send(run.shard(), make_shard_mail(create_refused{std::move(asked_), run.key(), current}));
    return true;
  }
  const char* name() const override { return "start"; }

private:
  start_request_ptr asked_;
  std::optional<storage::current_condition> condition_;
};

/// A start that met a run. A signal with start first asks it whether it has had the signal: closed or not, and whatever
/// the policy says, the same request again changes nothing. Else the shard decides again when the run is closed.
class start_on_run : public run_command {
public:
  start_on_run(start_request_ptr asked, uuid run, caf::actor shard)
    : run_command(asked->key, run), asked_(std::move(asked)), shard_(std::move(shard)) {}

  void failed(const error& reason) override {
    if (!asked_)
      return;
    if (!asked_->signal || reason.kind != error_kind::entity_not_exists)
      return asked_->call->reject(reason);
    // Its retention is over since the shard was told of it.
    asked_->not_signalled = run_id;
    decide_again();
  }
  void repeated(workflow_run&, const uuid& before) override { answer_started(*asked_, before); }
  bool wants_open_run() const override { return false; }

protected:
  /// True when there is nothing to do here; `settle` then does the rest.
  [[nodiscard]] bool settled(const workflow::transaction& tx) {
    before_.reset();
    if (const auto& given = asked_->signal)
      before_ =
          workflow::signalled_before(tx.state(), given->request_id,
                                     workflow::content_of_signal(given->name, given->input.value_or(std::string())));
    late_ = !before_ && !tx.state().open();
    return before_ || late_;
  }
  /// Once nothing is to be done here or it is done, `answer` being the run it was done for.
  void settle(const uuid& answer) {
    if (!late_)
      return answer_started(*asked_, before_.value_or(answer));
    if (asked_->signal)
      asked_->not_signalled = run_id;
    decide_again();
  }

  start_request_ptr asked_;

private:
  void decide_again() { caf::anon_send(shard_, make_shard_mail(std::move(asked_))); }

  const caf::actor shard_;
  std::optional<uuid> before_; ///< the run that has had the same request
  bool late_ = false;
};

class signal_of_start final : public start_on_run {
public:
  using start_on_run::start_on_run;

  outcome<void> act(workflow::transaction& tx) override {
    changed_ = false;
    if (settled(tx))
      return {};
    const auto& given = *asked_->signal;
    workflow::signal_input input;
    input.name = given.name;
    input.input = given.input;
    input.control = given.control;
    input.identity = given.identity;
    input.request_id = given.request_id;
    input.to_current = true;
    auto result = workflow::signal(tx, input);
    if (!result)
      return result.error();
    changed_ = *result;
    remembered = {{storage::request_kind::signal, given.request_id, {}}};
    return {};
  }
  bool changed() const override { return changed_; }
  void finished(workflow_run& run) override { settle(run.key().run_id); }
  const char* name() const override { return "signal_with_start"; }

private:
  bool changed_ = false;
};

class terminate_and_start_command final : public start_on_run {
public:
  using start_on_run::start_on_run;

  outcome<void> act(workflow::transaction& tx) override {
    changed_ = false;
    if (settled(tx))
      return {};
    CADENZA_TRY(in_time(*asked_, tx.env()));
    const auto backoff = backoff_of(*asked_, tx.env());
    if (!backoff)
      return backoff.error();
    new_run_ = tx.env().chance->new_uuid();
    remembered = marks_of(*asked_, new_run_);
    changed_ = true;
    return workflow::terminate_and_start(tx, *asked_->request, *backoff, new_run_, asked_->signal, asked_->parent);
  }
  bool changed() const override { return changed_; }
  void finished(workflow_run&) override { settle(new_run_); }
  const char* name() const override { return "terminate_and_start"; }

private:
  uuid new_run_;
  bool changed_ = false;
};

} // namespace

run_command_ptr make_create(start_request_ptr request, uuid run_id,
                            std::optional<storage::current_condition> condition) {
  return std::make_shared<create_command>(std::move(request), run_id, std::move(condition));
}

run_command_ptr make_signal_of_start(start_request_ptr request, uuid run_id, caf::actor shard) {
  return std::make_shared<signal_of_start>(std::move(request), run_id, std::move(shard));
}

run_command_ptr make_terminate_and_start(start_request_ptr request, uuid run_id, caf::actor shard) {
  return std::make_shared<terminate_and_start_command>(std::move(request), run_id, std::move(shard));
}

void answer_started(start_request& request, const uuid& run_id) {
  CADENZA_ASSERT(request.call && run_id != uuid{},
                 "a start is answered with a run; workflow " + request.key.workflow_id);
  const auto answer = [&](auto response) {
    response.set_run_id(run_id.str());
    request.call->reply(response);
  };
  if (request.signal)
    answer(uber::cadence::api::v1::SignalWithStartWorkflowExecutionResponse());
  else
    answer(uber::cadence::api::v1::StartWorkflowExecutionResponse());
}

void send_to_run(const actor_context& env, run_command_ptr command) {
  CADENZA_ASSERT(command, "a request to a run is one");
  const auto shard = env.routes->shard_of(command->key.workflow_id);
  if (!shard)
    return command->failed(unavailable("the history shard of this workflow is not available right now"));
  caf::anon_send(shard, std::move(command));
}

void send_start(const actor_context& env, start_request_ptr request) {
  CADENZA_ASSERT(request && request->request && request->call,
                 "a start says what is to be started, and somebody waits for it");
  const auto shard = env.routes->shard_of(request->key.workflow_id);
  if (!shard)
    return request->call->reject(unavailable("the history shard of this workflow is not available right now"));
  caf::anon_send(shard, make_shard_mail(std::move(request)));
}

} // namespace cadenza::actors
