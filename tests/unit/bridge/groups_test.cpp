#include "harness.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace cadenza;
using namespace cadenza::tests;
namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

const std::string service = "/uber.cadence.admin.v1.AdminAPI/";

void add(api::IsolationGroupConfiguration& to, const std::string& name, api::IsolationGroupState state) {
  auto& group = *to.add_isolation_groups();
  group.set_name(name);
  group.set_state(state);
}

BOOST_AUTO_TEST_SUITE(isolation_groups_by_rpc)

BOOST_AUTO_TEST_CASE(groups_drained_for_everybody_are_stored_and_told) {
  harness h;
  admin::GetGlobalIsolationGroupsResponse before;
  BOOST_TEST(h.call(service + "GetGlobalIsolationGroups", admin::GetGlobalIsolationGroupsRequest(), {}, &before).ok());
  BOOST_TEST(before.isolation_groups().isolation_groups_size() == 0);

  admin::UpdateGlobalIsolationGroupsRequest request;
  add(*request.mutable_isolation_groups(), "zone-1", api::ISOLATION_GROUP_STATE_DRAINED);
  add(*request.mutable_isolation_groups(), "zone-2", api::ISOLATION_GROUP_STATE_HEALTHY);
  BOOST_TEST(h.call<admin::UpdateGlobalIsolationGroupsResponse>(service + "UpdateGlobalIsolationGroups", request).ok());
  BOOST_TEST(h.stored.drained("zone-1"));
  BOOST_TEST(!h.stored.drained("zone-2"));
  BOOST_TEST(!h.stored.drained("zone-3"));
  admin::GetGlobalIsolationGroupsResponse after;
  BOOST_TEST(h.call(service + "GetGlobalIsolationGroups", admin::GetGlobalIsolationGroupsRequest(), {}, &after).ok());
  BOOST_TEST(after.isolation_groups().isolation_groups_size() == 2);

  // An update replaces everything.
  BOOST_TEST(h.call<admin::UpdateGlobalIsolationGroupsResponse>(service + "UpdateGlobalIsolationGroups",
                                                                admin::UpdateGlobalIsolationGroupsRequest())
                 .ok());
  BOOST_TEST(!h.stored.drained("zone-1"));
}

BOOST_AUTO_TEST_CASE(groups_that_cannot_be_are_refused) {
  harness h;
  const auto refused = [&](const api::IsolationGroupConfiguration& groups) {
    admin::UpdateGlobalIsolationGroupsRequest request;
    *request.mutable_isolation_groups() = groups;
    return h.call<admin::UpdateGlobalIsolationGroupsResponse>(service + "UpdateGlobalIsolationGroups", request)
               .error_code() == grpc::StatusCode::INVALID_ARGUMENT;
  };
  api::IsolationGroupConfiguration nameless;
  add(nameless, "", api::ISOLATION_GROUP_STATE_DRAINED);
  BOOST_TEST(refused(nameless));
  api::IsolationGroupConfiguration stateless;
  add(stateless, "zone-1", api::ISOLATION_GROUP_STATE_INVALID);
  BOOST_TEST(refused(stateless));
  api::IsolationGroupConfiguration twice;
  add(twice, "zone-1", api::ISOLATION_GROUP_STATE_DRAINED);
  add(twice, "zone-1", api::ISOLATION_GROUP_STATE_HEALTHY);
  BOOST_TEST(refused(twice));
}

