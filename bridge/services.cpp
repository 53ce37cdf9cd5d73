#include "bridge/services.hpp"

#include <chrono>

namespace cadenza::bridge {

services::services(actors::engine& engine, health_board& health, validators hooks, facts about)
  : engine_(engine), health_(health), hooks_(std::move(hooks)), about_(std::move(about)),
    limits_(std::make_shared<limits>()) {}

std::shared_ptr<const limits> services::current_limits() const {
  const std::lock_guard guard(lock_);
  return limits_;
}

void services::set_limits(limits now) {
  auto fresh = std::make_shared<const limits>(std::move(now));
  const std::lock_guard guard(lock_);
  limits_ = std::move(fresh);
}

services::view services::look() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {current_limits(), hooks_, engine_.domains(),
          std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

bool services::admit(rate_class what, std::string_view domain, std::string_view task_list, actors::call& call) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  if (limiter_.admit(what, domain, task_list, std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()))
    return true;
  call.reject(service_busy("Too many outstanding requests to the cadence service"));
  return false;
}

} // namespace cadenza::bridge
