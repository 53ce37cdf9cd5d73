#include "actors/engine/local_engine.hpp"
#include "actors/runs/shard_mail.hpp"
#include "actors/visibility/visibility_mail.hpp"

#include "actors/base/json_object.hpp"
#include "actors/base/later.hpp"
#include "actors/engine/engine_state.hpp"
#include "actors/engine/node.hpp"
#include "actors/matching/list_description.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/utf8.hpp"
#include "workflow/isolation.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

/// An empty poll is answered this long before the caller's deadline.
constexpr std::int64_t poll_margin_ns = ns_per_s;

constexpr double rate_most = 1e9;

/// What a worker asks for, tasks a second; nothing when it is no number.
std::optional<double> asked_rate(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(std::clamp(value, 0.0, rate_most));
}

std::int64_t poll_deadline(const services& env, const call& poll, std::int64_t longest_ns) {
  const auto now = env.time->now_ns();
  const auto wanted = now + longest_ns;
  if (poll.deadline_ns() == INT64_MAX)
    return wanted;
  return std::clamp(poll.deadline_ns() - poll_margin_ns, now, wanted);
}

/// True when the caller belongs to a drained isolation group; it has been told.
bool refused_as_drained(const services& env, const workflow::domain_view& domain, call& answer) {
  const auto& group = answer.caller().isolation_group;
  if (group.empty() || !env.matching.isolated || !env.matching.isolated(domain) || !is_drained(env, domain, group))
    return false;
  answer.reject(
      bad_request("Domain " + domain.name + " is drained from isolation group " + utf8::excerpt(group) + "."));
  return true;
}

/// True when a limit of requests to runs is reached; the caller has been told. `by_id`: the limit of the workflow id
/// counts, too.
bool refused_as_too_many(const services& env, const workflow::domain_view& domain, const std::string& workflow_id,
                         bool by_id, call& answer) {
  if (env.gate == nullptr)
    return false;
  const auto admitted = env.gate->admit(domain, workflow_id, by_id, env.time->now_ns());
  if (admitted)
    return false;
  env.counters->requests_refused.fetch_add(1, std::memory_order_relaxed);
  answer.reject(admitted.error());
  return true;
}

/// What a new run keeps of where it was started from.
std::map<std::string, std::string> partition_config_of(const services& env, const workflow::domain_view& domain,
                                                       const caller_info& caller) {
  std::map<std::string, std::string> out;
  if ((caller.isolation_group.empty() && caller.partition_config.empty()) || !env.matching.isolated ||
      !env.matching.isolated(domain))
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
                           std::function<rules_ptr(const workflow::domain_view&)> rules_for,
                           std::function<void(int, const std::string&)> log, visibility_opener open_visibility,
                           engine_options options)
  : state_(std::make_shared<state>(system, std::move(open_visibility), std::move(options), time, log)) {
  auto& env = state_->env;
  env.store = &store;
  env.time = &time;
  env.chance = &chance;
  env.routes = &state_->routes;
  env.domains = &state_->directory;
  env.counters = &state_->counters;
  env.settings = state_->options.settings;
  env.rules_for = std::move(rules_for);
  env.matching = state_->options.matching;
  env.live = state_->options.live;
  env.on_document = state_->options.on_document;
  env.warnings = state_->options.warnings;
  env.gate = &state_->gate;
  env.polls = &state_->polls;
  env.wrong = &state_->wrong;
  env.log = std::move(log);
}

local_engine::~local_engine() { stop(); }

