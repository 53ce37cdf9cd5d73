#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "uber/cadence/api/v1/error.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>

using namespace cadenza::test;
namespace api = uber::cadence::api::v1;

namespace {

struct fixture {
  fake_server server;

  output run(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), {"--ad", server.address(), "--do", "d"});
    return run_cli(std::move(words), {}, input);
  }

  void answer_domain() {
    server.on<api::DescribeDomainRequest, api::DescribeDomainResponse>(
        "DomainAPI/DescribeDomain", [](const auto& request, auto& response) {
          if (request.name() == "none")
            return answer::error(5, "Domain none does not exist.", api::EntityNotExistsError{});
          auto& domain = *response.mutable_domain();
          domain.set_name("d");
          domain.set_id("uuid-1");
          domain.set_status(api::DOMAIN_STATUS_REGISTERED);
          domain.set_description("about");
          domain.mutable_workflow_execution_retention_period()->set_seconds(3 * 86400);
          domain.set_active_cluster_name("cluster0");
          (*domain.mutable_data())["k"] = "v";
          return answer::ok();
        });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(domains, fixture)

BOOST_AUTO_TEST_CASE(register_sends_the_settings) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  const auto result = run({"d", "re", "--rd", "7", "--oe", "me@example.com", "--dmd", "a=1,b=2,e=", "--gd", "false",
                           "--has", "enabled", "--domain_data_entry", "c=x=y"});
  BOOST_TEST(result.out == "Domain d successfully registered.\n");
  const auto request = server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain");
  BOOST_TEST(request.name() == "d");
  BOOST_TEST(request.workflow_execution_retention_period().seconds() == 7 * 86400);
  BOOST_TEST(request.owner_email() == "me@example.com");
  BOOST_TEST(request.data().at("b") == "2");
  BOOST_TEST(request.data().at("c") == "x=y");
  BOOST_TEST(request.data().at("e").empty());
  BOOST_TEST(!request.is_global_domain());
  BOOST_TEST(request.history_archival_status() == api::ARCHIVAL_STATUS_ENABLED);
}

BOOST_AUTO_TEST_CASE(domain_data_in_any_other_form_is_refused_and_nothing_is_sent) {
  // A URL in the old form, `key:value`, would be cut at its first colon; one with a comma loses its end.
  for (const char* wrong : {"a:1", "url=http://x/?a=b", "a=1,b", "a=1,", ",a=1", "=1", "a", "a=1,a=2", "a==1"}) {
    for (const char* verb : {"register", "update"}) {
      answer_domain();
      const auto result = run({"domain", verb, "--domain_data", wrong});
      BOOST_TEST(result.code == 1, wrong);
      BOOST_TEST(result.err.find("omain data") + result.err.find("domain_data") != 2 * std::string::npos, result.err);
    }
  }
  BOOST_TEST(run({"domain", "register", "--domain_data_entry", "a"}).code == 1);
  BOOST_TEST(run({"domain", "register", "--domain_data", "a=1", "--domain_data_entry", "a=2"}).code == 1);
  for (const auto& call : server.calls())
    BOOST_TEST(call.method.ends_with("/DescribeDomain"), call.method);
}

BOOST_AUTO_TEST_CASE(clusters_are_named_with_commas_blanks_or_repeated_flags) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  const auto clusters = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"domain", "register", "--global_domain", "true", "--active_cluster", "a"});
    const auto result = run(more);
    BOOST_TEST(result.code == 0, result.err);
    std::string names;
    const auto request = server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain");
    for (const auto& one : request.clusters())
      names += one.cluster_name() + " ";
    return names;
  };
  BOOST_TEST(clusters({"--clusters", "a", "b", "c", "--retention", "7"}) == "a b c ");
  BOOST_TEST(clusters({"--clusters", "a,b", "--cl", "c"}) == "a b c ");
  BOOST_TEST(clusters({"--clusters=a, b,", "c"}) == "a b c ");
  BOOST_TEST(run({"domain", "register", "--description", "a", "b"}).code == 1); // only names may follow
}

