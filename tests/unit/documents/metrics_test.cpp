#define BOOST_TEST_MODULE documents
#include "tests/documents.hpp"

#include "actors/base/workload.hpp"
#include "actors/engine/engine_metrics.hpp"
#include "bridge/net/meters.hpp"
#include "bridge/rpc/rpc_metrics.hpp"
#include "config/process_metrics.hpp"
#include "server/cluster_metrics.hpp"
#include "server/database_metrics.hpp"
#include "server/installation_metrics.hpp"
#include "server/node_metrics.hpp"

#include <span>
#include <vector>

using namespace cadenza;

namespace {

/// Every component's table of metrics, in the order of docs/metrics.md.
struct component {
  std::string name;
  std::span<const metrics::declaration> table;
};

std::vector<component> components() {
  return {
      {"process", config::process_metrics},
      {"installation", installation_metrics},
      {"workload", actors::workload::table()},
      {"actors", actors::engine_metrics()},
      {"bridge", bridge::rpc_metric_table},
      {"network", bridge::net::net_metric_table},
      {"database", database_metrics},
      {"cluster", node_metrics},
      {"group", cluster_metrics},
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(the_metrics_page_tells_every_declared_metric) {
  std::string tables;
  for (const auto& one : components())
    tables += "\n### " + one.name + "\n\n" + metrics::markdown_of(one.table);
  test::expect_part("docs/metrics.md", "metrics", tables);
}

BOOST_AUTO_TEST_CASE(metric_names_follow_the_rules_of_prometheus) {
  for (const auto& one : components())
    for (const auto& line : one.table) {
      const bool counts = line.type == metrics::kind::counter;
      BOOST_TEST(line.name.ends_with("_total") == counts, line.name);
      BOOST_TEST(line.help.ends_with('.'), line.name);
      BOOST_TEST(line.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos,
                 line.name);
    }
}