void local_engine::begin() {
  const auto domains_are_read = [this] {
    const auto begun = [s = state_.get()] { s->ready.store(true); };
    if (state_->options.system_domains)
      make_system_domains(begun);
    else
      begun();
  };
  worker_tools worker;
  if (state_->options.system_domains) {
    state_->link = std::make_shared<engine_link>(*this);
    worker = {this, state_->link, system_lists(state_->env)};
  }
  state_->root = state_->system.spawn<node>(state_->env, state_->open_visibility, state_->options.detached_visibility,
                                            domains_are_read, std::move(worker));
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
workflow::directory_ptr local_engine::domains() const { return state_->directory.get(); }

// ---------------------------------------------------------------- runs

void local_engine::start(workflow::domain_ptr domain, body<api::StartWorkflowExecutionRequest> request,
                         call_ptr answer) {
  if (refused_as_drained(state_->env, *domain, *answer) ||
      refused_as_too_many(state_->env, *domain, request->workflow_id(), true, *answer))
    return;
  auto asked = std::make_shared<start_request>();
  asked->key = {domain->id, request->workflow_id()};
  asked->carried.partition_config = partition_config_of(state_->env, *domain, answer->caller());
  asked->domain = std::move(domain);
  asked->request = std::move(request);
  asked->backoff_s = -1;
  asked->answer = std::move(answer);
  send_start(state_->env, std::move(asked));
}

void local_engine::signal_with_start(workflow::domain_ptr domain,
                                     body<api::SignalWithStartWorkflowExecutionRequest> request, call_ptr answer) {
  if (refused_as_drained(state_->env, *domain, *answer) ||
      refused_as_too_many(state_->env, *domain, request->start_request().workflow_id(), true, *answer))
    return;
  auto asked = std::make_shared<start_request>();
  auto& start = *request->mutable_start_request();
  asked->key = {domain->id, start.workflow_id()};
  asked->carried.partition_config = partition_config_of(state_->env, *domain, answer->caller());
  asked->domain = std::move(domain);
  workflow::first_signal given;
  given.name = request->signal_name();
  if (request->has_signal_input())
    given.input = request->signal_input().data();
  if (!request->control().empty())
    given.control = request->control();
  given.identity = start.identity();
  given.request_id = start.request_id();
  asked->signal = std::move(given);
  asked->request = std::make_shared<api::StartWorkflowExecutionRequest>();
  asked->request->Swap(&start);
  asked->backoff_s = -1;
  asked->answer = std::move(answer);
  send_start(state_->env, std::move(asked));
}

void local_engine::signal(workflow::domain_ptr domain, body<api::SignalWorkflowExecutionRequest> request,
                          call_ptr answer) {
  if (refused_as_drained(state_->env, *domain, *answer) ||
      refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), true, *answer))
    return;
  send_to_run(state_->env, make_signal(domain, std::move(request), std::move(answer)));
}
void local_engine::request_cancel(workflow::domain_ptr domain, body<api::RequestCancelWorkflowExecutionRequest> request,
                                  call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  send_to_run(state_->env, make_cancel(domain, std::move(request), std::move(answer)));
}
void local_engine::terminate(workflow::domain_ptr domain, body<api::TerminateWorkflowExecutionRequest> request,
                             call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  send_to_run(state_->env, make_terminate(domain, std::move(request), std::move(answer)));
}
void local_engine::describe(workflow::domain_ptr domain, body<api::DescribeWorkflowExecutionRequest> request,
                            call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), true, *answer))
    return;
  send_to_run(state_->env, make_describe(domain, std::move(request), std::move(answer)));
}
void local_engine::refresh_tasks(workflow::domain_ptr domain, body<api::RefreshWorkflowTasksRequest> request,
                                 call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  send_to_run(state_->env, make_refresh(domain, std::move(request), std::move(answer)));
}
void local_engine::reset_sticky(workflow::domain_ptr domain, body<api::ResetStickyTaskListRequest> request,
                                call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  send_to_run(state_->env, make_reset_sticky(domain, std::move(request), std::move(answer)));
}
void local_engine::reset(workflow::domain_ptr domain, body<api::ResetWorkflowExecutionRequest> request,
                         call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  reset_run(state_->env, std::move(domain), std::move(request), std::move(answer));
}
void local_engine::restart(workflow::domain_ptr domain, body<api::RestartWorkflowExecutionRequest> request,
                           call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  restart_run(state_->env, std::move(domain), std::move(request), std::move(answer));
}
void local_engine::query(workflow::domain_ptr domain, body<api::QueryWorkflowRequest> request, call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  send_to_run(state_->env, make_query(domain, std::move(request), std::move(answer)));
}