BOOST_AUTO_TEST_CASE(groups_and_queues_of_a_domain) {
  harness h;
  h.engine.add_domain("drained", [](record::v1::DomainRow& row) {
    add(*row.mutable_domain()->mutable_isolation_groups(), "zone-1", api::ISOLATION_GROUP_STATE_DRAINED);
    row.mutable_domain()->mutable_async_workflow_config()->set_predefined_queue_name("q");
  });
  admin::GetDomainIsolationGroupsRequest asked;
  asked.set_domain("drained");
  admin::GetDomainIsolationGroupsResponse groups;
  BOOST_TEST(h.call(service + "GetDomainIsolationGroups", asked, {}, &groups).ok());
  BOOST_TEST(groups.isolation_groups().isolation_groups(0).name() == "zone-1");
  admin::GetDomainAsyncWorkflowConfiguratonRequest queue_of;
  queue_of.set_domain("drained");
  admin::GetDomainAsyncWorkflowConfiguratonResponse queue;
  BOOST_TEST(h.call(service + "GetDomainAsyncWorkflowConfiguraton", queue_of, {}, &queue).ok());
  BOOST_TEST(queue.configuration().predefined_queue_name() == "q");
  queue_of.set_domain("orders");
  BOOST_TEST(h.call(service + "GetDomainAsyncWorkflowConfiguraton", queue_of, {}, &queue).ok());
  BOOST_REQUIRE(queue.has_configuration()); // the default, as the Go server shows it
  BOOST_TEST(!queue.configuration().enabled());
  BOOST_TEST(queue.configuration().predefined_queue_name().empty());
  asked.set_domain("none");
  BOOST_TEST(h.call(service + "GetDomainIsolationGroups", asked, {}, &groups).error_code() ==
             grpc::StatusCode::NOT_FOUND);

  admin::UpdateDomainIsolationGroupsRequest update;
  update.set_domain("orders");
  const auto send = [&] {
    return h.call<admin::UpdateDomainIsolationGroupsResponse>(service + "UpdateDomainIsolationGroups", update);
  };
  BOOST_TEST(send().error_code() == grpc::StatusCode::INVALID_ARGUMENT); // no groups at all: not even an empty set
  add(*update.mutable_isolation_groups(), "zone-2", api::ISOLATION_GROUP_STATE_DRAINED);
  BOOST_TEST(send().ok());
  BOOST_TEST(h.engine.last().function == "update_isolation_groups");
  admin::UpdateDomainAsyncWorkflowConfiguratonRequest nobody;
  BOOST_TEST(h.call<admin::UpdateDomainAsyncWorkflowConfiguratonResponse>(
                  service + "UpdateDomainAsyncWorkflowConfiguraton", nobody)
                 .error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(search_attributes_by_rpc)

grpc::Status add_attribute(harness& h, const std::string& key, int type, const std::string& token = {}) {
  admin::AddSearchAttributeRequest request;
  (*request.mutable_search_attribute())[key] = static_cast<api::IndexedValueType>(type);
  request.set_security_token(token);
  return h.call<admin::AddSearchAttributeResponse>(service + "AddSearchAttribute", request);
}

BOOST_AUTO_TEST_CASE(an_attribute_is_added_to_those_there_are) {
  harness h;
  BOOST_TEST(add_attribute(h, "Colour", api::INDEXED_VALUE_TYPE_KEYWORD).ok());
  BOOST_TEST(add_attribute(h, "Size", api::INDEXED_VALUE_TYPE_DOUBLE).ok());
  BOOST_TEST(add_attribute(h, "Colour", api::INDEXED_VALUE_TYPE_KEYWORD).ok()); // again: nothing to say against it
  const auto& all = h.dynamic.current()->get(config::keys::frontend_valid_search_attributes);
  BOOST_TEST(all.find("Colour")->text == "1");
  BOOST_TEST(all.find("Size")->text == "3");
  BOOST_TEST(all.find("CustomKeywordField")->text == "1");
}

BOOST_AUTO_TEST_CASE(attributes_that_cannot_be_are_refused) {
  harness h;
  const auto refused = [](const grpc::Status& status, const std::string& text) {
    BOOST_TEST(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    BOOST_TEST(status.error_message().find(text) != std::string::npos, status.error_message());
  };
  refused(add_attribute(h, "WorkflowID", 2), "Key [WorkflowID] is reserved by system");
  refused(add_attribute(h, "CustomIntField", 2), "already whitelisted as a different type");
  refused(add_attribute(h, "Colour", 0), "Unknown value type, 0");
  refused(add_attribute(h, "Colour", 7), "Unknown value type, 7");
  refused(add_attribute(h, "no name", 2), "is no name of a search attribute");
  refused(h.call<admin::AddSearchAttributeResponse>(service + "AddSearchAttribute", admin::AddSearchAttributeRequest()),
          "SearchAttributes are not provided");
  bridge::limits guarded;
  guarded.admin_protected = true;
  h.context.set_limits(guarded);
  refused(add_attribute(h, "Colour", 2, "guess"), "No permission");
  BOOST_TEST(add_attribute(h, "Colour", 2, guarded.admin_token).ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(failovers_by_rpc)

BOOST_AUTO_TEST_CASE(failovers_are_checked_before_they_reach_the_engine) {
  harness h;
  api::FailoverDomainRequest request;
  const auto answer = [&] { return h.call<api::FailoverDomainResponse>("DomainAPI/FailoverDomain", request); };
  BOOST_TEST(answer().error_message() == "Domain not set on request.");
  request.set_domain_name("orders");
  BOOST_TEST(answer().error_message() ==
             "DomainActiveClusterName or ActiveClusters must be provided to failover the domain");
  request.set_domain_active_cluster_name("cluster0");
  BOOST_TEST(answer().ok());
  BOOST_TEST(h.engine.last().function == "failover_domain");
  request.mutable_failover_timeout()->set_seconds(0);
  BOOST_TEST(answer().error_message() == "FailoverTimeoutInSeconds must be positive");
  request.mutable_failover_timeout()->set_seconds(301);
  BOOST_TEST(answer().error_message() == "FailoverTimeoutInSeconds 301 exceeds the maximum allowed 300");
  request.clear_failover_timeout();
  bridge::limits locked;
  locked.locked_down = true;
  h.context.set_limits(locked);
  BOOST_TEST(answer().error_message() == "Domain is not accepting fail overs at this time due to lockdown.");
  api::UpdateDomainRequest update;
  update.set_name("orders");
  update.mutable_update_mask()->add_paths("active_cluster_name");
  BOOST_TEST(h.call<api::UpdateDomainResponse>("DomainAPI/UpdateDomain", update).error_message() ==
             "Domain is not accepting fail overs at this time due to lockdown.");
}

BOOST_AUTO_TEST_CASE(the_history_of_failovers_needs_a_domain) {
  harness h;
  api::ListFailoverHistoryRequest request;
  api::ListFailoverHistoryResponse response;
  const auto ask = [&] { return h.call("DomainAPI/ListFailoverHistory", request, {}, &response); };
  BOOST_TEST(ask().error_message() == "DomainID is required in filters");
  request.mutable_filters()->set_domain_id(h.domain->id.str());
  BOOST_TEST(ask().ok());
  BOOST_TEST(response.failover_events_size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(limits_of_domains)

BOOST_AUTO_TEST_CASE(a_domain_may_have_limits_of_its_own) {
  harness h;
  h.engine.add_domain("bills");
  bridge::limits common;
  h.context.set_limits(common, [common](const std::string& domain) {
    auto out = common;
    out.query_disallowed = domain == "bills";
    return out;
  });
  api::QueryWorkflowRequest request;
  request.mutable_workflow_execution()->set_workflow_id("w");
  request.mutable_query()->set_query_type("q");
  const auto ask = [&](const std::string& domain) {
    request.set_domain(domain);
    return h.call<api::QueryWorkflowResponse>("WorkflowAPI/QueryWorkflow", request);
  };
  BOOST_TEST(ask("orders").ok());
  BOOST_TEST(ask("bills").error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  h.context.set_limits(common);
  BOOST_TEST(ask("bills").ok());
}

BOOST_AUTO_TEST_CASE(a_domain_may_have_rates_of_its_own_and_some_callers_none) {
  harness h;
  h.engine.add_domain("bills");
  bridge::rate_settings rates;
  rates.of = [](std::size_t stage, std::string_view domain, std::string_view) {
    bridge::rate_settings::budget out;
    out.domain = stage == 0 && domain == "bills" ? 0.001 : 0;
    return out;
  };
  h.context.set_rates(rates);
  bridge::limits limits;
  limits.caller_types_unlimited = {"cli"};
  h.context.set_limits(limits);
  api::DescribeWorkflowExecutionRequest request;
  request.mutable_workflow_execution()->set_workflow_id("w");
  const auto ask = [&](const std::string& domain, const std::string& type) {
    request.set_domain(domain);
    return h
        .call<api::DescribeWorkflowExecutionResponse>("WorkflowAPI/DescribeWorkflowExecution", request,
                                                      {{"cadence-caller-type", type}})
        .error_code();
  };
  BOOST_TEST(ask("bills", "sdk") == grpc::StatusCode::OK);
  BOOST_TEST(ask("bills", "sdk") == grpc::StatusCode::RESOURCE_EXHAUSTED);
  BOOST_TEST(ask("bills", "cli") == grpc::StatusCode::OK);
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(ask("orders", "sdk") == grpc::StatusCode::OK);
}

BOOST_AUTO_TEST_CASE(domains_need_the_data_that_the_configuration_asks_for) {
  harness h;
  bridge::limits limits;
  limits.domain_data_required = {"team"};
  h.context.set_limits(limits);
  api::RegisterDomainRequest request;
  request.set_name("new");
  request.mutable_workflow_execution_retention_period()->set_seconds(86'400);
  const auto answer = [&] { return h.call<api::RegisterDomainResponse>("DomainAPI/RegisterDomain", request); };
  BOOST_TEST(answer().error_message() == "domain data error, missing required key team");
  (*request.mutable_data())["team"] = "x";
  BOOST_TEST(answer().ok());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
