#pragma once

#include "actors/base/configured_attributes.hpp"
#include "actors/base/configured_rules.hpp"
#include "actors/base/list_settings.hpp"
#include "config/dynamic.hpp"
#include "workflow/domain_rules.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace cadenza::actors {

/// The dynamic configuration in the terms of the actors, looked up each time it is used, so that changes count at once.
/// Every default is the key's, in the table of `config`. Times in ns. Any thread; quick.
///
/// A class to derive from: the states of isolation groups are not the configuration's, and tests have settings that no
/// key gives.
class live_settings {
public:
  /// `from` must outlive it.
  explicit live_settings(const config::dynamic_config& from)
    : from_(from), attributes_(from), rules_(from, attributes_) {}
  virtual ~live_settings() = default;
  live_settings(const live_settings&) = delete;
  live_settings& operator=(const live_settings&) = delete;

  /// How long a poll of a list waits; type 0: decisions, 1: activities.
  [[nodiscard]] virtual std::int64_t poll_ns(const workflow::domain_view& domain, const std::string& list,
                                             int type) const;
  [[nodiscard]] std::int64_t history_poll_ns(const workflow::domain_view& domain) const;
  [[nodiscard]] int history_page_max(const workflow::domain_view& domain) const;
  /// Whether clients that can read them get histories as batches in Thrift.
  [[nodiscard]] virtual bool sends_raw_history(const workflow::domain_view& domain) const;
  /// Whether queries go to the worker that has the run in its cache first.
  [[nodiscard]] bool sticky_queries(const workflow::domain_view& domain) const;
  [[nodiscard]] bool consistent_query(const workflow::domain_view& domain) const;
  [[nodiscard]] int buffered_queries_max() const;
  /// Whether a security token entitles to changing domains.
  [[nodiscard]] bool admin_allowed(const std::string& token) const;

  /// For a domain of that name, which need not exist.
  [[nodiscard]] domain_limits limits_of_domain(const std::string& name) const;

  /// Of the list `name` of a domain; type 0: decisions, 1: activities.
  [[nodiscard]] virtual list_settings of_list(const workflow::domain_view& domain, const std::string& name,
                                              int type) const;
  /// Limits of this host's task lists; `domain` is null for the numbers that do not depend on one.
  [[nodiscard]] virtual matching_rates list_rates(const workflow::domain_view* domain) const;
  /// Whether tasks of the domain wait for workers of their isolation group.
  [[nodiscard]] virtual bool isolated(const workflow::domain_view& domain) const;
  /// Whether an isolation group is drained for everybody, whatever a domain's row says. Here: none is.
  [[nodiscard]] virtual bool drained(const std::string& group) const;

  /// For the runs of a domain. Never null.
  [[nodiscard]] virtual rules_ptr rules(const workflow::domain_view& domain) const { return rules_.of(domain); }
  /// What a query of lists may name. Never null.
  [[nodiscard]] std::shared_ptr<const workflow::attribute_types> attribute_types() const { return attributes_.types(); }

private:
  [[nodiscard]] config::snapshot_ptr now() const { return from_.current(); }

  const config::dynamic_config& from_;
  const configured_attributes attributes_;
  const configured_rules rules_;
};

} // namespace cadenza::actors
