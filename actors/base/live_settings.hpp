#pragma once

#include "workflow/environment.hpp"

#include <functional>
#include <memory>
#include <string>

namespace cadenza::actors {

struct services;

/// Settings that are looked up each time they are used, so that changes count at once. Functions are thread-safe and
/// quick; those that are left empty stand for what `engine_settings` says.
struct live_sources {
  /// How long a poll of a list waits; type 0: decisions, 1: activities.
  std::function<std::int64_t(const workflow::domain_view&, const std::string& list, int type)> poll_ns;
  std::function<std::int64_t(const workflow::domain_view&)> history_poll_ns;
  std::function<int(const workflow::domain_view&)> history_page_max;
  std::function<bool(const workflow::domain_view&)> raw_history;
  std::function<bool(const workflow::domain_view&)> sticky_queries;
  std::function<bool(const workflow::domain_view&)> consistent_query;
  std::function<int()> buffered_queries_max;
  /// Whether a security token entitles to changing domains. Empty: any does.
  std::function<bool(const std::string& token)> admin_allowed;
  /// What a query of lists may name. Empty: the default attributes.
  std::function<std::shared_ptr<const workflow::attribute_types>()> attribute_types;
};

[[nodiscard]] std::int64_t poll_ns(const services& env, const workflow::domain_view& domain, const std::string& list,
                                   int type);
[[nodiscard]] std::int64_t history_poll_ns(const services& env, const workflow::domain_view& domain);
[[nodiscard]] int history_page_max(const services& env, const workflow::domain_view& domain);
/// Whether clients that can read them get histories as batches in Thrift.
[[nodiscard]] bool sends_raw_history(const services& env, const workflow::domain_view& domain);
/// Whether queries go to the worker that has the run in its cache first.
[[nodiscard]] bool sticky_queries(const services& env, const workflow::domain_view& domain);
[[nodiscard]] bool consistent_query(const services& env, const workflow::domain_view& domain);
[[nodiscard]] int buffered_queries_max(const services& env);

} // namespace cadenza::actors
