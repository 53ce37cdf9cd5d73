#pragma once

#include "actors/base/live_settings.hpp"

#include <set>
#include <string>

namespace cadenza::simulation {

/// What the engine of a simulation looks up: the defaults of the configuration, but for what a test sets. Changes count
/// at once.
class settings final : public actors::live_settings {
public:
  explicit settings(const config::dynamic_config& from) : live_settings(from) {}

  int partitions = 1;          ///< of every task list
  actors::rules_ptr run_rules; ///< null: the defaults
  std::set<std::string> raw;   ///< domains whose clients may have histories as batches in Thrift
  bool groups_kept = false;    ///< tasks wait for workers of their isolation group
  std::string drained_group;   ///< for everybody; empty: none

  [[nodiscard]] std::int64_t poll_ns(const workflow::domain_view&, const std::string&, int) const override {
    return 20 * ns_per_s;
  }
  [[nodiscard]] actors::list_settings of_list(const workflow::domain_view& domain, const std::string& name,
                                              int type) const override {
    auto out = live_settings::of_list(domain, name, type);
    out.read_partitions = out.write_partitions = partitions;
    return out;
  }
  [[nodiscard]] actors::rules_ptr rules(const workflow::domain_view& domain) const override {
    return run_rules ? run_rules : live_settings::rules(domain);
  }
  [[nodiscard]] bool sends_raw_history(const workflow::domain_view& domain) const override {
    return raw.contains(domain.name);
  }
  [[nodiscard]] bool isolated(const workflow::domain_view&) const override { return groups_kept; }
  [[nodiscard]] bool drained(const std::string& group) const override {
    return !drained_group.empty() && group == drained_group;
  }
};

} // namespace cadenza::simulation
