#include "tests/chaos/ledger.hpp"

#include "tests/load/load_worker.hpp"

#include <algorithm>
#include <thread>

namespace cadenza::chaos {

namespace api = load::api;

namespace {

constexpr auto call_timeout = std::chrono::seconds(3);
constexpr int signals_each = 3;

} // namespace

ledger::ledger(load::client& c, std::string domain, std::string task_list)
  : client_(c), domain_(std::move(domain)), task_list_(std::move(task_list)) {}

void ledger::drive(int at_once) {
  for (int i = 0; i < at_once; ++i) {
    ++under_way_;
    next();
  }
}

void ledger::over() { --under_way_; }

void ledger::next() {
  if (stop_)
    return over();
  const auto n = started_.fetch_add(1);
  const bool by_signals = n % 2 == 0;
  const auto workflow_id = "crash-" + std::to_string(n);
  const int activities = by_signals ? 0 : static_cast<int>(n % 3);
  const auto input = by_signals ? "signals:" + std::to_string(signals_each) : std::to_string(activities);
  start(workflow_id, load::make_start(domain_, task_list_, workflow_id, input), by_signals ? signals_each : 0);
}

void ledger::start(const std::string& workflow_id, const api::StartWorkflowExecutionRequest& request, int signals) {
  client_.call<api::StartWorkflowExecutionRequest, api::StartWorkflowExecutionResponse>(
    "WorkflowAPI/StartWorkflowExecution", request, call_timeout,
    [this, workflow_id, request, signals](const load::result& r, api::StartWorkflowExecutionResponse& response) {
      if (r.transient())
        return start(workflow_id, request, signals);
      if (!r.ok()) {
        const std::lock_guard guard(mutex_);
        refused_.push_back("start of " + workflow_id + " answered code " + std::to_string(r.code) + ": " + r.message);
        return over();
      }
      {
        const std::lock_guard guard(mutex_);
        auto& p = promised_[workflow_id];
        p.run_id = response.run_id();
        p.input = request.input().data();
        p.activities = signals > 0 ? 0 : std::atoi(p.input.c_str());
      }
      if (signals == 0)
        return next();
      api::SignalWorkflowExecutionRequest s;
      s.set_domain(domain_);
      s.mutable_workflow_execution()->set_workflow_id(workflow_id);
      s.mutable_workflow_execution()->set_run_id(response.run_id());
      s.set_signal_name("s1");
      s.set_request_id(load::new_uuid());
      s.set_identity("crash");
      signal(workflow_id, s, signals);
    });
}

void ledger::signal(const std::string& workflow_id, const api::SignalWorkflowExecutionRequest& request, int left) {
  client_.call<api::SignalWorkflowExecutionRequest, api::SignalWorkflowExecutionResponse>(
    "WorkflowAPI/SignalWorkflowExecution", request, call_timeout,
    [this, workflow_id, request, left](const load::result& r, api::SignalWorkflowExecutionResponse&) {
      if (r.transient())
        return signal(workflow_id, request, left);
      {
        const std::lock_guard guard(mutex_);
        if (r.ok())
          promised_[workflow_id].signals.push_back(request.signal_name());
        else
          refused_.push_back("signal " + request.signal_name() + " to " + workflow_id + " answered code "
                             + std::to_string(r.code) + ": " + r.message);
      }
      if (left == 1 || !r.ok())
        return next();
      auto following = request;
      following.set_signal_name("s" + std::to_string(signals_each - left + 2));
      following.set_request_id(load::new_uuid());
      signal(workflow_id, following, left - 1);
    });
}

void ledger::stop_driving() {
  stop_ = true;
  while (under_way_.load() != 0)
    std::this_thread::yield();
}

bool ledger::closed(const std::string& workflow_id, const std::string& run_id) {
  api::GetWorkflowExecutionHistoryRequest request;
  request.set_domain(domain_);
  request.mutable_workflow_execution()->set_workflow_id(workflow_id);
  request.mutable_workflow_execution()->set_run_id(run_id);
  request.set_wait_for_new_event(true);
  request.set_history_event_filter_type(api::EVENT_FILTER_TYPE_CLOSE_EVENT);
  api::GetWorkflowExecutionHistoryResponse response;
  const auto r = client_.wait("WorkflowAPI/GetWorkflowExecutionHistory", request, response, std::chrono::seconds(25));
  return r.ok() && response.history().events_size() > 0;
}

void ledger::wait_for_ends(std::chrono::minutes patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (const auto& [workflow_id, p] : promised_) {
    while (!closed(workflow_id, p.run_id)) {
      if (std::chrono::steady_clock::now() > until)
        return; // check() names those that are left
    }
  }
}

std::string ledger::problem_of(const std::string& workflow_id, const promise& p) {
  std::vector<api::HistoryEvent> events;
  std::string token;
  do {
    api::GetWorkflowExecutionHistoryRequest request;
    request.set_domain(domain_);
    request.mutable_workflow_execution()->set_workflow_id(workflow_id);
    request.mutable_workflow_execution()->set_run_id(p.run_id);
    request.set_next_page_token(token);
    api::GetWorkflowExecutionHistoryResponse response;
    const auto r = client_.wait("WorkflowAPI/GetWorkflowExecutionHistory", request, response);
    if (!r.ok())
      return "its history cannot be read: " + r.message;
    for (const auto& e : response.history().events())
      events.push_back(e);
    token = response.next_page_token();
  } while (!token.empty());

  int started = 0;
  int activities = 0;
  std::map<std::string, int> signals;
  std::int64_t last_task_id = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& e = events[i];
    if (e.event_id() != static_cast<std::int64_t>(i) + 1)
      return "event ids are not dense: event " + std::to_string(e.event_id()) + " at place " + std::to_string(i + 1);
    if (e.task_id() <= last_task_id)
      return "task ids do not grow at event " + std::to_string(e.event_id());
    last_task_id = e.task_id();
    started += e.has_workflow_execution_started_event_attributes() ? 1 : 0;
    activities += e.has_activity_task_completed_event_attributes() ? 1 : 0;
    if (e.has_workflow_execution_signaled_event_attributes())
      ++signals[e.workflow_execution_signaled_event_attributes().signal_name()];
  }
  if (events.empty() || started != 1)
    return "it has " + std::to_string(started) + " started events";
  if (!events.back().has_workflow_execution_completed_event_attributes())
    return "it has not completed: last event " + events.back().ShortDebugString();
  if (events.back().workflow_execution_completed_event_attributes().result().data() != p.input)
    return "its result is not what its decision said";
  if (activities != p.activities)
    return std::to_string(activities) + " activities completed instead of " + std::to_string(p.activities);
  for (const auto& name : p.signals) {
    if (signals[name] != 1)
      return "acknowledged signal " + name + " is there " + std::to_string(signals[name]) + " times";
  }
  return {};
}

std::vector<std::string> ledger::check() {
  std::vector<std::string> problems = refused_;
  completed_ = 0;
  for (const auto& [workflow_id, p] : promised_) {
    const auto problem = problem_of(workflow_id, p);
    if (problem.empty())
      ++completed_;
    else
      problems.push_back(workflow_id + "/" + p.run_id + ": " + problem);
  }
  return problems;
}

ledger::counts ledger::counted() const {
  counts out;
  out.starts = static_cast<long long>(promised_.size());
  for (const auto& [id, p] : promised_)
    out.signals += static_cast<long long>(p.signals.size());
  out.completed = completed_;
  return out;
}

} // namespace cadenza::chaos
