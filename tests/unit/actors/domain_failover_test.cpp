#include "workflow/domain_rules.hpp"

#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t day_s = 86'400;

domain_world world(std::int64_t after_s = 0) {
  domain_world out;
  out.now_ns = (1'700'000'000 + after_s) * ns_per_s;
  out.current_cluster = "cluster0";
  out.primary_cluster = "cluster0";
  out.initial_failover_version = 7;
  out.notification_version = 3;
  return out;
}

record::v1::DomainRow registered(bool global) {
  api::RegisterDomainRequest request;
  request.set_name("orders");
  request.set_is_global_domain(global);
  request.mutable_workflow_execution_retention_period()->set_seconds(day_s);
  return *register_domain(request, uuid::v4(1, 1), world());
}

api::FailoverDomainRequest to(const std::string& cluster) {
  api::FailoverDomainRequest out;
  out.set_domain_name("orders");
  out.set_domain_active_cluster_name(cluster);
  return out;
}

template <class T> std::string refusal(const outcome<T>& answer) { return answer ? "" : answer.error().message; }

} // namespace

BOOST_AUTO_TEST_SUITE(failover_of_domains)

BOOST_AUTO_TEST_CASE(a_failover_to_where_a_domain_is_active_is_remembered_and_moves_nothing) {
  const auto old = registered(true);
  auto request = to("cluster0");
  request.set_reason("drill \"1\"");
  const auto row = fail_over_domain(old, request, world(60));
  BOOST_REQUIRE_MESSAGE(row, refusal(row));
  BOOST_TEST(row->failover_version() == old.failover_version());
  BOOST_TEST(row->failover_notification_version() == 3);
  BOOST_TEST(row->config_version() == old.config_version());
  BOOST_TEST(row->last_updated_ns() == world(60).now_ns);
  BOOST_TEST(row->domain().data().at("FailoverHistory") ==
             R"([{"eventTime":"2023-11-14T22:14:20.000000000Z","failoverType":"Force","fromCluster":"cluster0",)"
             R"("reason":"drill \"1\"","toCluster":"cluster0"}])");
}

BOOST_AUTO_TEST_CASE(failovers_that_cannot_be_are_refused_as_the_reference_system_says) {
  const auto global = registered(true);
  BOOST_TEST(refusal(fail_over_domain(registered(false), to("cluster0"), world(60))) ==
             "Local domains cannot perform failovers or change replication configuration");
  BOOST_TEST(refusal(fail_over_domain(global, to("cluster1"), world(60))) == "Invalid cluster name: cluster1");
  auto nowhere = to("");
  nowhere.mutable_active_clusters();
  BOOST_TEST(refusal(fail_over_domain(global, nowhere, world(60))).starts_with("a failover was requested, but"));
  (*nowhere.mutable_active_clusters()->mutable_active_clusters_by_cluster_attribute())["region"];
  BOOST_TEST(refusal(fail_over_domain(global, nowhere, world(60))).starts_with("FailoverDomain cannot be used to"));
  auto graceful = to("cluster0");
  graceful.mutable_failover_timeout()->set_seconds(60);
  BOOST_TEST(refusal(fail_over_domain(global, graceful, world(60))) ==
             "Cannot start the graceful failover from an active cluster to an active cluster.");
  graceful.set_domain_active_cluster_name("cluster1");
  BOOST_TEST(refusal(fail_over_domain(global, graceful, world(60))) ==
             "Cannot start the graceful failover from a to-be-passive cluster.");
}

