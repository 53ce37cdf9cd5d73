#pragma once

#include "actors/base/live_settings.hpp"
#include "bridge/checks/limits.hpp"
#include "bridge/checks/rate_limiter.hpp"
#include "bridge/checks/validators.hpp"
#include "config/dynamic.hpp"

#include <string>

/// The dynamic configuration in the terms of the bridge.
namespace cadenza::bridge {

/// Limits of requests; `domain` "" for what does not depend on one.
[[nodiscard]] limits limits_of(const config::snapshot& now, const std::string& domain = {});
/// Whether some domain has limits of its own.
[[nodiscard]] bool limits_differ(const config::snapshot& now);
[[nodiscard]] rate_settings rates_of(const config::snapshot_ptr& now);

/// The checks of requests that depend on the configuration. Both must outlive them.
[[nodiscard]] validators validators_of(const config::dynamic_config& from, const actors::live_settings& live);

} // namespace cadenza::bridge