BOOST_AUTO_TEST_CASE(global_domain_takes_what_go_takes_for_a_truth_value) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    BOOST_TEST(run({"domain", "register", "--global_domain", yes}).code == 0, yes);
    BOOST_TEST(server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain").is_global_domain(), yes);
  }
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) {
    BOOST_TEST(run({"domain", "register", "--gd", no}).code == 0, no);
    BOOST_TEST(!server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain").is_global_domain(), no);
  }
  const auto calls = server.calls().size();
  for (const char* wrong : {"", "yes", "tRUE", "2", " true"})
    BOOST_TEST(run({"domain", "register", "--global_domain", wrong}).code == 1, wrong);
  BOOST_TEST(server.calls().size() == calls);
}

BOOST_AUTO_TEST_CASE(active_clusters_that_say_nothing_or_two_things_are_refused) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "register", "--acs", "region.us-west:c0, region.us-east:c1", "--acs", "city.a:c0"}).code ==
             0);
  const auto scopes = server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain")
                          .active_clusters()
                          .active_clusters_by_cluster_attribute();
  BOOST_TEST(scopes.at("region").cluster_attributes().at("us-east").active_cluster_name() == "c1");
  BOOST_TEST(scopes.at("city").cluster_attributes().at("a").active_cluster_name() == "c0");
  for (const char* wrong : {"", "region", "region.a", ".a:c", "region.:c", "region.a:", "region:c", "r.a:c0,r.a:c1"})
    BOOST_TEST(run({"domain", "register", "--acs", wrong}).code == 1, wrong);
}

BOOST_AUTO_TEST_CASE(domains_are_global_unless_told_otherwise) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  const auto global = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"domain", "register"});
    BOOST_TEST(run(more).code == 0);
    return server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain").is_global_domain();
  };
  BOOST_TEST(global({}));
  BOOST_TEST(global({"--cl", "c1"}));
  BOOST_TEST(global({"--cl", "c1", "--cl", "c2"}));
  BOOST_TEST(global({"--cl", "c1,c2"}));
  BOOST_TEST(!global({"--gd", "false"}));
}

BOOST_AUTO_TEST_CASE(registering_twice_says_so) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>(
      "DomainAPI/RegisterDomain",
      [](const auto&, auto&) { return answer::error(6, "Domain already exists.", api::DomainAlreadyExistsError{}); });
  const auto result = run({"domain", "register"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err == "Error: Domain d already registered.\nError Details: Domain already exists.\n");
}

BOOST_AUTO_TEST_CASE(describe_prints_the_labels_in_order) {
  answer_domain();
  BOOST_TEST(run({"d", "desc"}).out ==
             "Name: d\nUUID: uuid-1\nDescription: about\nOwnerEmail: \nDomainData: k:v\nStatus: REGISTERED\n"
             "RetentionInDays: 3\nEmitMetrics: true\nIsGlobal(XDC)Domain: false\nActiveClusterName: cluster0\n"
             "IsActiveActiveDomain: false\nClusters: N/A, Not a global domain\nHistoryArchivalStatus: DISABLED\n"
             "VisibilityArchivalStatus: DISABLED\n");
  const auto document = nlohmann::json::parse(run({"--output", "json", "domain", "describe"}).out);
  BOOST_TEST(document["retentionDays"] == 3);
  BOOST_TEST(document["domainData"]["k"] == "v"); // the user's own keys stay
  BOOST_TEST(nlohmann::json::parse(run({"domain", "describe", "--format", "json"}).out)["RetentionDays"] == 3);
  const auto missing = run_cli({"--ad", server.address(), "--do", "none", "d", "desc"});
  BOOST_TEST(missing.err.starts_with("Error: Domain none does not exist.\n"), missing.err);
}

BOOST_AUTO_TEST_CASE(a_domain_that_is_not_named_is_asked_for) {
  ::unsetenv("CADENCE_CLI_DOMAIN");
  BOOST_TEST(run_cli({"domain", "describe"}).err ==
             "Error: missing: --domain NAME or --domain_id ID\nError Details: the domain may also come from "
             "CADENCE_CLI_DOMAIN\n");
}

