#include "client.hpp"

#include "messages/wire_time.hpp"

namespace cadenza::simulation {
namespace {

constexpr std::int64_t patience_ns = 20 * ns_per_s;
constexpr std::int64_t again_ns = 300 * ns_per_ms;
constexpr std::int64_t watch_ns = 2 * ns_per_s;

bool worth_another_try(const error& reason) {
  return reason.kind == error_kind::unavailable || reason.kind == error_kind::service_busy ||
         reason.kind == error_kind::deadline_exceeded;
}

/// The workflow id has no open run (any more).
bool too_late(const error& reason) {
  return reason.kind == error_kind::entity_not_exists || reason.kind == error_kind::workflow_already_completed;
}

api::StartWorkflowExecutionRequest start_request(const std::string& workflow_id, const workflow_story& story,
                                                 const std::string& request_id) {
  api::StartWorkflowExecutionRequest out;
  out.set_domain(domain_name);
  out.set_workflow_id(workflow_id);
  out.mutable_workflow_type()->set_name("program");
  out.mutable_task_list()->set_name(list_name);
  out.mutable_input()->set_data(story.program);
  if (story.program.find('f') != std::string::npos)
    set_retry(*out.mutable_retry_policy());
  if (story.cron)
    out.set_cron_schedule("@every 3s");
  workflow::set_seconds(*out.mutable_execution_start_to_close_timeout(), 3600);
  workflow::set_seconds(*out.mutable_task_start_to_close_timeout(), 10);
  out.set_identity("client");
  out.set_request_id(request_id);
  out.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  return out;
}

} // namespace

client::client(world& in, ledger& book, std::string workflow_id)
  : in_(in), book_(book), workflow_id_(std::move(workflow_id)), story_(book.workflows[workflow_id_]) {
  story_.cron = in.chance().permille(100);
  if (story_.cron)
    story_.disturbed = true;
  story_.program = story_.cron ? "a0" : random_program(in.chance(), true, {0, 7});
}

void client::begin() {
  ++story_.clients;
  const auto request_id = fresh_id();
  in_.later(in_.chance().below(5 * ns_per_s), [this, request_id, with_signal = in_.chance().permille(250)] {
    if (with_signal)
      start_with_signal(request_id, "first:" + workflow_id_);
    else
      start(request_id);
  });
}

void client::when_known(std::function<void(workflow::domain_ptr)> send) {
  if (auto domain = in_.domain(domain_name))
    return send(std::move(domain));
  in_.later(again_ns, [this, send = std::move(send)] { when_known(send); });
}

void client::settle(const std::string& what, const error& reason, std::function<void()> again) {
  if (worth_another_try(reason)) {
    in_.count("tries again");
    return in_.later(again_ns, std::move(again));
  }
  if (!too_late(reason))
    throw violation(what + " of " + workflow_id_ + " failed: " + std::string(name_of(reason.kind)) + " " +
                    reason.message);
  over();
}

// ---------------------------------------------------------------- start

void client::start(const std::string& request_id) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request =
        std::make_shared<api::StartWorkflowExecutionRequest>(start_request(workflow_id_, story_, request_id));
    in_.engine().start(std::move(domain), request,
                       in_.call<api::StartWorkflowExecutionResponse>(
                           "start",
                           [=, this](const outcome<api::StartWorkflowExecutionResponse>& answer) {
                             if (answer) {
                               once_more([=, this] { start_once_more(*request, answer->run_id()); });
                               return started(answer->run_id());
                             }
                             not_started(answer.error(), [=, this] { start(request_id); });
                           },
                           patience_ns));
  });
}

void client::start_with_signal(const std::string& request_id, const std::string& mark) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::SignalWithStartWorkflowExecutionRequest>();
    *request->mutable_start_request() = start_request(workflow_id_, story_, request_id);
    request->set_signal_name("news");
    request->mutable_signal_input()->set_data(mark);
    // The engine takes requests apart.
    const auto kept = std::make_shared<const api::SignalWithStartWorkflowExecutionRequest>(*request);
    in_.engine().signal_with_start(std::move(domain), request,
                                   in_.call<api::SignalWithStartWorkflowExecutionResponse>(
                                       "signal_with_start",
                                       [=, this](const outcome<api::SignalWithStartWorkflowExecutionResponse>& answer) {
                                         if (!answer)
                                           return not_started(answer.error(),
                                                              [=, this] { start_with_signal(request_id, mark); });
                                         book_.facts.push_back({fact::kind::signal, workflow_id_, {}, mark});
                                         once_more([=, this] { start_with_signal_once_more(*kept, answer->run_id()); });
                                         started(answer->run_id());
                                       },
                                       patience_ns));
  });
}

void client::started(const std::string& run_id) {
  story_.runs.insert(run_id);
  book_.facts.push_back({fact::kind::start, workflow_id_, run_id, run_id});
  plan_the_rest();
}

void client::not_started(const error& reason, std::function<void()> again) {
  // The run that an earlier try has started may have gone on as a new one, which knows nothing of this request.
  if (reason.kind == error_kind::workflow_already_started)
    return plan_the_rest();
  settle("start", reason, std::move(again));
}

