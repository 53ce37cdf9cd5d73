#include "actors/system/deprecation_workflow.hpp"
#include "actors/system/diagnosis_workflow.hpp"
#include "actors/system/system_worker.hpp"

namespace cadenza::actors {

std::shared_ptr<const std::vector<system_list>> system_lists(const actor_context& env) {
  auto out = std::make_shared<std::vector<system_list>>();
  out->push_back(diagnosis_list(*env.live, *env.time));
  out->push_back(deprecation_list(*env.live));
  return out;
}

} // namespace cadenza::actors
