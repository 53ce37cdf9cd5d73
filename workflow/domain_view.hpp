#pragma once

#include "cadenza/record/v1/domain.pb.h"
#include "messages/uuid.hpp"
#include "workflow/snapshot_map.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cadenza::workflow {

/// A domain as one snapshot of the registry knows it. Immutable; shared by everybody who reads it.
struct domain_view {
  uuid id;
  std::string name;
  record::v1::DomainRow row; ///< everything else: status, retention, bad binaries, clusters, failover version…

  [[nodiscard]] bool global() const { return row.domain().is_global_domain(); }
  [[nodiscard]] bool registered() const {
    return row.domain().status() == uber::cadence::api::v1::DOMAIN_STATUS_REGISTERED;
  }
  /// Version written into events: the failover version of global domains, -24 of local ones.
  [[nodiscard]] std::int64_t version() const { return row.failover_version(); }
  /// Longer ones are a hundred years.
  static constexpr int retention_days_most = 36'500;
  [[nodiscard]] int retention_days() const {
    const auto days = row.domain().workflow_execution_retention_period().seconds() / 86400;
    return static_cast<int>(std::min<std::int64_t>(days, retention_days_most));
  }
};

using domain_ptr = std::shared_ptr<const domain_view>;

/// All domains at one moment. Immutable once published; the next one is a copy with the change, which shares the rest.
struct domain_directory {
  snapshot_map<std::string, domain_ptr> by_name;
  snapshot_map<uuid, domain_ptr> by_id;
  std::int64_t notification_version = 0; ///< of the domain table when this was read

  /// Null when there is no such domain.
  [[nodiscard]] domain_ptr find(std::string_view name) const {
    const auto i = by_name.find(name);
    return i == by_name.end() ? nullptr : i->second;
  }
  [[nodiscard]] domain_ptr find(const uuid& id) const {
    const auto i = by_id.find(id);
    return i == by_id.end() ? nullptr : i->second;
  }

  /// Adds a domain or replaces what has its id.
  void put(domain_ptr domain) {
    remove(domain->id);
    by_name.put(domain->name, domain);
    const auto id = domain->id;
    by_id.put(id, std::move(domain));
  }
  void remove(const uuid& id) {
    if (const auto known = find(id)) {
      by_name.erase(known->name);
      by_id.erase(id);
    }
  }
};

using directory_ptr = std::shared_ptr<const domain_directory>;

} // namespace cadenza::workflow