BOOST_AUTO_TEST_CASE(update_keeps_what_was_not_named) {
  answer_domain();
  server.on<api::UpdateDomainRequest, api::UpdateDomainResponse>("DomainAPI/UpdateDomain",
                                                                 [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "update", "--retention", "5"}).out == "Domain d successfully updated.\n");
  const auto request = server.last<api::UpdateDomainRequest>("DomainAPI/UpdateDomain");
  BOOST_TEST(request.description() == "about");
  BOOST_TEST(request.workflow_execution_retention_period().seconds() == 5 * 86400);
  const std::vector<std::string> mask{request.update_mask().paths().begin(), request.update_mask().paths().end()};
  const std::vector<std::string> expected{"description", "owner_email", "workflow_execution_retention_period"};
  BOOST_TEST(mask == expected);
}

BOOST_AUTO_TEST_CASE(update_with_a_cluster_sends_failover_fields_only) {
  server.on<api::UpdateDomainRequest, api::UpdateDomainResponse>("DomainAPI/UpdateDomain",
                                                                 [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "update", "--ac", "c2", "--ft", "grace", "--desc", "x"}).code == 0);
  const auto request = server.last<api::UpdateDomainRequest>("DomainAPI/UpdateDomain");
  BOOST_TEST(request.active_cluster_name() == "c2");
  BOOST_TEST(request.failover_timeout().seconds() == 60);
  BOOST_TEST(request.description().empty());
}

BOOST_AUTO_TEST_CASE(a_graceful_failover_has_two_spellings) {
  server.on<api::UpdateDomainRequest, api::UpdateDomainResponse>("DomainAPI/UpdateDomain",
                                                                 [](const auto&, auto&) { return answer::ok(); });
  server.on<api::FailoverDomainRequest, api::FailoverDomainResponse>("DomainAPI/FailoverDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  const auto updates = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"d", "up", "--ac", "dc2"});
    BOOST_TEST(run(more).code == 0);
    return server.last<api::UpdateDomainRequest>("DomainAPI/UpdateDomain").failover_timeout().seconds();
  };
  BOOST_TEST(updates({}) == 0);
  BOOST_TEST(updates({"--failover_type", "grace", "--failover_timeout_seconds", "30"}) == 30);
  BOOST_TEST(updates({"--graceful_failover_timeout", "90s"}) == 90);
  BOOST_TEST(run({"d", "up", "--ac", "dc2", "--ft", "force", "--graceful_failover_timeout", "90s"}).code == 1);
  BOOST_TEST(run({"d", "fo", "--ac", "dc2", "--graceful_failover_timeout", "45s"}).code == 0);
  BOOST_TEST(server.last<api::FailoverDomainRequest>("DomainAPI/FailoverDomain").failover_timeout().seconds() == 45);
}

