#include "workers.hpp"

#include "actors/base/task_token.hpp"
#include "messages/wire_time.hpp"

namespace cadenza::simulation {
namespace {

constexpr std::int64_t poll_patience_ns = 30 * ns_per_s;
constexpr std::int64_t patience_ns = 20 * ns_per_s;
constexpr std::int64_t pause_ns = 200 * ns_per_ms;

actors::task_token token_of(const std::string& text) {
  auto token = actors::decode_task_token(text);
  if (!token)
    throw violation("a task token cannot be read: " + token.error().message);
  return *std::move(token);
}

} // namespace

worker::worker(world& in, ledger& book, int number, bool sticky)
  : in_(in), book_(book), name_("worker" + std::to_string(number)), sticky_(sticky) {}

void worker::begin() {
  poll_decision(false);
  if (sticky_)
    poll_decision(true);
  poll_activity();
}

std::string worker::mark() { return name_ + "#" + std::to_string(++marks_); }

// ---------------------------------------------------------------- decisions

void worker::poll_decision(bool sticky) {
  if (!working_)
    return;
  const auto again = [this, sticky](std::int64_t after_ns) {
    in_.later(after_ns, [this, sticky] { poll_decision(sticky); });
  };
  const auto domain = in_.domain(domain_name);
  if (!domain)
    return again(pause_ns);
  auto request = std::make_shared<api::PollForDecisionTaskRequest>();
  request->set_domain(domain_name);
  request->set_identity(name_);
  request->mutable_task_list()->set_name(sticky ? name_ + "-sticky" : list_name);
  request->mutable_task_list()->set_kind(sticky ? api::TASK_LIST_KIND_STICKY : api::TASK_LIST_KIND_NORMAL);
  in_.engine().poll_decision(domain, request,
                             in_.call<api::PollForDecisionTaskResponse>(
                                 "poll_decision",
                                 [this, again](const outcome<api::PollForDecisionTaskResponse>& answer) {
                                   if (!answer)
                                     return again(pause_ns);
                                   if (!answer->task_token().empty())
                                     take_decision(std::make_shared<api::PollForDecisionTaskResponse>(*answer));
                                   again(0);
                                 },
                                 poll_patience_ns));
}

void worker::take_decision(std::shared_ptr<api::PollForDecisionTaskResponse> task) {
  if (task->has_query()) {
    auto history = std::make_shared<api::History>(task->history());
    return read_on(task, history, task->next_page_token());
  }
  in_.count("decisions");
  if (in_.chance().permille(20))
    return in_.count("forgotten decisions");
  if (in_.chance().permille(20))
    return fail_decision(*task);
  auto history = std::make_shared<api::History>();
  const bool whole = task->history().events_size() > 0 && task->history().events(0).event_id() == 1;
  if (whole) {
    *history = task->history();
    return read_on(task, history, task->next_page_token());
  }
  in_.count("sticky decisions");
  // The worker has lost what it knew of the run: it reads the history from its first page.
  read_on(task, history, {});
}

/// Reads the rest of a task's history, then decides.
void worker::read_on(std::shared_ptr<api::PollForDecisionTaskResponse> task, std::shared_ptr<api::History> history,
                     std::string page) {
  if (page.empty() && history->events_size() > 0)
    return in_.later(in_.chance().below(300 * ns_per_ms), [this, task, history] {
      if (task->has_query())
        answer_query(task, *history);
      else
        answer_decision(*task, *history);
    });
  const auto domain = in_.domain(domain_name);
  if (!domain)
    return;
  auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
  request->set_domain(domain_name);
  *request->mutable_workflow_execution() = task->workflow_execution();
  request->set_next_page_token(page);
  request->set_page_size(static_cast<int>(in_.chance().between(1, 20)));
  in_.engine().get_history(domain, request,
                           in_.call<api::GetWorkflowExecutionHistoryResponse>(
                               "get_history",
                               [this, task, history](const outcome<api::GetWorkflowExecutionHistoryResponse>& answer) {
                                 if (!answer)
                                   return; // the decision times out
                                 history->MergeFrom(answer->history());
                                 if (history->events_size() > 0)
                                   read_on(task, history, answer->next_page_token());
                               },
                               patience_ns));
}

void worker::answer_decision(const api::PollForDecisionTaskResponse& task, const api::History& history) {
  const auto domain = in_.domain(domain_name);
  if (!domain)
    return;
  auto request = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
  request->set_task_token(task.task_token());
  const auto identity = mark();
  request->set_identity(identity);
  for (auto& decision : decide(history, task.workflow_execution().workflow_id()))
    *request->add_decisions() = std::move(decision);
  for (const auto& [id, query] : task.queries()) {
    if (in_.chance().permille(100))
      continue; // a worker that does not know of queries
    auto& result = (*request->mutable_query_results())[id];
    result.set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
    result.mutable_answer()->set_data(told_signals(history));
    in_.count("queries answered with a decision");
  }
  if (sticky_) {
    request->mutable_sticky_attributes()->mutable_worker_task_list()->set_name(name_ + "-sticky");
    request->mutable_sticky_attributes()->mutable_worker_task_list()->set_kind(api::TASK_LIST_KIND_STICKY);
    workflow::set_seconds(*request->mutable_sticky_attributes()->mutable_schedule_to_start_timeout(), 5);
  }
  request->set_return_new_decision_task(in_.chance().permille(300));
  fact told{fact::kind::decision, task.workflow_execution().workflow_id(), task.workflow_execution().run_id(),
            identity};
  in_.engine().decision_completed(
      domain, token_of(task.task_token()), request,
      in_.call<api::RespondDecisionTaskCompletedResponse>(
          "decision_completed",
          [this, told, request,
           attempt = task.attempt()](const outcome<api::RespondDecisionTaskCompletedResponse>& answer) {
            if (!answer)
              return in_.count("decisions refused");
            once_more([=, this](workflow::domain_ptr known) {
              in_.engine().decision_completed(
                  std::move(known), token_of(request->task_token()), request,
                  in_.call<api::RespondDecisionTaskCompletedResponse>(
                      "decision_completed once more",
                      [=](const outcome<api::RespondDecisionTaskCompletedResponse>& second) {
                        if (second)
                          throw violation("the answer " + told.mark + " to a decision was taken twice");
                      },
                      patience_ns));
            });
            // An answer that the server rejects (unhandled events) on a later attempt leaves no trace by design.
            if (attempt == 0)
              book_.facts.push_back(told);
            if (!answer->decision_task().task_token().empty())
              take_decision(std::make_shared<api::PollForDecisionTaskResponse>(answer->decision_task()));
          },
          patience_ns));
}

void worker::answer_query(std::shared_ptr<api::PollForDecisionTaskResponse> task, const api::History& history) {
  const auto domain = in_.domain(domain_name);
  if (!domain || in_.chance().permille(30))
    return;
  auto token = actors::decode_query_token(task->task_token());
  if (!token)
    throw violation("a query token cannot be read: " + token.error().message);
  auto request = std::make_shared<api::RespondQueryTaskCompletedRequest>();
  request->set_task_token(task->task_token());
  request->mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
  request->mutable_result()->mutable_answer()->set_data(told_signals(history));
  in_.engine().query_completed(
      domain, *std::move(token), request,
      in_.call<api::RespondQueryTaskCompletedResponse>(
          "query_completed", [](const outcome<api::RespondQueryTaskCompletedResponse>&) {}, patience_ns));
}

void worker::fail_decision(const api::PollForDecisionTaskResponse& task) {
  const auto domain = in_.domain(domain_name);
  if (!domain)
    return;
  auto request = std::make_shared<api::RespondDecisionTaskFailedRequest>();
  request->set_task_token(task.task_token());
  request->set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  request->set_identity(name_);
  in_.engine().decision_failed(domain, token_of(task.task_token()), request,
                               in_.call<api::RespondDecisionTaskFailedResponse>(
                                   "decision_failed",
                                   [this](const outcome<api::RespondDecisionTaskFailedResponse>& answer) {
                                     if (answer)
                                       in_.count("failed decisions");
                                   },
                                   patience_ns));
}

// ---------------------------------------------------------------- activities

void worker::poll_activity() {
  if (!working_)
    return;
  const auto again = [this](std::int64_t after_ns) { in_.later(after_ns, [this] { poll_activity(); }); };
  const auto domain = in_.domain(domain_name);
  if (!domain)
    return again(pause_ns);
  auto request = std::make_shared<api::PollForActivityTaskRequest>();
  request->set_domain(domain_name);
  request->set_identity(name_);
  request->mutable_task_list()->set_name(list_name);
  request->mutable_task_list()->set_kind(api::TASK_LIST_KIND_NORMAL);
  in_.engine().poll_activity(domain, request,
                             in_.call<api::PollForActivityTaskResponse>(
                                 "poll_activity",
                                 [this, again](const outcome<api::PollForActivityTaskResponse>& answer) {
                                   if (!answer)
                                     return again(pause_ns);
                                   if (!answer->task_token().empty())
                                     take_activity(std::make_shared<api::PollForActivityTaskResponse>(*answer));
                                   again(0);
                                 },
                                 poll_patience_ns));
}

void worker::take_activity(std::shared_ptr<api::PollForActivityTaskResponse> task) {
  in_.count("activities");
  if (in_.chance().permille(30))
    return in_.count("forgotten activities");
  if (in_.chance().permille(100))
    return beat(task);
  in_.later(in_.chance().below(2 * ns_per_s), [this, task] { answer_activity(*task); });
}

void worker::beat(std::shared_ptr<api::PollForActivityTaskResponse> task) {
  const auto domain = in_.domain(domain_name);
  if (!domain)
    return;
  auto request = std::make_shared<api::RecordActivityTaskHeartbeatRequest>();
  request->set_task_token(task->task_token());
  request->set_identity(name_);
  request->mutable_details()->set_data("half");
  in_.engine().heartbeat(domain, token_of(task->task_token()), request,
                         in_.call<api::RecordActivityTaskHeartbeatResponse>(
                             "heartbeat",
                             [this, task](const outcome<api::RecordActivityTaskHeartbeatResponse>& answer) {
                               if (answer)
                                 in_.count("heartbeats");
                               answer_activity(*task);
                             },
                             patience_ns));
}

void worker::answer_activity(const api::PollForActivityTaskResponse& task) {
  const auto domain = in_.domain(domain_name);
  if (!domain)
    return;
  if (task.attempt() < std::stoi(task.input().data())) {
    auto request = std::make_shared<api::RespondActivityTaskFailedRequest>();
    request->set_task_token(task.task_token());
    request->set_identity(name_);
    request->mutable_failure()->set_reason("not yet");
    in_.engine().activity_failed(domain, token_of(task.task_token()), request,
                                 in_.call<api::RespondActivityTaskFailedResponse>(
                                     "activity_failed",
                                     [this](const outcome<api::RespondActivityTaskFailedResponse>& answer) {
                                       if (answer)
                                         in_.count("failed activities");
                                     },
                                     patience_ns));
    return;
  }
  auto request = std::make_shared<api::RespondActivityTaskCompletedRequest>();
  request->set_task_token(task.task_token());
  request->set_identity(name_);
  fact told{fact::kind::activity, task.workflow_execution().workflow_id(), task.workflow_execution().run_id(), mark()};
  request->mutable_result()->set_data(told.mark);
  in_.engine().activity_completed(
      domain, token_of(task.task_token()), request,
      in_.call<api::RespondActivityTaskCompletedResponse>(
          "activity_completed",
          [this, told, request](const outcome<api::RespondActivityTaskCompletedResponse>& answer) {
            if (!answer)
              return;
            book_.facts.push_back(told);
            finish_activity_once_more(request);
          },
          patience_ns));
}

void worker::finish_activity_once_more(std::shared_ptr<api::RespondActivityTaskCompletedRequest> request) {
  once_more([=, this](workflow::domain_ptr domain) {
    in_.engine().activity_completed(std::move(domain), token_of(request->task_token()), request,
                                    in_.call<api::RespondActivityTaskCompletedResponse>(
                                        "activity_completed once more",
                                        [=](const outcome<api::RespondActivityTaskCompletedResponse>& second) {
                                          if (second)
                                            throw violation("the result " + request->result().data() +
                                                            " of an activity was taken twice");
                                        },
                                        patience_ns));
  });
}

void worker::once_more(std::function<void(workflow::domain_ptr)> send) {
  auto& chance = in_.chance();
  if (!chance.permille(100))
    return;
  in_.later(chance.below(chance.permille(700) ? 2 * ns_per_s : 30 * ns_per_s), [this, send = std::move(send)] {
    if (auto domain = in_.domain(domain_name)) {
      in_.count("answers of workers sent once more");
      send(std::move(domain));
    }
  });
}

} // namespace cadenza::simulation
