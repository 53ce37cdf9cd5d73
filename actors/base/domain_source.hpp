#pragma once

#include "workflow/domain_view.hpp"

#include <atomic>
#include <memory>

namespace cadenza::actors {

/// The directory of domains as last published by the domain registry.
class domain_source {
public:
  [[nodiscard]] workflow::directory_ptr get() const { return directory_.load(std::memory_order_acquire); }
  void publish(workflow::directory_ptr directory) { directory_.store(std::move(directory), std::memory_order_release); }

private:
  std::atomic<workflow::directory_ptr> directory_{std::make_shared<const workflow::domain_directory>()};
};

} // namespace cadenza::actors
