#include "actors/engine/local_engine.hpp"
#include "actors/runs/shard_mail.hpp"
#include "actors/visibility/visibility_mail.hpp"
#include "messages/invariant.hpp"

#include "actors/base/json_object.hpp"
#include "actors/base/later.hpp"
#include "actors/cluster/document_keeper.hpp"
#include "actors/cluster/domain_registry.hpp"
#include "actors/engine/admission.hpp"
#include "actors/engine/engine_state.hpp"
#include "actors/engine/node.hpp"
#include "actors/matching/far_desk.hpp"
#include "actors/matching/list_description.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/invariant.hpp"
#include "messages/utf8.hpp"
#include "workflow/isolation.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

/// What a new run keeps of where it was started from.
std::map<std::string, std::string> partition_config_of(const actor_context& env, const workflow::domain_view& domain,
                                                       const caller_info& caller) {
  std::map<std::string, std::string> out;
  if ((caller.isolation_group.empty() && caller.partition_config.empty()) || !env.live->isolated(domain))
    return out;
  json_object_reader given(caller.partition_config);
  while (const auto key = given.next_key())
    given.read(out[std::string(*key)]);
  if (!given.complete())
    out.clear(); // a header that is no JSON object says nothing
  if (!caller.isolation_group.empty())
    out[std::string(workflow::isolation_group_key)] = caller.isolation_group;
  return out;
}

} // namespace

local_engine::local_engine(caf::actor_system& system, storage::store& store, clock& time, workflow::entropy& chance,
                           log::sink log, visibility_opener open_visibility, engine_options options)
  : state_(std::make_shared<state>(system, std::move(open_visibility), std::move(options), time, log)) {
  auto& env = state_->env;
  env.store = &store;
  env.time = &time;
  env.chance = &chance;
  env.routes = &state_->routes;
  env.domains = &state_->directory;
  env.counters = &state_->counters;
  env.settings = state_->options.settings;
  CADENZA_ASSERT(state_->options.live != nullptr && state_->options.warnings != nullptr &&
                     state_->options.work != nullptr,
                 "an engine is given its settings, and where it notes what it sees");
  env.live = state_->options.live.get();
  env.on_document = state_->options.on_document;
  env.warnings = state_->options.warnings;
  env.work = state_->options.work;
  env.others = state_->options.others;
  env.clusters = state_->options.clusters;
  env.gate = &state_->gate;
  env.polls = &state_->polls;
  env.wrong = &state_->wrong;
  env.log = std::move(log);
}

local_engine::~local_engine() { stop(); }

void local_engine::work_through(engine& whole_cluster) { state_->whole_cluster = &whole_cluster; }

void local_engine::begin() {
  CADENZA_ASSERT(!state_->root, "an engine begins once");
  const auto domains_are_read = [this] {
    const auto begun = [s = state_.get()] { s->ready.store(true); };
    if (state_->options.system_domains)
      make_system_domains(begun);
    else
      begun();
  };
  worker_tools worker;
  if (state_->options.system_domains) {
    engine& works_for = state_->whole_cluster != nullptr ? *state_->whole_cluster : *this;
    state_->link = std::make_shared<engine_link>(works_for);
    worker = {&works_for, state_->link, system_lists(state_->env)};
  }
  state_->root = state_->system.spawn<node>(state_->env, state_->open_visibility, state_->options.detached_visibility,
                                            domains_are_read, std::move(worker), state_->options.placement);
}

void local_engine::drain() {
  if (!state_->root)
    return;
  state_->env.draining = true;
  caf::anon_send(state_->root, drain_node{});
  for (int i = 0; i < state_->options.shard_count; ++i)
    if (const auto shard = state_->routes.shard(i))
      caf::anon_send(shard, make_shard_mail(waits_over{}));
}

void local_engine::stop() {
  if (!state_->root)
    return;
  kill();
  state_->system.await_all_actors_done();
}

void local_engine::kill() {
  if (!state_->root)
    return;
  state_->ready.store(false);
  if (state_->link)
    state_->link->close();
  caf::anon_send_exit(state_->root, caf::exit_reason::kill);
  state_->root = nullptr;
  for (int i = 0; i < state_->options.shard_count; ++i)
    state_->routes.set_shard(i, nullptr);
  state_->routes.set_matching(nullptr);
  state_->routes.set_visibility(nullptr);
  state_->routes.set_domains(nullptr);
  state_->routes.set_documents(nullptr);
}

bool local_engine::ready() const { return state_->ready.load(); }
const engine_counters& local_engine::counters() const { return state_->counters; }
void local_engine::set_request_rates(const request_rates& common, request_gate::rates_of of) {
  state_->gate.set(common, std::move(of));
}

void local_engine::deliver(run_message_ptr message) { deliver_message(state_->env, std::move(message)); }
void local_engine::deliver(matching_message_ptr message) { deliver_matching(state_->env, std::move(message)); }
void local_engine::node_gone(std::string node) {
  caf::anon_send(state_->routes.matching(), far_node_gone{std::move(node)});
}