BOOST_AUTO_TEST_CASE(global_domains_change_at_most_once_in_a_cool_down) {
  const auto old = registered(true);
  const auto early = fail_over_domain(old, to("cluster0"), world(59));
  BOOST_REQUIRE(!early);
  BOOST_TEST((early.error().kind == error_kind::service_busy));
  BOOST_TEST(early.error().message ==
             "Domain update too frequent. It may change once in frontend.failoverCoolDown, 60 s; "
             "again in 1 s.");
  BOOST_TEST(bool(fail_over_domain(old, to("cluster0"), world(60))));
  api::UpdateDomainRequest update;
  update.set_name("orders");
  update.mutable_update_mask()->add_paths("description");
  BOOST_TEST(bool(update_domain(old, update, world(1)))); // there is no other cluster that it has to reach
  auto wide = old;
  wide.mutable_domain()->add_clusters()->set_cluster_name("cluster1");
  BOOST_TEST(refusal(update_domain(wide, update, world(59))).starts_with("Domain update too frequent."));
  BOOST_TEST(bool(update_domain(wide, update, world(60))));
  auto impatient = world();
  impatient.limits.cool_down_ns = 0;
  BOOST_TEST(bool(update_domain(wide, update, impatient)));
  BOOST_TEST(bool(update_domain(registered(false), update, world(1)))); // local ones as often as one likes
}

BOOST_AUTO_TEST_CASE(an_update_may_fail_over_and_then_nothing_else) {
  const auto old = registered(true);
  api::UpdateDomainRequest update;
  update.set_name("orders");
  update.mutable_update_mask()->add_paths("active_cluster_name");
  update.set_active_cluster_name("cluster0");
  const auto row = update_domain(old, update, world(60));
  BOOST_REQUIRE_MESSAGE(row, refusal(row));
  BOOST_TEST(row->domain().data().contains("FailoverHistory"));
  update.mutable_update_mask()->add_paths("description");
  BOOST_TEST(refusal(update_domain(old, update, world(60))) ==
             "Cannot set active cluster to current cluster when other parameters are set.");
  BOOST_TEST(refusal(update_domain(registered(false), update, world(60))) ==
             "Local domains cannot perform failovers or change replication configuration");
}

BOOST_AUTO_TEST_CASE(an_update_may_give_a_domain_clusters_by_attribute) {
  const auto old = registered(true);
  api::UpdateDomainRequest update;
  update.set_name("orders");
  update.mutable_update_mask()->add_paths("active_clusters");
  auto& scopes = *update.mutable_active_clusters()->mutable_active_clusters_by_cluster_attribute();
  (*scopes["region"].mutable_cluster_attributes())["us-west"].set_active_cluster_name("cluster0");
  const auto row = update_domain(old, update, world(60));
  BOOST_REQUIRE_MESSAGE(row, refusal(row));
  const auto of = [](const record::v1::DomainRow& r) {
    return r.domain().active_clusters().active_clusters_by_cluster_attribute().at("region").cluster_attributes();
  };
  BOOST_TEST(of(*row).at("us-west").active_cluster_name() == "cluster0");
  BOOST_TEST(of(*row).at("us-west").failover_version() == 7);
  BOOST_TEST(!row->domain().data().contains("FailoverHistory"));
  BOOST_TEST(refusal(update_domain(*row, update, world(120))).starts_with("a failover was requested, but"));

  // FailoverDomain may add to what there is.
  auto more = to("");
  auto& added = *more.mutable_active_clusters()->mutable_active_clusters_by_cluster_attribute();
  (*added["region"].mutable_cluster_attributes())["us-east"].set_active_cluster_name("cluster0");
  const auto wider = fail_over_domain(*row, more, world(120));
  BOOST_REQUIRE_MESSAGE(wider, refusal(wider));
  BOOST_TEST(of(*wider).size() == 2U);
  more.mutable_failover_timeout()->set_seconds(60);
  BOOST_TEST(refusal(fail_over_domain(*row, more, world(120))) ==
             "Cannot start graceful failover without updating active cluster or in local domain.");
  (*added["region"].mutable_cluster_attributes())["us-east"].set_active_cluster_name("cluster1");
  BOOST_TEST(refusal(fail_over_domain(*row, more, world(120))) == "Invalid active cluster name: cluster1");
  BOOST_TEST(refusal(update_domain(registered(false), update, world(60))) ==
             "Local domains cannot perform failovers or change replication configuration");
}

