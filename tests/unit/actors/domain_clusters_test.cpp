#include "workflow/domain_rules.hpp"

#include "messages/constants.hpp"
#include "replication/domains.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

/// Global domains of several clusters: where they live, where they are active, and what of that may change.
namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t day_s = 86'400;

const replication::cluster_group& group(const std::string& self) {
  const auto made = [](const std::string& name) {
    return *replication::cluster_group::make(100, {{"dc1", 1, {}}, {"dc2", 2, {}}, {"dc3", 3, {}}}, name);
  };
  static const auto one = made("dc1");
  static const auto two = made("dc2");
  return self == "dc1" ? one : two;
}

domain_world world(const std::string& self = "dc1", std::int64_t after_s = 0) {
  domain_world out;
  out.now_ns = (1'700'000'000 + after_s) * ns_per_s;
  out.current_cluster = self;
  out.primary_cluster = "dc1";
  out.initial_failover_version = self == "dc1" ? 1 : 2;
  out.notification_version = 3;
  out.clusters = {"dc1", "dc2", "dc3"};
  out.versions = replication::versions_of(group(self));
  return out;
}

api::RegisterDomainRequest registration(const std::vector<std::string>& clusters, const std::string& active,
                                        bool global = true) {
  api::RegisterDomainRequest out;
  out.set_name("orders");
  out.set_is_global_domain(global);
  out.mutable_workflow_execution_retention_period()->set_seconds(day_s);
  out.set_active_cluster_name(active);
  for (const auto& one : clusters)
    out.add_clusters()->set_cluster_name(one);
  return out;
}

outcome<record::v1::DomainRow> registered(const std::vector<std::string>& clusters, const std::string& active = {},
                                          bool global = true, const std::string& in = "dc1") {
  return register_domain(registration(clusters, active, global), uuid::v4(1, 1), world(in));
}

api::UpdateDomainRequest update(const std::vector<std::string>& fields) {
  api::UpdateDomainRequest out;
  out.set_name("orders");
  for (const auto& field : fields)
    out.mutable_update_mask()->add_paths(field);
  return out;
}

api::UpdateDomainRequest to_clusters(const std::vector<std::string>& clusters) {
  auto out = update({"clusters"});
  for (const auto& one : clusters)
    out.add_clusters()->set_cluster_name(one);
  return out;
}

api::FailoverDomainRequest to(const std::string& cluster) {
  api::FailoverDomainRequest out;
  out.set_domain_name("orders");
  out.set_domain_active_cluster_name(cluster);
  return out;
}

template <class T> std::string refusal(const outcome<T>& answer) { return answer ? "" : answer.error().message; }

std::string clusters_of(const record::v1::DomainRow& row) {
  std::string out;
  for (const auto& one : row.domain().clusters())
    out += one.cluster_name() + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(domains_of_several_clusters)

BOOST_AUTO_TEST_CASE(a_global_domain_lives_where_it_is_told_to) {
  const auto row = registered({"dc1", "dc2", "dc3", "dc2"}, "dc2");
  BOOST_REQUIRE_MESSAGE(row, refusal(row));
  BOOST_TEST(clusters_of(*row) == "dc1 dc2 dc3 ");
  BOOST_TEST(row->domain().active_cluster_name() == "dc2");
  BOOST_TEST(row->failover_version() == 2);
  const auto here = registered({});
  BOOST_REQUIRE(here);
  BOOST_TEST(clusters_of(*here) == "dc1 ");
  BOOST_TEST(here->failover_version() == 1);
}

BOOST_AUTO_TEST_CASE(registrations_that_cannot_be_are_refused_as_the_reference_system_says) {
  BOOST_TEST(refusal(registered({"dc1", "dc2"}, "dc1", true, "dc2")) ==
             "Cluster is not primary cluster, cannot do domain registration or domain update.");
  BOOST_TEST(refusal(registered({"dc1", "dc4"}, "dc1")) == "Invalid cluster name: dc4");
  BOOST_TEST(refusal(registered({"dc1"}, "dc4")) == "Invalid cluster name: dc4");
  BOOST_TEST(refusal(registered({"dc1", "dc2"}, "dc3")) == "Active cluster is not contained in all clusters.");
  BOOST_TEST(refusal(registered({}, "dc2", false)) == "Invalid local domain active cluster");
  BOOST_TEST(refusal(registered({"dc1", "dc2"}, "dc1", false)) == "Invalid local domain clusters");
  BOOST_TEST(refusal(registered({"dc2"}, "dc1", false)) == "Invalid local domain clusters");
  BOOST_TEST(bool(registered({"dc2"}, {}, false, "dc2"))); // local ones are everybody's own affair
}

BOOST_AUTO_TEST_CASE(clusters_may_be_added_in_the_primary_one_and_none_goes) {
  const auto old = *registered({"dc1", "dc2"});
  const auto wider = update_domain(old, to_clusters({"dc1", "dc2", "dc3"}), world("dc1", 60));
  BOOST_REQUIRE_MESSAGE(wider, refusal(wider));
  BOOST_TEST(clusters_of(*wider) == "dc1 dc2 dc3 ");
  BOOST_TEST(wider->config_version() == old.config_version() + 1);
  BOOST_TEST(wider->failover_version() == old.failover_version());
  BOOST_TEST(refusal(update_domain(old, to_clusters({"dc1", "dc2", "dc3"}), world("dc2", 60))) ==
             "Cluster is not primary cluster, cannot do domain registration or domain update.");
  BOOST_TEST(refusal(update_domain(old, to_clusters({"dc1", "dc4"}), world("dc1", 60))) == "Invalid cluster name: dc4");
  BOOST_TEST(refusal(update_domain(old, to_clusters({"dc2"}), world("dc1", 60))) ==
             "Active cluster is not contained in all clusters.");
  BOOST_TEST(refusal(update_domain(old, to_clusters({"dc1"}), world("dc1", 60))) ==
             "Cannot remove existing replicated clusters from a domain.");
}

BOOST_AUTO_TEST_CASE(a_failover_may_be_asked_for_in_any_cluster_and_versions_grow) {
  const auto old = *registered({"dc1", "dc2"});
  const auto away = fail_over_domain(old, to("dc2"), world("dc2", 60));
  BOOST_REQUIRE_MESSAGE(away, refusal(away));
  BOOST_TEST(away->domain().active_cluster_name() == "dc2");
  BOOST_TEST(away->failover_version() == 2);
  BOOST_TEST(away->previous_failover_version() == local_version);
  BOOST_TEST(away->failover_notification_version() == 3);
  BOOST_TEST(away->config_version() == old.config_version());
  BOOST_TEST(away->domain().data().at("FailoverHistory") ==
             R"([{"eventTime":"2023-11-14T22:14:20.000000000Z","failoverType":"Force","fromCluster":"dc1",)"
             R"("toCluster":"dc2"}])");
  auto back = update({"active_cluster_name"});
  back.set_active_cluster_name("dc1");
  const auto home = update_domain(*away, back, world("dc2", 120));
  BOOST_REQUIRE_MESSAGE(home, refusal(home));
  BOOST_TEST(home->domain().active_cluster_name() == "dc1");
  BOOST_TEST(home->failover_version() == 101);
  const auto stays = fail_over_domain(*home, to("dc1"), world("dc1", 180));
  BOOST_REQUIRE_MESSAGE(stays, refusal(stays));
  BOOST_TEST(stays->failover_version() == 101);

  BOOST_TEST(refusal(fail_over_domain(old, to("dc3"), world("dc1", 60))) ==
             "Active cluster is not contained in all clusters.");
  BOOST_TEST(refusal(fail_over_domain(old, to("dc4"), world("dc1", 60))) == "Invalid cluster name: dc4");
  BOOST_TEST(refusal(fail_over_domain(*away, to("dc1"), world("dc1", 119))).starts_with("Domain update too frequent."));
}

BOOST_AUTO_TEST_CASE(attributes_fail_over_each_with_a_version_of_its_own) {
  auto request = registration({"dc1", "dc2"}, "dc1");
  const auto name = [](api::ActiveClusters& in, const std::string& attribute) -> api::ActiveClusterInfo& {
    auto& scope = (*in.mutable_active_clusters_by_cluster_attribute())["region"];
    return (*scope.mutable_cluster_attributes())[attribute];
  };
  name(*request.mutable_active_clusters(), "west").set_active_cluster_name("dc2");
  const auto old = register_domain(request, uuid::v4(1, 1), world());
  BOOST_REQUIRE_MESSAGE(old, refusal(old));
  const auto version = [](const record::v1::DomainRow& row, const std::string& attribute) {
    const auto* found = workflow::find_attribute(row.domain().active_clusters(), "region", attribute);
    return found == nullptr ? -1 : found->failover_version();
  };
  BOOST_TEST(version(*old, "west") == 2);
  auto moves = to("");
  name(*moves.mutable_active_clusters(), "west").set_active_cluster_name("dc1");
  const auto moved = fail_over_domain(*old, moves, world("dc2", 60));
  BOOST_REQUIRE_MESSAGE(moved, refusal(moved));
  BOOST_TEST(version(*moved, "west") == 101);
  BOOST_TEST(moved->domain().active_cluster_name() == "dc1");
  BOOST_TEST(moved->failover_version() == 101); // all take notice
  BOOST_TEST(refusal(fail_over_domain(*moved, moves, world("dc1", 120))).starts_with("a failover was requested, but"));
  name(*moves.mutable_active_clusters(), "west").set_active_cluster_name("dc3");
  BOOST_TEST(refusal(fail_over_domain(*old, moves, world("dc1", 60))) ==
             "Active cluster is not contained in all clusters.");
  name(*request.mutable_active_clusters(), "west").set_active_cluster_name("dc4");
  BOOST_TEST(refusal(register_domain(request, uuid::v4(1, 1), world())) ==
             "Cluster dc4 not found. Domain cannot be registered in this cluster for scope \"region\" and attribute "
             "\"west\"");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