void local_engine::get_history(workflow::domain_ptr domain, body<api::GetWorkflowExecutionHistoryRequest> request,
                               call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, request->workflow_execution().workflow_id(), false, *answer))
    return;
  auto command = make_get_history(domain, std::move(request), answer);
  if (!command)
    return answer->reject(command.error());
  send_to_run(state_->env, *std::move(command));
}

// ---------------------------------------------------------------- workers

void local_engine::wait(std::int64_t delay_ns, call_ptr held, std::function<void(call_ptr)> go) {
  // With the matching owner: what waits here would wait there.
  if (const auto patron = state_->routes.matching())
    state_->system.spawn<later>(state_->env, delay_ns, std::move(held), std::move(go), patron);
}

void local_engine::poll_decision(workflow::domain_ptr domain, body<api::PollForDecisionTaskRequest> request,
                                 call_ptr answer) {
  auto poll = std::make_shared<list_poll>();
  poll->list = {domain->id, request->task_list().name(), 0};
  poll->kind = request->task_list().kind();
  poll->identity = request->identity();
  poll->request_id = state_->env.chance->new_uuid().str();
  poll->isolation_group = answer->caller().isolation_group;
  poll->deadline_ns = poll_deadline(state_->env, *answer, poll_ns(state_->env, *domain, poll->list.name, 0));
  poll->id = state_->next_poll.fetch_add(1, std::memory_order_relaxed);
  poll->answer = std::move(answer);
  poll->domain = std::move(domain);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(poll)));
}

void local_engine::poll_activity(workflow::domain_ptr domain, body<api::PollForActivityTaskRequest> request,
                                 call_ptr answer) {
  auto poll = std::make_shared<list_poll>();
  poll->list = {domain->id, request->task_list().name(), 1};
  poll->kind = request->task_list().kind();
  poll->identity = request->identity();
  poll->request_id = state_->env.chance->new_uuid().str();
  poll->isolation_group = answer->caller().isolation_group;
  if (request->has_task_list_metadata() && request->task_list_metadata().has_max_tasks_per_second())
    poll->rate = asked_rate(request->task_list_metadata().max_tasks_per_second().value());
  poll->deadline_ns = poll_deadline(state_->env, *answer, poll_ns(state_->env, *domain, poll->list.name, 1));
  poll->id = state_->next_poll.fetch_add(1, std::memory_order_relaxed);
  poll->answer = std::move(answer);
  poll->domain = std::move(domain);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(poll)));
}

void local_engine::decision_completed(workflow::domain_ptr domain, task_token token,
                                      body<api::RespondDecisionTaskCompletedRequest> request, call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *answer))
    return;
  send_to_run(state_->env, make_decision_completed(domain, std::move(token), std::move(request), std::move(answer)));
}
void local_engine::decision_failed(workflow::domain_ptr domain, task_token token,
                                   body<api::RespondDecisionTaskFailedRequest> request, call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *answer))
    return;
  send_to_run(state_->env, make_decision_failed(domain, std::move(token), std::move(request), std::move(answer)));
}
void local_engine::heartbeat(workflow::domain_ptr domain, task_token token,
                             body<api::RecordActivityTaskHeartbeatRequest> request, call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *answer))
    return;
  send_to_run(state_->env, make_heartbeat(domain, std::move(token), std::move(request), std::move(answer)));
}
void local_engine::activity_completed(workflow::domain_ptr domain, task_token token,
                                      body<api::RespondActivityTaskCompletedRequest> request, call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *answer))
    return;
  send_to_run(state_->env, make_activity_completed(domain, std::move(token), std::move(request), std::move(answer)));
}
void local_engine::activity_failed(workflow::domain_ptr domain, task_token token,
                                   body<api::RespondActivityTaskFailedRequest> request, call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *answer))
    return;
  send_to_run(state_->env, make_activity_failed(domain, std::move(token), std::move(request), std::move(answer)));
}
void local_engine::activity_canceled(workflow::domain_ptr domain, task_token token,
                                     body<api::RespondActivityTaskCanceledRequest> request, call_ptr answer) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *answer))
    return;
  send_to_run(state_->env, make_activity_canceled(domain, std::move(token), std::move(request), std::move(answer)));
}

