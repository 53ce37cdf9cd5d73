#include "actors/engine/admission.hpp"

#include "actors/base/request_gate.hpp"
#include "messages/utf8.hpp"

namespace cadenza::actors {

bool refused_as_drained(const actor_context& env, const workflow::domain_view& domain, call& call) {
  const auto& group = call.caller().isolation_group;
  if (group.empty() || !env.live->isolated(domain) || !is_drained(env, domain, group))
    return false;
  call.reject(bad_request("Domain " + domain.name + " is drained from isolation group " + utf8::excerpt(group) + "."));
  return true;
}

bool refused_as_too_many(const actor_context& env, const workflow::domain_view& domain, const std::string& workflow_id,
                         bool by_id, call& call) {
  const auto admitted = env.gate->admit(domain, workflow_id, by_id, env.time->now_ns());
  if (admitted)
    return false;
  env.counters->requests_refused.fetch_add(1, std::memory_order_relaxed);
  call.reject(admitted.error());
  return true;
}

} // namespace cadenza::actors
