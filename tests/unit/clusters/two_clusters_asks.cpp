#include "two_clusters.hpp"

#include "messages/shard_hash.hpp"

#include <algorithm>

/// What clients and workers ask the clusters of the fixture.
namespace cadenza::actors {
namespace {

api::WorkflowExecution execution(const std::string& id, const std::string& run_id) {
  api::WorkflowExecution out;
  out.set_workflow_id(id);
  out.set_run_id(run_id);
  return out;
}

template <class Response> std::optional<Response> answer_of(const two_clusters::asked& asked) {
  Response out;
  if (!asked->bytes || !out.ParseFromString(*asked->bytes))
    return std::nullopt;
  return out;
}

std::string kind_of(const api::HistoryEvent& event) {
  const auto* field = api::HistoryEvent::descriptor()->FindFieldByNumber(static_cast<int>(event.attributes_case()));
  auto out = field == nullptr ? std::string("nothing") : field->name();
  constexpr std::string_view end = "_event_attributes";
  if (out.ends_with(end))
    out.resize(out.size() - end.size());
  return out;
}

} // namespace

std::string two_clusters::problem_of(const asked& call) {
  if (call->bytes)
    return {};
  return call->failure ? call->failure->message : "no answer";
}

two_clusters::asked two_clusters::start(side& of, const std::string& in, const std::string& id, const std::string& list,
                                        const std::function<void(api::StartWorkflowExecutionRequest&)>& more) {
  auto request = std::make_shared<api::StartWorkflowExecutionRequest>();
  request->set_domain(in);
  request->set_workflow_id(id);
  request->set_request_id("start of " + id);
  request->mutable_workflow_type()->set_name("order");
  request->mutable_task_list()->set_name(list);
  request->mutable_execution_start_to_close_timeout()->set_seconds(3600);
  request->mutable_task_start_to_close_timeout()->set_seconds(10);
  if (more)
    more(*request);
  auto call = std::make_shared<noted_call>();
  of.engine->start(domain(of, in), request, call);
  run();
  return call;
}

two_clusters::asked two_clusters::signal(side& of, const std::string& in, const std::string& id,
                                         const std::string& name, const std::string& request_id,
                                         const std::string& run_id) {
  auto request = std::make_shared<api::SignalWorkflowExecutionRequest>();
  request->set_domain(in);
  *request->mutable_workflow_execution() = execution(id, run_id);
  request->set_signal_name(name);
  request->set_request_id(request_id);
  auto call = std::make_shared<noted_call>();
  of.engine->signal(domain(of, in), request, call);
  run();
  return call;
}

two_clusters::asked two_clusters::terminate(side& of, const std::string& in, const std::string& id,
                                            const std::string& run_id) {
  auto request = std::make_shared<api::TerminateWorkflowExecutionRequest>();
  request->set_domain(in);
  *request->mutable_workflow_execution() = execution(id, run_id);
  request->set_reason("enough");
  auto call = std::make_shared<noted_call>();
  of.engine->terminate(domain(of, in), request, call);
  run();
  return call;
}

two_clusters::asked two_clusters::cancel(side& of, const std::string& in, const std::string& id,
                                         const std::string& request_id) {
  auto request = std::make_shared<api::RequestCancelWorkflowExecutionRequest>();
  request->set_domain(in);
  *request->mutable_workflow_execution() = execution(id, {});
  request->set_request_id(request_id);
  auto call = std::make_shared<noted_call>();
  of.engine->request_cancel(domain(of, in), request, call);
  run();
  return call;
}

two_clusters::asked two_clusters::hang(side& of, const std::string& in, const std::string& list) {
  auto request = std::make_shared<api::PollForDecisionTaskRequest>();
  request->set_domain(in);
  request->mutable_task_list()->set_name(list);
  request->set_identity("worker in " + of.name);
  auto call = std::make_shared<noted_call>();
  of.engine->poll_decision(domain(of, in), request, call);
  run();
  return call;
}

two_clusters::asked two_clusters::hang_for_activity(side& of, const std::string& in, const std::string& list) {
  auto request = std::make_shared<api::PollForActivityTaskRequest>();
  request->set_domain(in);
  request->mutable_task_list()->set_name(list);
  request->set_identity("worker in " + of.name);
  auto call = std::make_shared<noted_call>();
  of.engine->poll_activity(domain(of, in), request, call);
  run();
  return call;
}

std::optional<api::PollForDecisionTaskResponse> two_clusters::poll(side& of, const std::string& in,
                                                                   const std::string& list) {
  const auto waits = hang(of, in, list);
  (void)until([&] { return waits->answered(); }, 3);
  return got(waits);
}

std::optional<api::PollForActivityTaskResponse> two_clusters::poll_activity(side& of, const std::string& in,
                                                                            const std::string& list) {
  const auto waits = hang_for_activity(of, in, list);
  (void)until([&] { return waits->answered(); }, 3);
  return got<api::PollForActivityTaskResponse>(waits);
}

std::string two_clusters::decide(side& of, const std::string& in, const api::PollForDecisionTaskResponse& task,
                                 const std::vector<api::Decision>& decisions) {
  auto token = decode_task_token(task.task_token());
  BOOST_REQUIRE(bool(token));
  auto request = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
  request->set_task_token(task.task_token());
  for (const auto& decision : decisions)
    *request->add_decisions() = decision;
  auto call = std::make_shared<noted_call>();
  of.engine->decision_completed(domain(of, in), *std::move(token), request, call);
  (void)until([&] { return call->answered(); }, 3);
  return problem_of(call);
}

std::string two_clusters::complete_activity(side& of, const std::string& in,
                                            const api::PollForActivityTaskResponse& task, const std::string& result) {
  auto token = decode_task_token(task.task_token());
  BOOST_REQUIRE(bool(token));
  auto request = std::make_shared<api::RespondActivityTaskCompletedRequest>();
  request->set_task_token(task.task_token());
  request->mutable_result()->set_data(result);
  auto call = std::make_shared<noted_call>();
  of.engine->activity_completed(domain(of, in), *std::move(token), request, call);
  (void)until([&] { return call->answered(); }, 3);
  return problem_of(call);
}

std::optional<api::DescribeWorkflowExecutionResponse>
two_clusters::describe(side& of, const std::string& in, const std::string& id, const std::string& run_id) {
  auto request = std::make_shared<api::DescribeWorkflowExecutionRequest>();
  request->set_domain(in);
  *request->mutable_workflow_execution() = execution(id, run_id);
  auto call = std::make_shared<noted_call>();
  of.engine->describe(domain(of, in), request, call);
  (void)until([&] { return call->answered(); }, 3);
  return answer_of<api::DescribeWorkflowExecutionResponse>(call);
}

std::vector<api::HistoryEvent> two_clusters::history(side& of, const std::string& in, const std::string& id,
                                                     const std::string& run_id) {
  std::vector<api::HistoryEvent> out;
  std::string token;
  do {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->set_domain(in);
    *request->mutable_workflow_execution() = execution(id, run_id);
    request->set_page_size(1000);
    request->set_next_page_token(token);
    auto call = std::make_shared<noted_call>();
    of.engine->get_history(domain(of, in), request, call);
    (void)until([&] { return call->answered(); }, 3);
    const auto page = answer_of<api::GetWorkflowExecutionHistoryResponse>(call);
    if (!page)
      return {};
    out.insert(out.end(), page->history().events().begin(), page->history().events().end());
    token = page->next_page_token();
  } while (!token.empty());
  return out;
}

std::string two_clusters::told(side& of, const std::string& in, const std::string& id, const std::string& run_id) {
  std::string out;
  for (const auto& event : history(of, in, id, run_id))
    out += std::to_string(event.event_id()) + " v" + std::to_string(event.version()) + " " + kind_of(event) + "\n";
  return out;
}

std::optional<run_rows> two_clusters::stored(side& of, const std::string& in, const std::string& id,
                                             const std::string& run_id) {
  const auto known = domain(of, in);
  if (!known)
    return std::nullopt;
  const auto shard = shard_of(id, of.shards);
  auto run = uuid::parse(run_id);
  if (run_id.empty())
    of.store.shards().read_current(shard, {known->id, id}, [&](const storage::read_result<storage::current_row>& row) {
      if (row.value)
        run = row.value->run_id;
    });
  std::optional<run_rows> out;
  if (run)
    of.store.shards().read_run(shard, {known->id, id, *run},
                               [&](storage::read_result<run_rows> rows) { out = std::move(rows.value); });
  return out;
}

std::vector<std::string> two_clusters::listed(side& of, const std::string& in, bool open) {
  auto call = std::make_shared<noted_call>();
  const auto fill = [&](auto& request) {
    request.set_domain(in);
    request.set_page_size(1000);
    request.mutable_start_time_filter()->mutable_earliest_time()->set_seconds(0);
    request.mutable_start_time_filter()->mutable_latest_time()->set_seconds(4'000'000'000);
  };
  std::vector<std::string> out;
  const auto take = [&](const auto& page) {
    for (const auto& one : page.executions())
      out.push_back(one.workflow_execution().workflow_id());
  };
  if (open) {
    auto request = std::make_shared<api::ListOpenWorkflowExecutionsRequest>();
    fill(*request);
    of.engine->list_open(domain(of, in), request, call);
    (void)until([&] { return call->answered(); }, 3);
    take(answer_of<api::ListOpenWorkflowExecutionsResponse>(call).value_or(api::ListOpenWorkflowExecutionsResponse()));
  } else {
    auto request = std::make_shared<api::ListClosedWorkflowExecutionsRequest>();
    fill(*request);
    of.engine->list_closed(domain(of, in), request, call);
    (void)until([&] { return call->answered(); }, 3);
    take(answer_of<api::ListClosedWorkflowExecutionsResponse>(call).value_or(
        api::ListClosedWorkflowExecutionsResponse()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

api::Decision two_clusters::completion(const std::string& result) {
  api::Decision out;
  out.mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data(result);
  return out;
}

api::Decision two_clusters::activity(const std::string& activity_id, const std::string& list) {
  api::Decision out;
  auto& wanted = *out.mutable_schedule_activity_task_decision_attributes();
  wanted.set_activity_id(activity_id);
  wanted.mutable_activity_type()->set_name("pack");
  wanted.mutable_task_list()->set_name(list);
  wanted.mutable_schedule_to_close_timeout()->set_seconds(600);
  wanted.mutable_schedule_to_start_timeout()->set_seconds(600);
  wanted.mutable_start_to_close_timeout()->set_seconds(60);
  wanted.mutable_heartbeat_timeout()->set_seconds(0);
  return out;
}

api::Decision two_clusters::timer(const std::string& timer_id, std::int64_t seconds) {
  api::Decision out;
  auto& wanted = *out.mutable_start_timer_decision_attributes();
  wanted.set_timer_id(timer_id);
  wanted.mutable_start_to_fire_timeout()->set_seconds(seconds);
  return out;
}

} // namespace cadenza::actors