BOOST_AUTO_TEST_CASE(so_many_failovers_are_remembered_and_listed_newest_first) {
  auto row = registered(true);
  for (int i = 1; i <= 7; ++i)
    row = *fail_over_domain(row, to("cluster0"), world(60 * i));
  api::ListFailoverHistoryRequest request;
  request.mutable_pagination()->set_page_size(3);
  const auto listed = [](const auto& of, const api::ListFailoverHistoryRequest& how) {
    const auto page = list_failovers(of, how);
    BOOST_REQUIRE_MESSAGE(page, refusal(page));
    return *page;
  };
  const auto first = listed(row, request);
  BOOST_REQUIRE(first.failover_events_size() == 3);
  BOOST_TEST(first.failover_events(0).created_time().seconds() == 1'700'000'000 + 420);
  BOOST_TEST((first.failover_events(0).failover_type() == api::FAILOVER_TYPE_FORCE));
  BOOST_TEST(first.failover_events(0).cluster_failovers(0).to_cluster().active_cluster_name() == "cluster0");
  BOOST_TEST(first.failover_events(0).id() != first.failover_events(1).id());
  BOOST_TEST(first.failover_events(0).id() == listed(row, request).failover_events(0).id());
  request.mutable_pagination()->set_next_page_token(first.next_page_token());
  const auto second = listed(row, request);
  BOOST_TEST(second.failover_events_size() == 2); // five in all
  BOOST_TEST(second.next_page_token().empty());
  for (const char* changed : {"x", "3x", "-1", "99999999999999999999999"}) {
    request.mutable_pagination()->set_next_page_token(changed);
    BOOST_TEST(refusal(list_failovers(row, request)) == "Invalid NextPageToken.");
  }
  BOOST_TEST(listed(registered(true), {}).failover_events_size() == 0);
  (*row.mutable_domain()->mutable_data())["FailoverHistory"] = "broken";
  BOOST_TEST(listed(row, {}).failover_events_size() == 0);
}

BOOST_AUTO_TEST_CASE(isolation_groups_and_queues_are_part_of_the_row) {
  const auto old = registered(false);
  api::IsolationGroupConfiguration groups;
  groups.add_isolation_groups()->set_name("zone-1");
  BOOST_TEST(refusal(set_isolation_groups(old, groups, world(59))).starts_with("Domain update too frequent."));
  const auto drained = set_isolation_groups(old, groups, world(60));
  BOOST_REQUIRE(bool(drained));
  BOOST_TEST(drained->domain().isolation_groups().isolation_groups(0).name() == "zone-1");
  BOOST_TEST(drained->config_version() == old.config_version() + 1);
  api::AsyncWorkflowConfiguration queue;
  queue.set_enabled(true);
  const auto enabled_one = set_async_workflow(old, &queue, world(60));
  BOOST_REQUIRE(bool(enabled_one));
  BOOST_TEST(enabled_one->domain().async_workflow_config().enabled());
  const auto disabled_one = set_async_workflow(*enabled_one, nullptr, world(120));
  BOOST_REQUIRE(bool(disabled_one));
  BOOST_TEST(!disabled_one->domain().has_async_workflow_config());
}

BOOST_AUTO_TEST_CASE(domains_of_the_system_are_as_the_reference_system_makes_them) {
  const auto row = make_system_domain(system_domains[0], world());
  BOOST_TEST(row.domain().name() == "cadence-system");
  BOOST_TEST(row.domain().id() == "32049b68-7872-4094-8e63-d0dd59896a83");
  BOOST_TEST(!row.domain().is_global_domain());
  BOOST_TEST(row.failover_version() == local_version);
  BOOST_TEST(row.domain().workflow_execution_retention_period().seconds() == 7 * day_s);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
