#include "tests/chaos/fleet.hpp"

#include "tests/simulation/program.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <algorithm>

namespace cadenza::chaos {

using simulation::fact;
using std::chrono::milliseconds;

namespace {

constexpr auto again_after = milliseconds(30);

/// The workflow id has no open run (any more).
bool too_late(const load::result& r) { return r.code == 5; }

api::StartWorkflowExecutionRequest start_request(const std::string& workflow_id, const simulation::workflow_story& told,
                                                 const std::string& request_id) {
  api::StartWorkflowExecutionRequest out;
  out.set_domain(simulation::domain_name);
  out.set_workflow_id(workflow_id);
  out.mutable_workflow_type()->set_name("program");
  out.mutable_task_list()->set_name(simulation::list_name);
  out.mutable_input()->set_data(told.program);
  out.mutable_execution_start_to_close_timeout()->set_seconds(3600);
  out.mutable_task_start_to_close_timeout()->set_seconds(5);
  out.set_identity("client");
  out.set_request_id(request_id);
  out.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  if (told.program.find('f') != std::string::npos)
    simulation::set_retry(*out.mutable_retry_policy());
  if (told.cron)
    out.set_cron_schedule("@every 1s");
  return out;
}

template <class Request> Request about(const std::string& workflow_id) {
  Request out;
  out.set_domain(simulation::domain_name);
  out.mutable_workflow_execution()->set_workflow_id(workflow_id);
  return out;
}

} // namespace

void fleet::drive(int at_once) {
  for (int i = 0; i < at_once; ++i) {
    ++under_way_;
    next();
  }
}

void fleet::stop_driving() {
  stop_ = true;
  while (under_way_.load() != 0)
    std::this_thread::yield();
}

void fleet::next() {
  if (stop_) {
    --under_way_;
    return;
  }
  const int n = begun_++;
  auto s = std::make_shared<story>();
  s->workflow_id = "workflow" + std::to_string(n);
  auto& told = s->told;
  bool with_signal = false;
  book_.draw([&](simulation::dice& chance) {
    told.cron = chance.permille(60);
    told.program = told.cron ? "a0" : random_program(chance, true, {std::max(0, n - 20), n + 3});
    told.disturbed = told.cron;
    with_signal = !told.cron && chance.permille(250);
    for (auto left = chance.below(4); left > 0; --left)
      s->steps.push_back('s');
    for (auto left = chance.below(3); left > 0; --left)
      s->steps.push_back(chance.permille(500) ? 'q' : 'Q');
    if (chance.permille(100))
      s->steps.push_back('c');
    if (chance.permille(60))
      s->steps.push_back('r');
    if (chance.permille(150))
      s->steps.push_back('z');
    for (std::size_t i = s->steps.size(); i > 1; --i)
      std::swap(s->steps[i - 1], s->steps[static_cast<std::size_t>(chance.below(static_cast<std::int64_t>(i)))]);
    if (told.cron || chance.permille(60))
      s->steps.push_back('t'); // what was begun anew before is ended as well
    for (const char step : s->steps) {
      told.disturbed = told.disturbed || step == 'c' || step == 't' || step == 'r';
      told.restarted = told.restarted || step == 'r';
      told.resets += step == 'z' ? 1 : 0;
    }
    return 0;
  });
  book_.write([&](simulation::ledger& ledger) { ledger.workflows[s->workflow_id] = told; });
  start(s, fresh(), with_signal);
}

void fleet::settle(story_ptr s, const char* what, const load::result& r, then again) {
  if (r.transient()) {
    book_.count("tries again");
    return clock_.after(again_after, std::move(again));
  }
  if (!r.ok() && !too_late(r))
    book_.problem(std::string(what) + " of " + s->workflow_id + " answered code " + std::to_string(r.code) + ": " +
                  r.message);
  go_on(std::move(s));
}

void fleet::go_on(story_ptr s) {
  if (s->steps.empty())
    return clock_.after(milliseconds(book_.below(100)), [this] { next(); });
  const char step = s->steps.front();
  s->steps.erase(s->steps.begin());
  clock_.after(milliseconds(book_.below(step == 't' ? 3000 : 400)), [this, s, step] {
    switch (step) {
    case 's': return signal(s, "signal" + std::to_string(++s->signals) + ":" + s->workflow_id);
    case 'c': return cancel(s, fresh());
    case 't': return terminate(s, "end:" + s->workflow_id);
    case 'r': return restart(s, fresh());
    case 'z': return plan_reset(s);
    default: return query(s, step == 'Q', 20);
    }
  });
}

// ---------------------------------------------------------------- requests

void fleet::start(story_ptr s, const std::string& request_id, bool with_signal) {
  const auto answered = [=, this](const load::result& r, const std::string& run_id) {
    if (r.ok()) {
      if (with_signal)
        book_.told({fact::kind::signal, s->workflow_id, {}, "first:" + s->workflow_id});
      return started(s, run_id);
    }
    // The run that an earlier try has started may have gone on as a new one, which knows nothing of this request.
    if (r.code == 6)
      return go_on(s);
    settle(s, "start", r, [=, this] { start(s, request_id, with_signal); });
  };
  if (!with_signal)
    return ask<api::StartWorkflowExecutionResponse>(
        client_, book_, "WorkflowAPI/StartWorkflowExecution", start_request(s->workflow_id, s->told, request_id),
        [answered](const load::result& r, api::StartWorkflowExecutionResponse& a) { answered(r, a.run_id()); });
  api::SignalWithStartWorkflowExecutionRequest request;
  *request.mutable_start_request() = start_request(s->workflow_id, s->told, request_id);
  request.set_signal_name("news");
  request.mutable_signal_input()->set_data("first:" + s->workflow_id);
  ask<api::SignalWithStartWorkflowExecutionResponse>(
      client_, book_, "WorkflowAPI/SignalWithStartWorkflowExecution", request,
      [answered](const load::result& r, api::SignalWithStartWorkflowExecutionResponse& a) { answered(r, a.run_id()); });
}

void fleet::started(story_ptr s, const std::string& run_id) {
  book_.count("starts");
  book_.told({fact::kind::start, s->workflow_id, run_id, run_id});
  go_on(std::move(s));
}

void fleet::restart(story_ptr s, const std::string& request_id) {
  auto request = start_request(s->workflow_id, s->told, request_id);
  request.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING);
  ask<api::StartWorkflowExecutionResponse>(client_, book_, "WorkflowAPI/StartWorkflowExecution", request,
                                           [=, this](const load::result& r, api::StartWorkflowExecutionResponse& a) {
                                             if (!r.ok())
                                               return settle(s, "restart", r, [=, this] { restart(s, request_id); });
                                             book_.count("restarts");
                                             started(s, a.run_id());
                                           });
}

