#pragma once

#include "actors/services.hpp"
#include "bridge/limits.hpp"
#include "bridge/rate_limiter.hpp"
#include "config/dynamic.hpp"

#include <mutex>

namespace cadenza {

/// The dynamic configuration in the terms of the rooms that it steers.

[[nodiscard]] bridge::limits limits_of(const config::snapshot& now);
[[nodiscard]] bridge::rate_settings rates_of(const config::snapshot& now);

/// What task lists look up themselves, now and then. `from` must outlive it.
[[nodiscard]] actors::matching_sources matching_sources_of(const config::dynamic_config& from);

/// Rules for the runs of each domain; made anew when the configuration changes, shared until then. Any thread.
class rules_book {
public:
  explicit rules_book(const config::dynamic_config& from) : from_(from) {}
  [[nodiscard]] actors::rules_ptr rules_for(const workflow::domain_view& domain);

private:
  const config::dynamic_config& from_;
  std::mutex mutex_;
  std::uint64_t version_ = 0;
  std::map<uuid, actors::rules_ptr> made_;
};

} // namespace cadenza