void client::plan_the_rest() {
  auto& chance = in_.chance();
  for (auto left = chance.below(4), i = left; left > 0; --left) {
    ++story_.clients;
    in_.later(chance.below(10 * ns_per_s),
              [this, mark = "signal" + std::to_string(i - left) + ":" + workflow_id_] { signal(mark); });
  }
  if (chance.permille(120)) {
    story_.disturbed = true;
    ++story_.clients;
    in_.later(chance.below(15 * ns_per_s), [this, id = fresh_id()] { cancel(id); });
  }
  if (story_.cron || chance.permille(80)) {
    story_.disturbed = true;
    ++story_.clients;
    in_.later(chance.below(20 * ns_per_s), [this] { terminate("end:" + workflow_id_); });
  }
  for (auto left = chance.below(4); left > 0; --left) {
    ++story_.clients;
    in_.later(chance.below(20 * ns_per_s), [this, strong = chance.permille(500)] { query(strong); });
  }
  if (chance.permille(200)) {
    ++story_.resets;
    ++story_.clients;
    in_.later(chance.below(20 * ns_per_s), [this] { plan_reset(); });
  }
  if (chance.permille(60)) {
    story_.disturbed = true;
    story_.restarted = true;
    ++story_.clients;
    in_.later(chance.below(15 * ns_per_s), [this, id = fresh_id()] { restart(id); });
  }
  if (chance.permille(150)) {
    ++story_.clients;
    in_.later(chance.below(20 * ns_per_s), [this] { refresh(); });
  }
  in_.later(watch_ns, [this] { watch(); });
}

void client::restart(const std::string& request_id) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request =
        std::make_shared<api::StartWorkflowExecutionRequest>(start_request(workflow_id_, story_, request_id));
    request->set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING);
    in_.engine().start(
        std::move(domain), request,
        in_.call<api::StartWorkflowExecutionResponse>(
            "restart",
            [=, this](const outcome<api::StartWorkflowExecutionResponse>& answer) {
              if (!answer)
                return settle("restart", answer.error(), [=, this] { restart(request_id); });
              in_.count("restarts");
              once_more([=, this] { start_once_more(*request, answer->run_id()); });
              story_.runs.insert(answer->run_id());
              book_.facts.push_back({fact::kind::start, workflow_id_, answer->run_id(), answer->run_id()});
              // Somebody must see the new run end.
              if (story_.closed) {
                story_.closed = false;
                ++story_.clients;
                in_.later(watch_ns, [this] { watch(); });
              }
              // A cron workflow begins again: only termination ends it.
              if (story_.cron)
                return terminate("end again:" + workflow_id_);
              over();
            },
            patience_ns));
  });
}

// ---------------------------------------------------------------- the rest

void client::signal(const std::string& mark) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::SignalWorkflowExecutionRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    request->set_identity("client");
    request->set_request_id(mark);
    request->set_signal_name("news");
    request->mutable_signal_input()->set_data(mark);
    in_.engine().signal(std::move(domain), request,
                        in_.call<api::SignalWorkflowExecutionResponse>(
                            "signal",
                            [=, this](const outcome<api::SignalWorkflowExecutionResponse>& answer) {
                              if (!answer)
                                return settle("signal", answer.error(), [=, this] { signal(mark); });
                              book_.facts.push_back({fact::kind::signal, workflow_id_, {}, mark});
                              once_more([=, this] { signal_once_more(*request); });
                              over();
                            },
                            patience_ns));
  });
}

void client::cancel(const std::string& request_id) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::RequestCancelWorkflowExecutionRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    request->set_identity("client");
    request->set_request_id(request_id);
    request->set_cause("weather");
    in_.engine().request_cancel(std::move(domain), request,
                                in_.call<api::RequestCancelWorkflowExecutionResponse>(
                                    "request_cancel",
                                    [=, this](const outcome<api::RequestCancelWorkflowExecutionResponse>& answer) {
                                      if (!answer)
                                        return settle("cancel", answer.error(), [=, this] { cancel(request_id); });
                                      in_.count("cancels");
                                      book_.facts.push_back({fact::kind::cancel, workflow_id_, {}, request_id});
                                      once_more([=, this] { cancel_once_more(*request); });
                                      over();
                                    },
                                    patience_ns));
  });
}

void client::terminate(const std::string& mark) {
  when_known([=, this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::TerminateWorkflowExecutionRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    request->set_identity("client");
    request->set_reason(mark);
    in_.engine().terminate(std::move(domain), request,
                           in_.call<api::TerminateWorkflowExecutionResponse>(
                               "terminate",
                               [=, this](const outcome<api::TerminateWorkflowExecutionResponse>& answer) {
                                 if (!answer)
                                   return settle("terminate", answer.error(), [=, this] { terminate(mark); });
                                 in_.count("terminations");
                                 book_.facts.push_back({fact::kind::terminate, workflow_id_, {}, mark});
                                 over();
                               },
                               patience_ns));
  });
}

void client::watch() {
  when_known([this](workflow::domain_ptr domain) {
    auto request = std::make_shared<api::DescribeWorkflowExecutionRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(workflow_id_);
    in_.engine().describe(std::move(domain), request,
                          in_.call<api::DescribeWorkflowExecutionResponse>(
                              "describe",
                              [this](const outcome<api::DescribeWorkflowExecutionResponse>& answer) {
                                if (!answer && !worth_another_try(answer.error()))
                                  throw violation("describe of " + workflow_id_ + " failed: " + answer.error().message);
                                if (answer) {
                                  const auto status = answer->workflow_execution_info().close_status();
                                  if (status != api::WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID &&
                                      status != api::WORKFLOW_EXECUTION_CLOSE_STATUS_CONTINUED_AS_NEW) {
                                    story_.closed = true;
                                    return over();
                                  }
                                }
                                in_.later(watch_ns, [this] { watch(); });
                              },
                              patience_ns));
  });
}

} // namespace cadenza::simulation