void fleet::signal(story_ptr s, const std::string& mark) {
  auto request = about<api::SignalWorkflowExecutionRequest>(s->workflow_id);
  request.set_identity("client");
  request.set_request_id(mark);
  request.set_signal_name("news");
  request.mutable_signal_input()->set_data(mark);
  ask<api::SignalWorkflowExecutionResponse>(client_, book_, "WorkflowAPI/SignalWorkflowExecution", request,
                                            [=, this](const load::result& r, api::SignalWorkflowExecutionResponse&) {
                                              if (r.ok()) {
                                                book_.count("signals");
                                                book_.told({fact::kind::signal, s->workflow_id, {}, mark});
                                              }
                                              settle(s, "signal", r, [=, this] { signal(s, mark); });
                                            });
}

void fleet::cancel(story_ptr s, const std::string& request_id) {
  auto request = about<api::RequestCancelWorkflowExecutionRequest>(s->workflow_id);
  request.set_identity("client");
  request.set_request_id(request_id);
  ask<api::RequestCancelWorkflowExecutionResponse>(
      client_, book_, "WorkflowAPI/RequestCancelWorkflowExecution", request,
      [=, this](const load::result& r, api::RequestCancelWorkflowExecutionResponse&) {
        if (r.ok()) {
          book_.count("cancels");
          book_.told({fact::kind::cancel, s->workflow_id, {}, request_id});
        }
        settle(s, "cancel", r, [=, this] { cancel(s, request_id); });
      });
}

void fleet::terminate(story_ptr s, const std::string& mark) {
  auto request = about<api::TerminateWorkflowExecutionRequest>(s->workflow_id);
  request.set_identity("client");
  request.set_reason(mark);
  ask<api::TerminateWorkflowExecutionResponse>(
      client_, book_, "WorkflowAPI/TerminateWorkflowExecution", request,
      [=, this](const load::result& r, api::TerminateWorkflowExecutionResponse&) {
        if (r.ok()) {
          book_.count("terminations");
          book_.told({fact::kind::terminate, s->workflow_id, {}, mark});
        }
        settle(s, "terminate", r, [=, this] { terminate(s, mark); });
      });
}

void fleet::query(story_ptr s, bool strong, int tries_left) {
  auto request = about<api::QueryWorkflowRequest>(s->workflow_id);
  request.mutable_query()->set_query_type("signals");
  std::vector<std::string> known;
  if (strong) {
    request.set_query_consistency_level(api::QUERY_CONSISTENCY_LEVEL_STRONG);
    // One run tells everything when nothing has made a second one.
    const bool single = s->told.resets == 0 && !s->told.restarted && !s->told.cron &&
                        s->told.program.find_first_of("nf") == std::string::npos;
    for (int i = 1; single && i <= s->signals; ++i)
      known.push_back("signal" + std::to_string(i) + ":" + s->workflow_id);
    book_.write([&](const simulation::ledger& ledger) {
      std::erase_if(known, [&](const std::string& mark) {
        return std::none_of(ledger.facts.rbegin(), ledger.facts.rend(),
                            [&](const fact& f) { return f.what == fact::kind::signal && f.mark == mark; });
      });
    });
  }
  constexpr bool must_answer = false; // its worker may be gone
  ask<api::QueryWorkflowResponse>(
      client_, book_, "WorkflowAPI/QueryWorkflow", request,
      [=, this](const load::result& r, api::QueryWorkflowResponse& answer) {
        if (r.transient() && tries_left > 1) {
          book_.count("tries again");
          return clock_.after(again_after, [=, this] { query(s, strong, tries_left - 1); });
        }
        book_.count(!r.ok() ? "queries failed" : strong ? "strong queries answered" : "queries answered");
        for (const auto& mark : known)
          if (r.ok() && answer.query_result().data().find("[" + mark + "]") == std::string::npos)
            book_.problem("a strong query of " + s->workflow_id + " missed " + mark);
        go_on(s);
      },
      must_answer);
}

