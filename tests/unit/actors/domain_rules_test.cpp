#include "workflow/domain_rules.hpp"

#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t day_s = 86'400;
const uuid id = uuid::v4(1, 1);

domain_world world() {
  domain_world out;
  out.now_ns = 5 * ns_per_s;
  out.current_cluster = "cluster0";
  out.primary_cluster = "cluster0";
  out.initial_failover_version = 7;
  out.limits.max_bad_binaries = 2;
  return out;
}

api::RegisterDomainRequest registration() {
  api::RegisterDomainRequest out;
  out.set_name("a-domain_1.x");
  out.mutable_workflow_execution_retention_period()->set_seconds(2 * day_s + 1);
  (*out.mutable_data())["a"] = "1";
  return out;
}

record::v1::DomainRow registered() { return *register_domain(registration(), id, world()); }

} // namespace

BOOST_AUTO_TEST_SUITE(rules_of_domains)

BOOST_AUTO_TEST_CASE(a_domain_as_registered) {
  const auto row = register_domain(registration(), id, world());
  BOOST_REQUIRE(bool(row));
  const auto& d = row->domain();
  BOOST_TEST(d.id() == id.str());
  BOOST_TEST(d.status() == api::DOMAIN_STATUS_REGISTERED);
  BOOST_TEST(d.workflow_execution_retention_period().seconds() == 2 * day_s); // whole days
  BOOST_TEST(d.active_cluster_name() == "cluster0");
  BOOST_TEST(d.clusters_size() == 1);
  BOOST_TEST(row->failover_version() == local_version);
  BOOST_TEST(row->last_updated_ns() == world().now_ns);
  BOOST_TEST(d.data().at("a") == "1");
}

BOOST_AUTO_TEST_CASE(registrations_that_are_refused) {
  const std::vector<std::pair<const char*, std::function<void(api::RegisterDomainRequest&)>>> table{
      {"no name", [](auto& r) { r.clear_name(); }},
      {"a space", [](auto& r) { r.set_name("a b"); }},
      {"a slash", [](auto& r) { r.set_name("a/b"); }},
      {"no retention", [](auto& r) { r.clear_workflow_execution_retention_period(); }},
      {"less than a day", [](auto& r) { r.mutable_workflow_execution_retention_period()->set_seconds(day_s - 1); }},
      {"31 days", [](auto& r) { r.mutable_workflow_execution_retention_period()->set_seconds(31 * day_s); }},
      {"global and active elsewhere",
       [](auto& r) {
         r.set_is_global_domain(true);
         r.set_active_cluster_name("cluster1");
       }},
      {"global and elsewhere, too",
       [](auto& r) {
         r.set_is_global_domain(true);
         r.add_clusters()->set_cluster_name("cluster0");
         r.add_clusters()->set_cluster_name("cluster1");
       }},
      {"active elsewhere", [](auto& r) { r.set_active_cluster_name("cluster1"); }},
      {"lives elsewhere", [](auto& r) { r.add_clusters()->set_cluster_name("cluster1"); }},
      {"lives here twice",
       [](auto& r) {
         r.add_clusters()->set_cluster_name("cluster0");
         r.add_clusters()->set_cluster_name("cluster0");
       }},
  };
  for (const auto& [what, change] : table) {
    auto request = registration();
    change(request);
    const auto row = register_domain(request, id, world());
    BOOST_REQUIRE_MESSAGE(!row, what);
    BOOST_TEST((row.error().kind == error_kind::bad_request), what);
  }
}

// The cadence command line asks for a global domain unless told otherwise.
BOOST_AUTO_TEST_CASE(a_global_domain_of_one_cluster) {
  auto request = registration();
  request.set_is_global_domain(true);
  request.add_clusters()->set_cluster_name("cluster0");
  const auto row = register_domain(request, id, world());
  BOOST_REQUIRE(bool(row));
  BOOST_TEST(row->domain().is_global_domain());
  BOOST_TEST(row->failover_version() == 7);
  BOOST_TEST(row->domain().clusters_size() == 1);

  api::UpdateDomainRequest move;
  move.mutable_update_mask()->add_paths("active_cluster_name");
  move.set_active_cluster_name("cluster1");
  BOOST_TEST(!update_domain(*row, move, world()));

  auto secondary = world();
  secondary.primary_cluster = "cluster1";
  BOOST_TEST(!register_domain(request, id, secondary));
  BOOST_TEST(!deprecate_domain(*row, secondary));
  BOOST_TEST(bool(register_domain(registration(), id, secondary))); // local ones are everybody's own
}

BOOST_AUTO_TEST_CASE(an_update_changes_what_its_mask_names) {
  api::UpdateDomainRequest request;
  request.mutable_update_mask()->add_paths("description");
  request.mutable_update_mask()->add_paths("data");
  request.set_description("new");
  request.set_owner_email("not named");
  (*request.mutable_data())["b"] = "2";
  const auto old = registered();
  const auto row = update_domain(old, request, world());
  BOOST_REQUIRE(bool(row));
  BOOST_TEST(row->domain().description() == "new");
  BOOST_TEST(row->domain().owner_email().empty());
  BOOST_TEST(row->domain().data().size() == 2U); // merged
  BOOST_TEST(row->config_version() == old.config_version() + 1);
}

