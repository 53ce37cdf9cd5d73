#pragma once

#include "ledger.hpp"
#include "program.hpp"
#include "world.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::simulation {

/// Whoever wants something of one workflow id: starts it, signals it, sometimes cancels or terminates it, and looks at
/// it until it is over. Every request is sent again under its own request id while the answer is that nobody can tell,
/// and now and then also when it was answered well: soon, or when the run has long gone on, closed or been reset. Must
/// outlive the world's last step.
class client {
public:
  client(world& in, ledger& book, std::string workflow_id);

  void begin();

private:
  /// Runs `send` now, or when the domain is known again.
  void when_known(std::function<void(workflow::domain_ptr)> send);
  void start(const std::string& request_id);
  void start_with_signal(const std::string& request_id, const std::string& mark);
  void started(const std::string& run_id);
  void not_started(const error& reason, std::function<void()> again);
  void plan_the_rest();
  void signal(const std::string& mark);
  void cancel(const std::string& request_id);
  void terminate(const std::string& mark);
  void watch();
  /// Starts once more, in place of the run there is.
  void restart(const std::string& request_id);
  void query(bool strong);
  /// Picks a point of the current run's history and resets to it.
  void plan_reset();
  void reset(const std::string& run_id, std::int64_t finish_id, const std::string& request_id);
  /// What was answered well is sent once more, sooner or later.
  void once_more(std::function<void()> send);
  void start_once_more(const api::StartWorkflowExecutionRequest& request, const std::string& run_id);
  void start_with_signal_once_more(const api::SignalWithStartWorkflowExecutionRequest& request,
                                   const std::string& run_id);
  void signal_once_more(const api::SignalWorkflowExecutionRequest& request);
  void cancel_once_more(const api::RequestCancelWorkflowExecutionRequest& request);
  void reset_once_more(const api::ResetWorkflowExecutionRequest& request, const std::string& run_id);
  void refresh();
  void same_run(const std::string& what, const std::string& told, const std::string& now);
  /// The answer to a request that was answered well before.
  void settle_again(const std::string& what, const error& reason, std::function<void()> again);
  /// Sends again, or gives up when the answer is final.
  void settle(const std::string& what, const error& reason, std::function<void()> again);
  void over() { --story_.clients; }
  [[nodiscard]] std::string fresh_id() { return in_.chance().new_uuid().str(); }

  world& in_;
  ledger& book_;
  const std::string workflow_id_;
  workflow_story& story_;
};

} // namespace cadenza::simulation
