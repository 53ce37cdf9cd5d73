#include "bridge/handlers/rpc_context.hpp"

#include <algorithm>
#include <chrono>

namespace cadenza::bridge {

namespace {
constexpr std::size_t own_limits_max = 10'000;
} // namespace

rpc_context::rpc_context(actors::engine& engine, health_board& health, validators hooks, facts about,
                         stored_settings* stored)
  : engine_(engine), health_(health), hooks_(std::move(hooks)), about_(std::move(about)), stored_(stored),
    limits_(std::make_shared<limits>()) {}

std::shared_ptr<const limits> rpc_context::current_limits() const {
  const std::lock_guard guard(lock_);
  return limits_;
}

void rpc_context::set_limits(limits now, std::function<limits(const std::string&)> of_domain) {
  auto fresh = std::make_shared<const limits>(std::move(now));
  const std::lock_guard guard(lock_);
  limits_ = std::move(fresh);
  limits_of_ = std::move(of_domain);
  differ_ = static_cast<bool>(limits_of_);
  own_limits_.clear();
}

std::shared_ptr<const limits> rpc_context::limits_of(std::string_view domain) const {
  const std::lock_guard guard(lock_);
  if (!limits_of_ || domain.empty())
    return limits_;
  const auto known = own_limits_.find(domain);
  if (known != own_limits_.end())
    return known->second;
  if (own_limits_.size() >= own_limits_max)
    own_limits_.clear(); // names come from requests: there is no end to them
  std::string name(domain);
  auto own = std::make_shared<const limits>(limits_of_(name));
  return own_limits_.emplace(std::move(name), std::move(own)).first->second;
}

rpc_context::view rpc_context::look(std::string_view domain, std::string_view told) const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {limits_of(domain), hooks_,
          engine_.domains(), std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(),
          warnings_,         told};
}

namespace {

std::int64_t steady_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

error too_busy() { return service_busy("Too many outstanding requests to the cadence service"); }

} // namespace

bool rpc_context::unlimited(const actors::call& call) const {
  if (call.caller().caller_type.empty())
    return false;
  const auto max = current_limits();
  const auto& free = max->caller_types_unlimited;
  return std::find(free.begin(), free.end(), call.caller().caller_type) != free.end();
}

bool rpc_context::admit(rate_class what, std::string_view domain, std::string_view task_list, actors::call& call) {
  if (unlimited(call) || limiter_.admit(what, domain, task_list, steady_ns()))
    return true;
  call.reject(too_busy());
  return false;
}

std::optional<std::int64_t> rpc_context::admit_poll(const checks& rules, std::string_view task_list,
                                                    actors::call& call) {
  if (unlimited(call))
    return 0;
  // A poll that waits must still have the time that every poll needs.
  auto wait_max_ns = rules.max.poll_delay_max_ns;
  if (call.deadline_ns() != INT64_MAX)
    wait_max_ns = std::min(wait_max_ns, call.deadline_ns() - rules.now_ns - rules.max.poll_deadline_min_ns);
  const auto wait_ns =
      limiter_.admit_poll(rules.domain, task_list, std::max<std::int64_t>(wait_max_ns, 0), steady_ns());
  if (!wait_ns)
    call.reject(too_busy());
  return wait_ns;
}

bool rpc_context::admit_list(std::string_view domain, actors::call& call) {
  if (limiter_.admit_list(domain, steady_ns()))
    return true;
  call.reject(service_busy("Persistence Max QPS Reached for List Operations."));
  return false;
}

} // namespace cadenza::bridge