BOOST_AUTO_TEST_CASE(updates_that_are_refused) {
  const std::vector<std::pair<const char*, std::function<void(api::UpdateDomainRequest&)>>> table{
      {"nonsense", [](auto&) {}},
      {"workflow_execution_retention_period", [](auto&) {}},
      {"active_cluster_name", [](auto& r) { r.set_active_cluster_name("cluster1"); }},
      {"failover_timeout", [](auto&) {}},
      {"clusters", [](auto& r) { r.add_clusters()->set_cluster_name("cluster1"); }},
      {"delete_bad_binary", [](auto& r) { r.set_delete_bad_binary("unheard of"); }},
      {"bad_binaries",
       [](auto& r) {
         for (const auto* checksum : {"a", "b", "c"})
           (*r.mutable_bad_binaries()->mutable_binaries())[checksum];
       }},
  };
  for (const auto& [path, change] : table) {
    api::UpdateDomainRequest request;
    request.mutable_update_mask()->add_paths(path);
    change(request);
    const auto row = update_domain(registered(), request, world());
    BOOST_REQUIRE_MESSAGE(!row, path);
    BOOST_TEST((row.error().kind == error_kind::bad_request), path);
  }
}

BOOST_AUTO_TEST_CASE(bad_binaries_come_and_go) {
  api::UpdateDomainRequest add;
  add.mutable_update_mask()->add_paths("bad_binaries");
  (*add.mutable_bad_binaries()->mutable_binaries())["a"].set_reason("broken");
  const auto added = update_domain(registered(), add, world());
  BOOST_REQUIRE(bool(added));
  BOOST_TEST(added->domain().bad_binaries().binaries().at("a").reason() == "broken");
  BOOST_TEST(added->domain().bad_binaries().binaries().at("a").created_time().seconds() == 5);
  api::UpdateDomainRequest remove;
  remove.mutable_update_mask()->add_paths("delete_bad_binary");
  remove.set_delete_bad_binary("a");
  const auto removed = update_domain(*added, remove, world());
  BOOST_REQUIRE(bool(removed));
  BOOST_TEST(removed->domain().bad_binaries().binaries().empty());
}

BOOST_AUTO_TEST_CASE(archival_is_ignored_where_the_cluster_has_none) {
  // What the Go project's canary registers: enabled, no URI.
  auto request = registration();
  request.set_history_archival_status(api::ARCHIVAL_STATUS_ENABLED);
  request.set_visibility_archival_status(api::ARCHIVAL_STATUS_ENABLED);
  const auto none = [](const record::v1::DomainRow& row) {
    BOOST_TEST(row.domain().history_archival_status() == api::ARCHIVAL_STATUS_DISABLED);
    BOOST_TEST(row.domain().visibility_archival_status() == api::ARCHIVAL_STATUS_DISABLED);
    BOOST_TEST(row.domain().history_archival_uri().empty());
    BOOST_TEST(row.domain().visibility_archival_uri().empty());
  };
  const auto bare = register_domain(request, id, world());
  BOOST_REQUIRE(bool(bare));
  none(*bare);
  request.set_history_archival_uri("file:///a");
  request.set_visibility_archival_uri("file:///b");
  const auto placed = register_domain(request, id, world());
  BOOST_REQUIRE(bool(placed));
  none(*placed);

  api::UpdateDomainRequest update;
  for (const char* path :
       {"history_archival_status", "history_archival_uri", "visibility_archival_status", "visibility_archival_uri"})
    update.mutable_update_mask()->add_paths(path);
  update.set_history_archival_status(api::ARCHIVAL_STATUS_ENABLED);
  update.set_history_archival_uri("file:///a");
  update.set_visibility_archival_status(api::ARCHIVAL_STATUS_ENABLED);
  const auto old = registered();
  const auto same = update_domain(old, update, world());
  BOOST_REQUIRE(bool(same));
  BOOST_TEST(same->config_version() == old.config_version());
  none(*same);
  update.mutable_update_mask()->add_paths("description");
  update.set_description("new");
  const auto more = update_domain(old, update, world());
  BOOST_REQUIRE(bool(more));
  none(*more);
  BOOST_TEST(more->domain().description() == "new");
}

BOOST_AUTO_TEST_CASE(clusters_by_attribute_are_taken_and_kept_with_the_domain) {
  auto request = registration();
  request.set_is_global_domain(true);
  auto& scopes = *request.mutable_active_clusters()->mutable_active_clusters_by_cluster_attribute();
  (*scopes["region"].mutable_cluster_attributes())["us-west"].set_active_cluster_name("cluster0");
  const auto row = register_domain(request, id, world());
  BOOST_REQUIRE(bool(row));
  const auto& region = row->domain().active_clusters().active_clusters_by_cluster_attribute().at("region");
  BOOST_TEST(region.cluster_attributes().at("us-west").active_cluster_name() == "cluster0");
  BOOST_TEST(region.cluster_attributes().at("us-west").failover_version() == 7);

  auto local = request;
  local.set_is_global_domain(false);
  const auto plain = register_domain(local, id, world());
  BOOST_REQUIRE(bool(plain));
  BOOST_TEST(!plain->domain().has_active_clusters()); // ignored, as the Go server does

  (*scopes["region"].mutable_cluster_attributes())["us-east"].set_active_cluster_name("cluster1");
  const auto elsewhere = register_domain(request, id, world());
  BOOST_REQUIRE(!elsewhere);
  BOOST_TEST(elsewhere.error().message ==
             "Cluster cluster1 not found. Domain cannot be registered in this cluster for scope \"region\" and "
             "attribute \"us-east\"");
  api::RegisterDomainRequest by_region = registration();
  by_region.set_is_global_domain(true);
  (*by_region.mutable_active_clusters()->mutable_region_to_cluster())["us-west"].set_active_cluster_name("cluster0");
  BOOST_TEST(!register_domain(by_region, id, world()));
}

BOOST_AUTO_TEST_CASE(deprecation) {
  const auto row = deprecate_domain(registered(), world());
  BOOST_REQUIRE(bool(row));
  BOOST_TEST(row->domain().status() == api::DOMAIN_STATUS_DEPRECATED);
  BOOST_TEST(row->config_version() == registered().config_version() + 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