void fleet::plan_reset(story_ptr s) {
  auto request = about<api::GetWorkflowExecutionHistoryRequest>(s->workflow_id);
  request.set_page_size(1000);
  ask<api::GetWorkflowExecutionHistoryResponse>(
      client_, book_, "WorkflowAPI/GetWorkflowExecutionHistory", request,
      [=, this](const load::result& r, api::GetWorkflowExecutionHistoryResponse& answer) {
        if (!r.ok())
          return settle(s, "history", r, [=, this] { plan_reset(s); });
        std::vector<std::int64_t> points;
        for (const auto& e : answer.history().events())
          if (e.has_decision_task_completed_event_attributes())
            points.push_back(e.event_id());
        if (points.empty())
          return go_on(s);
        reset(s, points[static_cast<std::size_t>(book_.below(static_cast<std::int64_t>(points.size())))], fresh());
      });
}

void fleet::reset(story_ptr s, std::int64_t finish_id, const std::string& request_id) {
  auto request = about<api::ResetWorkflowExecutionRequest>(s->workflow_id);
  request.set_reason(simulation::reset_reason);
  request.set_decision_finish_event_id(finish_id);
  request.set_request_id(request_id);
  ask<api::ResetWorkflowExecutionResponse>(
      client_, book_, "WorkflowAPI/ResetWorkflowExecution", request,
      [=, this](const load::result& r, api::ResetWorkflowExecutionResponse& answer) {
        if (r.ok()) {
          book_.count("resets");
          book_.told({fact::kind::reset, s->workflow_id, answer.run_id(), answer.run_id()});
        } else if (r.code == 3) {
          book_.count("resets refused"); // another run, pending children, or the middle of a batch
          return go_on(s);
        }
        settle(s, "reset", r, [=, this] { reset(s, finish_id, request_id); });
      });
}

// ---------------------------------------------------------------- when all is over

bool fleet::wait_for_ends(std::chrono::seconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    api::ScanWorkflowExecutionsRequest scan;
    scan.set_domain(simulation::domain_name);
    scan.set_page_size(1);
    scan.set_query("CloseTime = missing");
    api::ScanWorkflowExecutionsResponse open;
    if (!client_.wait("VisibilityAPI/ScanWorkflowExecutions", scan, open).ok())
      continue;
    if (open.executions().empty())
      return true;
    // The long poll ends when the run does.
    api::GetWorkflowExecutionHistoryRequest request;
    request.set_domain(simulation::domain_name);
    *request.mutable_workflow_execution() = open.executions(0).workflow_execution();
    request.set_wait_for_new_event(true);
    request.set_history_event_filter_type(api::EVENT_FILTER_TYPE_CLOSE_EVENT);
    api::GetWorkflowExecutionHistoryResponse response;
    (void)client_.wait("WorkflowAPI/GetWorkflowExecutionHistory", request, response, std::chrono::seconds(25));
  }
  return false;
}

bool fleet::history_of(const api::WorkflowExecution& execution, simulation::runs& into) {
  simulation::told_run run{execution.workflow_id(), execution.run_id(), {}};
  std::string token;
  do {
    api::GetWorkflowExecutionHistoryRequest request;
    request.set_domain(simulation::domain_name);
    *request.mutable_workflow_execution() = execution;
    request.set_next_page_token(token);
    api::GetWorkflowExecutionHistoryResponse response;
    const auto r = client_.wait("WorkflowAPI/GetWorkflowExecutionHistory", request, response);
    if (!r.ok()) {
      book_.problem("history of " + execution.workflow_id() + "/" + execution.run_id() +
                    " cannot be read: " + r.message);
      return false;
    }
    run.history.MergeFrom(response.history());
    token = response.next_page_token();
  } while (!token.empty());
  into.emplace(run.run_id, std::move(run));
  return true;
}

simulation::runs fleet::read_everything() {
  simulation::runs out;
  std::string token;
  do {
    api::ScanWorkflowExecutionsRequest scan;
    scan.set_domain(simulation::domain_name);
    scan.set_page_size(1000);
    scan.set_next_page_token(token);
    api::ScanWorkflowExecutionsResponse page;
    const auto r = client_.wait("VisibilityAPI/ScanWorkflowExecutions", scan, page, std::chrono::seconds(30));
    if (!r.ok()) {
      book_.problem("the runs cannot be listed: " + r.message);
      return out;
    }
    for (const auto& info : page.executions())
      if (!history_of(info.workflow_execution(), out))
        return out;
    token = page.next_page_token();
  } while (!token.empty());
  return out;
}

} // namespace cadenza::chaos
