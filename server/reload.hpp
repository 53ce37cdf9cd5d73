#pragma once

#include "config/dynamic.hpp"
#include "config/load.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace cadenza {

/// Looks at the file of the dynamic configuration now and then, and takes it when it has changed. One thread.
class dynamic_watch {
public:
  using time = std::chrono::steady_clock::time_point;

  dynamic_watch(config::dynamic_config& dynamic, std::chrono::nanoseconds interval, time now)
    : dynamic_(dynamic), interval_(interval), due_(now + interval) {}

  [[nodiscard]] time due() const { return due_; }
  void tick(time now);

private:
  config::dynamic_config& dynamic_;
  const std::chrono::nanoseconds interval_;
  time due_;
  std::string told_; ///< the last problem: it is logged once
};

/// What SIGHUP does: reads the static and the dynamic configuration again. What may change at run time takes effect;
/// any other change is logged, at each reload, and waits for the next start. A configuration that does not load changes
/// nothing. One thread.
class reloader {
public:
  using load = std::function<outcome<config::loaded>()>;
  using apply = std::function<void(const config::server_config&)>;

  /// `running`: what the server was started with. `apply` gets what was read, to use what may change at run time.
  reloader(config::loaded running, load again, config::dynamic_config& dynamic, apply take)
    : running_(std::move(running)), last_(running_), load_(std::move(again)), dynamic_(dynamic),
      apply_(std::move(take)) {}

  void reload();

private:
  void take_static(config::loaded read);
  void reload_dynamic(const std::string& file);

  const config::loaded running_;
  config::loaded last_; ///< what was read last
  const load load_;
  config::dynamic_config& dynamic_;
  const apply apply_;
};

} // namespace cadenza
