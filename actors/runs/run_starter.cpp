#include "actors/runs/run_starter.hpp"

#include "actors/runs/run_commands.hpp"

namespace cadenza::actors {
namespace {

class run_starter final : public task_starter {
public:
  explicit run_starter(const services& env) : env_(env) {}

  void start(list_task_ptr task, list_poll_ptr poll, caf::actor list) const override {
    const bool decision = task->list.type == 0;
    send_to_run(env_, decision ? make_start_decision(std::move(task), std::move(poll), std::move(list))
                               : make_start_activity(std::move(task), std::move(poll), std::move(list)));
  }

private:
  const services& env_;
};

} // namespace

task_starter_ptr make_run_starter(const services& env) { return std::make_shared<run_starter>(env); }

} // namespace cadenza::actors
