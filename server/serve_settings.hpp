#pragma once

#include "actors/base/services.hpp"
#include "actors/engine/local_engine.hpp"
#include "bridge/checks/limits.hpp"
#include "bridge/checks/rate_limiter.hpp"
#include "bridge/checks/validators.hpp"
#include "config/dynamic.hpp"
#include "workflow/domain_rules.hpp"

#include <mutex>

namespace cadenza {

/// The dynamic configuration in the terms of the rooms that it steers.

/// Limits of requests; `domain` "" for what does not depend on one.
[[nodiscard]] bridge::limits limits_of(const config::snapshot& now, const std::string& domain = {});
/// Whether some domain has limits of its own.
[[nodiscard]] bool limits_differ(const config::snapshot& now);
[[nodiscard]] bridge::rate_settings rates_of(const config::snapshot_ptr& now);
/// Gives the engine its limits of requests to runs; their buckets start full again.
void set_request_rates(actors::local_engine& of, const config::snapshot_ptr& now);
[[nodiscard]] actors::domain_limits domain_limits_of(const config::snapshot& now, const std::string& domain);

/// What task lists look up themselves, now and then. `from` must outlive it.
[[nodiscard]] actors::matching_sources matching_sources_of(const config::dynamic_config& from);

/// The search attributes that exist, by the dynamic configuration: made anew when it changes. Any thread.
class attribute_book {
public:
  explicit attribute_book(const config::dynamic_config& from) : from_(from) {}
  [[nodiscard]] std::shared_ptr<const workflow::attribute_types> types() const;

private:
  const config::dynamic_config& from_;
  mutable std::mutex mutex_;
  mutable std::uint64_t version_ = 0;
  mutable std::shared_ptr<const workflow::attribute_types> types_;
};

/// What the engine looks up when it uses it. Both must outlive it.
[[nodiscard]] actors::live_sources live_sources_of(const config::dynamic_config& from,
                                                   const attribute_book& attributes);

/// The checks of requests that depend on the configuration. Both must outlive them.
[[nodiscard]] bridge::validators validators_of(const config::dynamic_config& from, const attribute_book& attributes);

/// Rules for the runs of each domain; made anew when the configuration changes, shared until then. Any thread.
class rules_book {
public:
  rules_book(const config::dynamic_config& from, const attribute_book& attributes)
    : from_(from), attributes_(attributes) {}
  [[nodiscard]] actors::rules_ptr rules_for(const workflow::domain_view& domain);

private:
  const config::dynamic_config& from_;
  const attribute_book& attributes_;
  std::mutex mutex_;
  std::uint64_t version_ = 0;
  std::map<uuid, actors::rules_ptr> made_;
};

} // namespace cadenza
