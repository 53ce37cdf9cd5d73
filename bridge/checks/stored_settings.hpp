#pragma once

#include "actors/base/documents.hpp"
#include "config/dynamic.hpp"
#include "config/log_line.hpp"

#include "uber/cadence/api/v1/common.pb.h"

#include <array>
#include <atomic>
#include <memory>
#include <string>

namespace cadenza::bridge {

/// What operators set at run time, as last stored: the run-time layer of the dynamic configuration, the operational
/// configuration, and the isolation groups that are drained for everybody. Reading is for any thread.
class stored_settings {
public:
  /// `dynamic` must outlive it. `warn` is told of stored values that this version refuses; any thread.
  stored_settings(config::dynamic_config& dynamic, log::sink write);

  /// Takes a document as read or written; one thread at a time. Unchanged content changes nothing.
  void take(actors::document_kind which, const std::string& content);

  [[nodiscard]] config::dynamic_config& dynamic() { return dynamic_; }
  /// Never null; "" when nothing is stored.
  [[nodiscard]] std::shared_ptr<const std::string> document(actors::document_kind which) const;
  /// Never null.
  [[nodiscard]] std::shared_ptr<const uber::cadence::api::v1::IsolationGroupConfiguration> isolation_groups() const;
  /// Whether an isolation group is drained for everybody.
  [[nodiscard]] bool drained(const std::string& group) const;

private:
  config::dynamic_config& dynamic_;
  const log::sink write_;
  std::array<std::atomic<std::shared_ptr<const std::string>>, actors::document_kinds> documents_;
  std::atomic<std::shared_ptr<const uber::cadence::api::v1::IsolationGroupConfiguration>> groups_;
};

} // namespace cadenza::bridge
