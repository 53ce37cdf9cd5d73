#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/matching/matching_mail.hpp"
#include "workflow/decision_task.hpp"

#include <optional>
#include <vector>

namespace cadenza::actors {

class workflow_run;

/// Tasks that one transaction of a run makes and starts at once, for workers that wait (see poll_board). The polls
/// belong to it until the transaction is over: dropped, they answer UNAVAILABLE, and the workers poll again.
class handed_tasks {
public:
  /// Starts what may be started of the tasks `tx` has made so far; these tasks and their schedule-to-start timers are
  /// not written. To be called last before the transaction closes. When more commands wait in the run's queue
  /// (`more_to_come`), its decision goes over its list instead: by the time a worker has it, it covers them, too.
  void start(workflow::transaction& tx, const actor_context& env, bool more_to_come);

  /// The transaction is on disk: answers the workers.
  void answer(workflow_run& run);
  /// Nothing was written: the workers wait in their lists again.
  void give_back(const actor_context& env);

private:
  struct activity {
    list_poll_ptr poll;
    std::int64_t schedule_id = 0;
    uber::cadence::api::v1::PollForActivityTaskResponse response;
  };
  struct decision {
    list_poll_ptr poll;
    workflow::decision_started started;
  };

  void start_activities(workflow::transaction& tx, const actor_context& env);
  void start_decision(workflow::transaction& tx, const actor_context& env);

  std::vector<activity> activities_;
  std::optional<decision> decision_;
};

} // namespace cadenza::actors
