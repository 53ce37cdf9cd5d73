#include "tests/soak/stories.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <array>
#include <thread>

namespace cadenza::soak {
namespace {

using steady = std::chrono::steady_clock;
constexpr auto call_timeout = std::chrono::seconds(15);

steady::duration span(double seconds) {
  return std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
}

template <class Request> Request about(const std::string& id) {
  Request out;
  out.set_domain(domain);
  out.mutable_workflow_execution()->set_workflow_id(id);
  return out;
}

} // namespace

void stories::later(double seconds, then what) {
  const std::lock_guard guard(mutex_);
  due_.emplace(steady::now() + span(seconds), std::move(what));
}

void stories::run_due() {
  for (;;) {
    then what;
    {
      const std::lock_guard guard(mutex_);
      if (due_.empty() || due_.begin()->first > steady::now())
        return;
      what = std::move(due_.begin()->second);
      due_.erase(due_.begin());
    }
    what();
  }
}

void stories::drive(double per_second, steady::time_point until, const std::function<void()>& each_second) {
  auto next = steady::now();
  auto second = next;
  while (steady::now() < until) {
    run_due();
    const auto now = steady::now();
    if (now >= second) {
      each_second();
      second += std::chrono::seconds(1);
    }
    if (now >= next) {
      if (under_way_ < 500) // else the server is behind: do not heap work up
        begin();
      next += span(1 / per_second);
      if (next < now - std::chrono::seconds(1))
        next = now;
    }
    std::this_thread::sleep_until(std::min(next, steady::now() + std::chrono::milliseconds(5)));
  }
}

void stories::finish() {
  for (;;) {
    run_due();
    {
      const std::lock_guard guard(mutex_);
      if (due_.empty() && under_way_.load() == 0)
        return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::map<std::string, std::int64_t> stories::begun() const {
  const std::lock_guard guard(mutex_);
  return begun_;
}

std::map<std::string, std::int64_t> stories::surprises() const {
  const std::lock_guard guard(mutex_);
  return surprises_;
}

template <class Response, class Request>
void stories::ask(const char* method, const Request& request, std::function<void(const Response&)> ok) {
  ++under_way_;
  ++calls_;
  client_.call<Request, Response>(
      method, request, call_timeout, [this, method, ok = std::move(ok)](const load::result& r, Response& response) {
        if (r.ok()) {
          ok(response);
        } else if (r.code != 5) { // the workflow is over already: a race it may lose
          const std::lock_guard guard(mutex_);
          ++surprises_[std::string(method) + ": " + std::to_string(r.code) + " " + r.message.substr(0, 80)];
        }
        --under_way_;
      });
}

void stories::start(const std::string& id, const std::string& input, then started,
                    const std::function<void(api::StartWorkflowExecutionRequest&)>& change) {
  api::StartWorkflowExecutionRequest request;
  request.set_domain(domain);
  request.set_workflow_id(id);
  request.mutable_workflow_type()->set_name("soak");
  request.mutable_task_list()->set_name(task_list);
  request.mutable_input()->set_data(input);
  request.mutable_execution_start_to_close_timeout()->set_seconds(90);
  request.mutable_task_start_to_close_timeout()->set_seconds(10);
  request.set_identity("soak");
  request.set_request_id(load::new_uuid());
  if (change)
    change(request);
  ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", request,
                                           [started = std::move(started)](const api::StartWorkflowExecutionResponse&) {
                                             if (started)
                                               started();
                                           });
}

void stories::signal(const std::string& id, int left, double apart) {
  if (left == 0)
    return;
  auto request = about<api::SignalWorkflowExecutionRequest>(id);
  request.set_signal_name("news");
  request.mutable_signal_input()->set_data(std::string(200, 'x'));
  request.set_request_id(load::new_uuid());
  request.set_identity("soak");
  ask<api::SignalWorkflowExecutionResponse>("WorkflowAPI/SignalWorkflowExecution", request,
                                            [=, this](const api::SignalWorkflowExecutionResponse&) {
                                              if (left > 1)
                                                later(apart, [=, this] { signal(id, left - 1, apart); });
                                            });
}

void stories::query(const std::string& id, bool strong) {
  auto request = about<api::QueryWorkflowRequest>(id);
  request.mutable_query()->set_query_type("signals");
  if (strong)
    request.set_query_consistency_level(api::QUERY_CONSISTENCY_LEVEL_STRONG);
  ask<api::QueryWorkflowResponse>("WorkflowAPI/QueryWorkflow", request, [](const api::QueryWorkflowResponse&) {});
}

void stories::terminate(const std::string& id) {
  auto request = about<api::TerminateWorkflowExecutionRequest>(id);
  request.set_reason("soak");
  ask<api::TerminateWorkflowExecutionResponse>("WorkflowAPI/TerminateWorkflowExecution", request,
                                               [](const api::TerminateWorkflowExecutionResponse&) {});
}

void stories::cancel(const std::string& id) {
  auto request = about<api::RequestCancelWorkflowExecutionRequest>(id);
  request.set_request_id(load::new_uuid());
  ask<api::RequestCancelWorkflowExecutionResponse>("WorkflowAPI/RequestCancelWorkflowExecution", request,
                                                   [](const api::RequestCancelWorkflowExecutionResponse&) {});
}

void stories::reset(const std::string& id) {
  const auto history = about<api::GetWorkflowExecutionHistoryRequest>(id);
  ask<api::GetWorkflowExecutionHistoryResponse>("WorkflowAPI/GetWorkflowExecutionHistory", history,
                                                [=, this](const api::GetWorkflowExecutionHistoryResponse& got) {
                                                  for (const auto& e : got.history().events()) {
                                                    if (!e.has_decision_task_completed_event_attributes())
                                                      continue;
                                                    auto request = about<api::ResetWorkflowExecutionRequest>(id);
                                                    request.set_reason("soak");
                                                    request.set_decision_finish_event_id(e.event_id());
                                                    request.set_request_id(load::new_uuid());
                                                    return ask<api::ResetWorkflowExecutionResponse>(
                                                        "WorkflowAPI/ResetWorkflowExecution", request,
                                                        [](const api::ResetWorkflowExecutionResponse&) {});
                                                  }
                                                });
}

void stories::look(const std::string& id) {
  ask<api::DescribeWorkflowExecutionResponse>("WorkflowAPI/DescribeWorkflowExecution",
                                              about<api::DescribeWorkflowExecutionRequest>(id),
                                              [](const api::DescribeWorkflowExecutionResponse&) {});
}

void stories::list() {
  api::ListClosedWorkflowExecutionsRequest request;
  request.set_domain(domain);
  request.set_page_size(20);
  request.mutable_start_time_filter()->mutable_earliest_time()->set_seconds(1);
  request.mutable_start_time_filter()->mutable_latest_time()->set_seconds(4'000'000'000);
  ask<api::ListClosedWorkflowExecutionsResponse>("VisibilityAPI/ListClosedWorkflowExecutions", request,
                                                 [](const api::ListClosedWorkflowExecutionsResponse&) {});
}

void stories::signal_with_start(const std::string& id) {
  api::SignalWithStartWorkflowExecutionRequest request;
  auto& start = *request.mutable_start_request();
  start.set_domain(domain);
  start.set_workflow_id(id);
  start.mutable_workflow_type()->set_name("soak");
  start.mutable_task_list()->set_name(task_list);
  start.mutable_input()->set_data("wait 2");
  start.mutable_execution_start_to_close_timeout()->set_seconds(90);
  start.mutable_task_start_to_close_timeout()->set_seconds(10);
  start.set_request_id(load::new_uuid());
  request.set_signal_name("first");
  ask<api::SignalWithStartWorkflowExecutionResponse>("WorkflowAPI/SignalWithStartWorkflowExecution", request,
                                                     [this, id](const api::SignalWithStartWorkflowExecutionResponse&) {
                                                       later(0.3, [this, id] { signal(id, 1, 0); });
                                                     });
}

void stories::begin() {
  struct kind {
    const char* name;
    void (*tell)(stories&, const std::string& id);
  };
  static constexpr std::array kinds{
      kind{"one activity", [](stories& s, const std::string& id) { s.start(id, "work 1", {}); }},
      kind{"three activities", [](stories& s, const std::string& id) { s.start(id, "work 3", {}); }},
      kind{"flaky activity", [](stories& s, const std::string& id) { s.start(id, "flaky", {}); }},
      kind{"timer", [](stories& s, const std::string& id) { s.start(id, "timer 2", {}); }},
      kind{"signals and queries",
           [](stories& s, const std::string& id) {
             s.start(id, "wait 3", [&s, id] {
               s.signal(id, 3, 0.4);
               s.later(0.5, [&s, id] { s.query(id, false); });
               s.later(0.7, [&s, id] { s.query(id, true); });
             });
           }},
      kind{"signal with start", [](stories& s, const std::string& id) { s.signal_with_start(id); }},
      kind{"children", [](stories& s, const std::string& id) { s.start(id, "children 3", {}); }},
      kind{"external signal",
           [](stories& s, const std::string& id) {
             const auto other = id + "-other";
             s.start(other, "wait 1", [&s, id, other] { s.start(id, "tell " + other, {}); });
           }},
      kind{"continue as new", [](stories& s, const std::string& id) { s.start(id, "again 3", {}); }},
      kind{"cron",
           [](stories& s, const std::string& id) {
             s.start(
                 id, "beat", [&s, id] { s.later(6, [&s, id] { s.terminate(id); }); },
                 [](api::StartWorkflowExecutionRequest& r) { r.set_cron_schedule("@every 1s"); });
           }},
      kind{"failure and retry",
           [](stories& s, const std::string& id) {
             s.start(id, "fail", {}, [](api::StartWorkflowExecutionRequest& r) {
               r.mutable_retry_policy()->mutable_initial_interval()->set_seconds(1);
               r.mutable_retry_policy()->set_backoff_coefficient(1);
               r.mutable_retry_policy()->set_maximum_attempts(2);
             });
           }},
      kind{"cancel",
           [](stories& s, const std::string& id) {
             s.start(id, "wait 9", [&s, id] { s.later(1, [&s, id] { s.cancel(id); }); });
           }},
      kind{"terminate",
           [](stories& s, const std::string& id) {
             s.start(id, "wait 9", [&s, id] {
               s.later(0.5, [&s, id] { s.look(id); });
               s.later(1, [&s, id] { s.terminate(id); });
             });
           }},
      kind{"reset",
           [](stories& s, const std::string& id) {
             s.start(id, "work 2", [&s, id] { s.later(3, [&s, id] { s.reset(id); }); });
           }},
      kind{"workflow timeout",
           [](stories& s, const std::string& id) {
             s.start(id, "wait 9", {}, [](api::StartWorkflowExecutionRequest& r) {
               r.mutable_execution_start_to_close_timeout()->set_seconds(3);
             });
           }},
      kind{"stored backlog",
           [](stories& s, const std::string& id) {
             s.start(id, "work 1", {},
                     [](api::StartWorkflowExecutionRequest& r) { r.mutable_task_list()->set_name(late_task_list); });
           }},
      kind{"list", [](stories& s, const std::string&) { s.list(); }},
  };
  const auto& k = kinds[chance_() % kinds.size()];
  {
    const std::lock_guard guard(mutex_);
    ++begun_[k.name];
  }
  k.tell(*this, "soak-" + std::to_string(number_++));
}

} // namespace cadenza::soak
