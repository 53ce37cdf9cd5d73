#include "actors/runs/run_starter.hpp"

#include "actors/matching/far_desk.hpp"
#include "actors/runs/run_commands.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {
namespace {

class run_starter final : public task_starter {
public:
  explicit run_starter(const actor_context& env) : env_(env) {}

  void start(list_task_ptr task, list_poll_ptr poll, caf::actor list) const override {
    if (env_.others->any() && (poll->offered || env_.others->run_is_far(task->workflow)))
      return to_desk(std::make_shared<far_start>(far_start{std::move(task), std::move(poll), std::move(list)}));
    const bool decision = task->list.type == 0;
    send_to_run(env_, decision ? make_start_decision(std::move(task), std::move(poll), std::move(list))
                               : make_start_activity(std::move(task), std::move(poll), std::move(list)));
  }

  void ask(list_query_ptr query, list_poll_ptr poll, const std::string& list) const override {
    if (env_.others->any() && (poll->offered || env_.others->run_is_far(query->workflow)))
      return to_desk(std::make_shared<far_put>(far_put{std::move(query), std::move(poll), list}));
    query_token token{query->workflow.domain_id, query->workflow.workflow_id, query->run_id, list, query->task_id};
    send_to_run(env_, make_query_delivery(std::move(token), *query, std::move(poll)));
  }

private:
  template <class T> void to_desk(T asked) const { caf::anon_send(env_.routes->matching(), std::move(asked)); }

  const actor_context& env_;
};

} // namespace

task_starter_ptr make_run_starter(const actor_context& env) { return std::make_shared<run_starter>(env); }

} // namespace cadenza::actors
