#pragma once

#include "config/dynamic.hpp"
#include "workflow/environment.hpp"

#include <cstdint>
#include <memory>
#include <mutex>

namespace cadenza::actors {

/// The search attributes that exist, by the dynamic configuration: made anew when it changes. Any thread.
class configured_attributes {
public:
  /// `from` must outlive it.
  explicit configured_attributes(const config::dynamic_config& from) : from_(from) {}
  /// Never null.
  [[nodiscard]] std::shared_ptr<const workflow::attribute_types> types() const;

private:
  const config::dynamic_config& from_;
  mutable std::mutex mutex_; // guards what follows
  mutable std::uint64_t version_ = 0;
  mutable std::shared_ptr<const workflow::attribute_types> types_;
};

} // namespace cadenza::actors