void local_engine::query_completed(workflow::domain_ptr domain, query_token token,
                                   body<api::RespondQueryTaskCompletedRequest> request, call_ptr answer) {
  auto given = std::make_shared<query_answer>();
  given->list = {domain->id, token.task_list, 0};
  given->task_id = std::move(token.task_id);
  given->request = std::move(request);
  given->answer = std::move(answer);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(given)));
}

// ---------------------------------------------------------------- task lists

void local_engine::describe_task_list(workflow::domain_ptr domain, body<api::DescribeTaskListRequest> request,
                                      call_ptr answer) {
  auto asked = std::make_shared<describe_list>();
  asked->list = {domain->id, request->task_list().name(),
                 request->task_list_type() == api::TASK_LIST_TYPE_ACTIVITY ? 1 : 0};
  asked->kind = request->task_list().kind();
  asked->status = request->include_task_list_status();
  asked->answer = std::move(answer);
  describe_whole_list(state_->env, std::move(asked));
}

void local_engine::list_task_list_partitions(workflow::domain_ptr domain,
                                             body<api::ListTaskListPartitionsRequest> request, call_ptr answer) {
  auto asked = std::make_shared<list_partitions>();
  asked->domain_id = domain->id;
  asked->name = request->task_list().name();
  asked->answer = std::move(answer);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(asked)));
}

void local_engine::task_lists_of_domain(workflow::domain_ptr domain, body<api::GetTaskListsByDomainRequest>,
                                        call_ptr answer) {
  auto asked = std::make_shared<lists_of_domain>();
  asked->domain_id = domain->id;
  asked->answer = std::move(answer);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(asked)));
}

void local_engine::update_task_list_partitions(
    workflow::domain_ptr domain, body<uber::cadence::admin::v1::UpdateTaskListPartitionConfigRequest> request,
    call_ptr answer) {
  auto asked = std::make_shared<configure_list>();
  asked->list = {domain->id, request->task_list().name(),
                 request->task_list_type() == api::TASK_LIST_TYPE_ACTIVITY ? 1 : 0};
  asked->config.Swap(request->mutable_partition_config());
  asked->answer = std::move(answer);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(asked)));
}

// ---------------------------------------------------------------- visibility

namespace {

template <class Request>
void ask_visibility(const router& routes, workflow::domain_ptr domain, std::shared_ptr<Request> request,
                    call_ptr answer) {
  visibility_list list;
  list.domain = std::move(domain);
  list.request = std::move(request);
  list.answer = std::move(answer);
  caf::anon_send(routes.visibility(), std::make_shared<visibility_mail>(std::move(list)));
}

} // namespace

void local_engine::list_open(workflow::domain_ptr domain, body<api::ListOpenWorkflowExecutionsRequest> request,
                             call_ptr answer) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(answer));
}
void local_engine::list_closed(workflow::domain_ptr domain, body<api::ListClosedWorkflowExecutionsRequest> request,
                               call_ptr answer) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(answer));
}
void local_engine::list_by_query(workflow::domain_ptr domain, body<api::ListWorkflowExecutionsRequest> request,
                                 call_ptr answer) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(answer));
}
void local_engine::scan_by_query(workflow::domain_ptr domain, body<api::ScanWorkflowExecutionsRequest> request,
                                 call_ptr answer) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(answer));
}
void local_engine::count_by_query(workflow::domain_ptr domain, body<api::CountWorkflowExecutionsRequest> request,
                                  call_ptr answer) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(answer));
}

} // namespace cadenza::actors
