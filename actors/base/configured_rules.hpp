#pragma once

#include "actors/base/configured_attributes.hpp"
#include "config/dynamic.hpp"
#include "messages/uuid.hpp"
#include "workflow/domain_view.hpp"
#include "workflow/environment.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace cadenza::actors {

using rules_ptr = std::shared_ptr<const workflow::rules>;

/// Rules for the runs of each domain, by the dynamic configuration: made anew when it changes, shared until then. Any
/// thread.
class configured_rules {
public:
  /// Both must outlive it.
  configured_rules(const config::dynamic_config& from, const configured_attributes& attributes)
    : from_(from), attributes_(attributes) {}
  /// Never null.
  [[nodiscard]] rules_ptr of(const workflow::domain_view& domain) const;

private:
  const config::dynamic_config& from_;
  const configured_attributes& attributes_;
  mutable std::mutex mutex_; // guards what follows
  mutable std::uint64_t version_ = 0;
  mutable std::map<uuid, rules_ptr> made_;
};

} // namespace cadenza::actors
