#include "actors/replication/foreign_wire.hpp"
#include "actors/replication/workflow_replica.hpp"
#include "actors/runs/run_commands.hpp"
#include "replication/failover.hpp"
#include "replication/reapply.hpp"

#include <caf/all.hpp>

#include <utility>

/// Signals of a run that has lost its place, in the cluster where the domain is active: the current run gets those that
/// it has not had.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

/// One step: reads what is not at hand, or writes, or is over.
void workflow_replica::take_signals() {
  const auto& told = *signals_;
  if (++signal_rounds_ > rounds_max)
    return signals_over(unavailable("workflow " + key_.workflow_id + " changes too quickly"));
  const auto directory = env_.domains->get();
  const auto domain = directory->find(key_.domain_id);
  if (!domain)
    return signals_over(unavailable("domain " + key_.domain_id.str() + " is not known here"));
  view_.want_current();
  view_.want_run(told.origin.run);
  if (told.winner)
    view_.want_run(told.winner->run);
  if (const auto needs = view_.take_needs(); !needs.empty())
    return read(needs);
  auto* current = view_.current();
  if (current == nullptr)
    return signals_over(unavailable("workflow " + key_.workflow_id + " is not known here yet"));
  if (told.winner && !replication::knows(view_.find(told.winner->run), *told.winner))
    return signals_over(unavailable("what has taken the place of the run is not known here yet"));
  const auto& group = env_.clusters->group();
  if (const auto may = replication::check_start(current, *domain, group); !may)
    return signals_over(may.error());

  const auto rules = env_.live->rules(*domain);
  const workflow::environment world{env_.time->now_ns(), env_.chance,           domain,       directory,
                                    rules.get(),         env_.settings.cluster, shard_index_, nullptr};
  if (current->open() && end_decision_in_flight(*current, world))
    return;
  auto lease = std::make_shared<sequence_lease>(sequence_);
  auto out = replication::reapply(*current, view_, told.origin, told.events, world, *lease);
  if (const auto needs = view_.take_needs(); !needs.empty()) {
    view_.forget_runs();
    return read(needs);
  }
  if (!out)
    return signals_over(out.error());
  using kind = replication::signals_applied::kind;
  switch (out->what) {
  case kind::nothing: return signals_over({});
  case kind::written: {
    writing made;
    made.runs.push_back({nullptr, *std::move(out->made)});
    return commit(std::move(made), std::move(lease), true);
  }
  case kind::reset: return reset_for_signals(domain, current->key().run_id, *out);
  case kind::dropped:
    env_.log(log::level::warn,
             {field::domain(domain->name), field::workflow_id(key_.workflow_id),
              field::run_id(current->key().run_id.str()), field::count(static_cast<std::int64_t>(out->signals.size()))},
             "{count} signals of a run of workflow {workflow_id} that has lost its place are lost: the current run, "
             "{run_id}, closed before a worker knew of it");
    return signals_over({});
  case kind::unread_event:
    return signals_over(
        error(error_kind::internal_data_inconsistency, "the stored history lacks an event that it should have"));
  }
}

/// True: it was due, and is being written or read; the signals come after.
bool workflow_replica::end_decision_in_flight(workflow::run& current, const workflow::environment& world) {
  auto lease = std::make_shared<sequence_lease>(sequence_);
  auto made =
      replication::end_in_flight(current, view_.events(current.key().run_id), world, env_.clusters->group(), *lease);
  if (const auto needs = view_.take_needs(); !needs.empty()) {
    view_.forget_runs();
    read(needs);
    return true;
  }
  if (!made) {
    signals_over(made.error());
    return true;
  }
  if (!*made)
    return false;
  writing ended;
  ended.runs.push_back({nullptr, **std::move(made)});
  ended.again = true;
  commit(std::move(ended), std::move(lease), true);
  return true;
}

void workflow_replica::reset_for_signals(const workflow::domain_ptr& domain, uuid run,
                                         const replication::signals_applied& out) {
  auto asked = std::make_shared<api::ResetWorkflowExecutionRequest>();
  asked->set_domain(domain->name);
  asked->mutable_workflow_execution()->set_workflow_id(key_.workflow_id);
  asked->mutable_workflow_execution()->set_run_id(run.str());
  asked->set_reason(replication::reapplication_reason);
  asked->set_decision_finish_event_id(out.reset_to);
  asked->set_request_id(env_.chance->new_uuid().str());
  ++waiting_;
  auto call = std::make_shared<inner_call<api::ResetWorkflowExecutionResponse>>(
      INT64_MAX, [tell = teller()](const api::ResetWorkflowExecutionResponse*, const error* reason) {
        tell(replica_reset_over{reason == nullptr ? outcome<void>() : outcome<void>(*reason)});
      });
  view_.forget_all();
  reset_with_signals(env_, domain, std::move(asked), run, out.signals, std::move(call));
}

/// Also when another run is the current one by now: whether that has had the signals is looked at again.
void workflow_replica::handle(replica_reset_over& over) {
  if (!over.how)
    signals_over(unavailable("signals could not be delivered by a reset: " + over.how.error().message));
}

void workflow_replica::signals_over(outcome<void> how) {
  signals_.reset();
  signal_rounds_ = 0;
  if (work_->signals) {
    view_.forget_all();
    return std::exchange(work_, nullptr)->finish(std::move(how));
  }
  replica_signals_sent answer{std::move(how)};
  handle(answer);
}

void deliver_signals(const actor_context& env, const std::string& from, const wire::v1::SignalsRequest& asked,
                     call_ptr call) {
  auto told = from_wire(asked);
  if (!told)
    return call->reject(told.error());
  auto work = std::make_shared<foreign_work>();
  work->key = {uuid::from_raw(asked.domain_id()), asked.workflow_id()};
  work->from = from;
  work->signals = *std::move(told);
  work->over = [call](const outcome<void>& how) {
    if (how)
      call->reply(wire::v1::SignalsAnswer());
    else
      call->reject(how.error());
  };
  const auto shard = env.routes->shard_of(asked.workflow_id());
  if (!shard)
    return work->finish(unavailable("the history shard of this workflow is not available right now"));
  caf::anon_send(shard, make_shard_mail(std::move(work)));
}

} // namespace cadenza::actors