void local_engine::follow_placement() { caf::anon_send(state_->root, placement_changed{}); }

void local_engine::hear(cluster_news what) {
  switch (what) {
  case cluster_news::domains:
    if (const auto registry = state_->routes.domains())
      caf::anon_send(registry, std::make_shared<domain_mail>(domain_look{}));
    break;
  case cluster_news::documents:
    if (const auto keeper = state_->routes.documents())
      caf::anon_send(keeper, std::make_shared<document_mail>(document_look{}));
    break;
  }
}

bool local_engine::holds(int shard) const { return state_->routes.shard(shard) != nullptr; }

workflow::directory_ptr local_engine::domains() const { return state_->directory.get(); }

// ---------------------------------------------------------------- runs

void local_engine::start(workflow::domain_ptr domain, body<api::StartWorkflowExecutionRequest> request, call_ptr call) {
  if (refused_as_drained(state_->env, *domain, *call) ||
      refused_as_too_many(state_->env, *domain, request->workflow_id(), true, *call))
    return;
  auto asked = std::make_shared<start_request>();
  asked->key = {domain->id, request->workflow_id()};
  asked->carried.partition_config = partition_config_of(state_->env, *domain, call->caller());
  asked->request = std::move(request);
  asked->backoff_s = -1;
  asked->call = std::move(call);
  send_start(state_->env, std::move(asked));
}

void local_engine::signal_with_start(workflow::domain_ptr domain,
                                     body<api::SignalWithStartWorkflowExecutionRequest> request, call_ptr call) {
  if (refused_as_drained(state_->env, *domain, *call) ||
      refused_as_too_many(state_->env, *domain, request->start_request().workflow_id(), true, *call))
    return;
  auto asked = std::make_shared<start_request>();
  auto& start = *request->mutable_start_request();
  asked->key = {domain->id, start.workflow_id()};
  asked->carried.partition_config = partition_config_of(state_->env, *domain, call->caller());
  workflow::first_signal given;
  given.name = request->signal_name();
  if (request->has_signal_input())
    given.input = request->signal_input().data();
  if (!request->control().empty())
    given.control = request->control();
  given.identity = start.identity();
  given.request_id = start.request_id();
  asked->signal = std::move(given);
  auto taken = std::make_shared<api::StartWorkflowExecutionRequest>();
  taken->Swap(&start);
  asked->request = std::move(taken);
  asked->backoff_s = -1;
  asked->call = std::move(call);
  send_start(state_->env, std::move(asked));
}

void local_engine::signal(workflow::domain_ptr domain, body<api::SignalWorkflowExecutionRequest> request,
                          call_ptr call) {
  if (refused_as_drained(state_->env, *domain, *call) ||
      refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), true, *call))
    return;
  send_to_run(state_->env, make_signal(domain, std::move(request), std::move(call)));
}
void local_engine::request_cancel(workflow::domain_ptr domain, body<api::RequestCancelWorkflowExecutionRequest> request,
                                  call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  send_to_run(state_->env, make_cancel(domain, std::move(request), std::move(call)));
}
void local_engine::terminate(workflow::domain_ptr domain, body<api::TerminateWorkflowExecutionRequest> request,
                             call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  send_to_run(state_->env, make_terminate(domain, std::move(request), std::move(call)));
}
void local_engine::describe(workflow::domain_ptr domain, body<api::DescribeWorkflowExecutionRequest> request,
                            call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), true, *call))
    return;
  send_to_run(state_->env, make_describe(domain, std::move(request), std::move(call)));
}
void local_engine::refresh_tasks(workflow::domain_ptr domain, body<api::RefreshWorkflowTasksRequest> request,
                                 call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  send_to_run(state_->env, make_refresh(domain, std::move(request), std::move(call)));
}
void local_engine::reset_sticky(workflow::domain_ptr domain, body<api::ResetStickyTaskListRequest> request,
                                call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  send_to_run(state_->env, make_reset_sticky(domain, std::move(request), std::move(call)));
}
void local_engine::reset(workflow::domain_ptr domain, body<api::ResetWorkflowExecutionRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  reset_run(state_->env, std::move(domain), std::move(request), std::move(call));
}
void local_engine::restart(workflow::domain_ptr domain, body<api::RestartWorkflowExecutionRequest> request,
                           call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  restart_run(state_->env, std::move(domain), std::move(request), std::move(call));
}
void local_engine::query(workflow::domain_ptr domain, body<api::QueryWorkflowRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  send_to_run(state_->env, make_query(domain, std::move(request), std::move(call)));
}

void local_engine::get_history(workflow::domain_ptr domain, body<api::GetWorkflowExecutionHistoryRequest> request,
                               call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *call))
    return;
  auto command = make_get_history(domain, std::move(request), call);
  if (!command)
    return call->reject(command.error());
  send_to_run(state_->env, *std::move(command));
}

} // namespace cadenza::actors