BOOST_AUTO_TEST_CASE(the_commands_of_the_guide_to_several_clusters) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  server.on<api::UpdateDomainRequest, api::UpdateDomainResponse>("DomainAPI/UpdateDomain",
                                                                 [](const auto&, auto&) { return answer::ok(); });
  server.on<api::DescribeDomainRequest, api::DescribeDomainResponse>("DomainAPI/DescribeDomain",
                                                                     [](const auto&, auto& response) {
                                                                       auto& d = *response.mutable_domain();
                                                                       d.set_name("cadence-canary-xdc");
                                                                       d.set_description("canary");
                                                                       d.set_owner_email("a@b.example");
                                                                       d.set_status(api::DOMAIN_STATUS_REGISTERED);
                                                                       d.set_is_global_domain(true);
                                                                       d.set_active_cluster_name("dc1");
                                                                       for (const auto* one : {"dc1", "dc2"})
                                                                         d.add_clusters()->set_cluster_name(one);
                                                                       return answer::ok();
                                                                     });
  const auto names = [](const auto& clusters) {
    std::string out;
    for (const auto& one : clusters)
      out += one.cluster_name() + " ";
    return out;
  };
  BOOST_TEST(run({"--do", "x", "d", "re", "--gd", "true", "--clusters", "dc1", "dc2", "dc3", "--ac", "dc1"}).code == 0);
  const auto made = server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain");
  BOOST_TEST(made.name() == "x");
  BOOST_TEST(made.is_global_domain());
  BOOST_TEST(names(made.clusters()) == "dc1 dc2 dc3 ");
  BOOST_TEST(made.active_cluster_name() == "dc1");
  BOOST_TEST(run({"--do", "x", "d", "up", "--ac", "dc2"}).code == 0);
  BOOST_TEST(server.last<api::UpdateDomainRequest>("DomainAPI/UpdateDomain").active_cluster_name() == "dc2");
  BOOST_TEST(run({"--do", "x", "d", "up", "--clusters", "dc1", "dc2"}).code == 0);
  BOOST_TEST(names(server.last<api::UpdateDomainRequest>("DomainAPI/UpdateDomain").clusters()) == "dc1 dc2 ");
  // Each line of the guide, in its order; others stand between them.
  const auto shown = run({"--do", "cadence-canary-xdc", "d", "desc"}).out;
  std::size_t at = 0;
  for (const std::string line : {"Name: cadence-canary-xdc\n", "Description: canary\n", "OwnerEmail: a@b.example\n",
                                 "DomainData: \n", "Status: REGISTERED\n", "RetentionInDays: 0\n",
                                 "EmitMetrics: true\n", "ActiveClusterName: dc1\n", "Clusters: dc1, dc2\n"}) {
    const auto found = shown.find(line, at);
    BOOST_TEST_REQUIRE(found != std::string::npos, line + " in " + shown);
    at = found + line.size();
  }
}

BOOST_AUTO_TEST_CASE(deprecate_looks_for_open_workflows_first) {
  int open = 2;
  server.on<api::CountWorkflowExecutionsRequest, api::CountWorkflowExecutionsResponse>(
      "VisibilityAPI/CountWorkflowExecutions", [&open](const auto&, auto& response) {
        response.set_count(open);
        return answer::ok();
      });
  server.on<api::DeprecateDomainRequest, api::DeprecateDomainResponse>("DomainAPI/DeprecateDomain",
                                                                       [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "deprecate"}).code == 1);
  BOOST_TEST(run({"domain", "deprecate", "--force"}).code == 0);
  open = 0;
  BOOST_TEST(run({"domain", "dep"}).out == "Domain d successfully deprecated.\n");
}

BOOST_AUTO_TEST_CASE(delete_asks_first) {
  answer_domain();
  int deleted = 0;
  server.on<api::DeleteDomainRequest, api::DeleteDomainResponse>("DomainAPI/DeleteDomain",
                                                                 [&deleted](const auto&, auto&) {
                                                                   ++deleted;
                                                                   return answer::ok();
                                                                 });
  const auto kept = run({"domain", "delete"}, "no\n");
  BOOST_TEST(kept.code == 1);
  BOOST_TEST(kept.out.empty());
  BOOST_TEST(kept.err.find("Please confirm[Yes/No]:") != std::string::npos);
  BOOST_TEST(deleted == 0);
  BOOST_TEST(run({"domain", "delete"}, "Yes\n").out == "Domain d successfully deleted.\n");
  BOOST_TEST(deleted == 1);
}

BOOST_AUTO_TEST_CASE(list_shows_every_page_of_registered_domains) {
  server.on<api::ListDomainsRequest, api::ListDomainsResponse>(
      "DomainAPI/ListDomains", [](const auto& request, auto& response) {
        const bool first = request.next_page_token().empty();
        auto& domain = *response.add_domains();
        domain.set_name(first ? "one" : "two");
        domain.set_status(first ? api::DOMAIN_STATUS_REGISTERED : api::DOMAIN_STATUS_DEPRECATED);
        response.set_next_page_token(first ? "2" : "");
        return answer::ok();
      });
  BOOST_TEST(run({"domain", "list", "--format", "{{.Name}}"}).out == "one\n");
  BOOST_TEST(run({"admin", "domain", "list", "--all", "--format", "{{.Name}} {{.Status}}"}).out ==
             "one REGISTERED\ntwo DEPRECATED\n");
}

BOOST_AUTO_TEST_SUITE_END()
