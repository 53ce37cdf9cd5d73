#define BOOST_TEST_MODULE admin
#include "installation.hpp"

using namespace cadenza;
using namespace cadenza::integration;

BOOST_FIXTURE_TEST_SUITE(operators, installation)

BOOST_AUTO_TEST_CASE(values_set_at_run_time_survive_a_restart) {
  set("frontend.domainrps", R"({"Value":7,"Filters":[{"Name":"domainName","Value":"orders"}]})");
  set("history.stickyTTL", "\"5s\"");
  const std::vector<std::string> get{"admin", "config", "get", "--name", "frontend.domainrps"};
  auto of_orders = get;
  of_orders.insert(of_orders.end(), {"--filter", R"({"domainName":"orders"})"});
  BOOST_TEST(good(of_orders) == "7\n");
  BOOST_TEST(good(get) == "2147483647\n");
  good({"admin", "config", "ou", "--name", "frontend.rps", "--value", "5"});
  restart();
  BOOST_TEST(good(of_orders) == "7\n");
  BOOST_TEST(good({"admin", "config", "get", "--name", "history.stickyTTL"}) == "\"5s\"\n");
  BOOST_TEST(good({"admin", "config", "og", "--name", "frontend.rps"}) == "5\n");

  BOOST_TEST(
      has(bad({"admin", "config", "update", "--name", "frontend.rsp", "--value", "5"}), "did you mean frontend.rps?"));
  BOOST_TEST(has(bad({"admin", "config", "update", "--name", "frontend.rps", "--value", "\"x\""}),
                 "expected a value of type int, found \"x\""));
  good({"admin", "config", "restore", "--name", "frontend.domainrps", "--filter", R"({"domainName":"orders"})"});
  BOOST_TEST(good(of_orders) == "2147483647\n");
  restart();
  BOOST_TEST(good(of_orders) == "2147483647\n");
  BOOST_TEST(has(bad({"admin", "config", "restore", "--name", "frontend.domainrps"}), "unable to find key"));
}

BOOST_AUTO_TEST_CASE(every_key_is_listed_with_default_meaning_and_value) {
  set("frontend.rps", "1234");
  set("matching.enableSyncMatch", R"({"Value":false,"Filters":[{"Name":"taskListName","Value":"l"}]})");
  const auto all = json::parse(good({"--output", "json", "admin", "config", "list"}));
  BOOST_TEST(all.size() == config::dynamic_keys().size());
  for (const auto& entry : all) {
    BOOST_TEST(!entry["description"].get<std::string>().empty(), entry["name"]);
    BOOST_TEST(entry.contains("default"));
    BOOST_TEST(entry.contains("value"));
  }
  const auto table = good({"admin", "config", "list"});
  BOOST_TEST(has(table, "| true; false for taskListName=l"));
  const auto row = table.substr(table.find("  frontend.rps "));
  BOOST_TEST(has(row.substr(0, row.find('\n')), "1234"));
  BOOST_TEST(has(good({"admin", "config", "listall"}), "2147483647"));
}

BOOST_AUTO_TEST_CASE(values_count_at_once) {
  register_domain("orders");
  register_domain("bills");
  good(start_words, "orders");
  const std::vector<std::string> query{"workflow", "query", "-w", "w", "--qt", "q"};
  set("system.disallowQuery", R"({"Value":true,"Filters":[{"Name":"domainName","Value":"orders"}]})");
  BOOST_TEST(has(bad(query, "orders"), "not allowed"));
  set("limit.workflowIDLength", R"({"Value":1,"Filters":[{"Name":"domainName","Value":"bills"}]})");
  auto longer = start_words;
  longer[3] = "ww";
  BOOST_TEST(has(bad(longer, "bills"), "length exceeds limit"));
  good(longer, "orders");
  set("history.EnableConsistentQueryByDomain", "false");
  set("system.disallowQuery", "false");
  auto strong = query;
  strong.insert(strong.end(), {"--qcl", "strong"});
  BOOST_TEST(has(bad(strong, "orders"), "does not enable strongly consistent query but"));

  // An empty list answers a poll when the time that is set now has passed.
  set("matching.longPollExpirationInterval", "\"1ms\"");
  load::client client(server->address(), 1);
  api::PollForActivityTaskRequest poll;
  poll.set_domain("orders");
  poll.mutable_task_list()->set_name("empty");
  api::PollForActivityTaskResponse nothing;
  BOOST_TEST(client.wait("WorkerAPI/PollForActivityTask", poll, nothing, std::chrono::seconds(50)).ok());
  BOOST_TEST(nothing.task_token().empty());

  set("system.maxRetentionDays", "5");
  BOOST_TEST(has(bad({"domain", "register", "--gd", "false", "--rd", "6"}, "later"), "RetentionDays is invalid"));
}

BOOST_AUTO_TEST_CASE(warnings_and_limits_of_runs_count_at_once) {
  register_domain("orders");
  const auto warnings = [&](const std::string& limit) {
    const auto page = metrics();
    const std::string series = "cadenza_limit_warnings_total{limit=\"" + limit + "\"} ";
    const auto at = page.find(series);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, page);
    return std::stoi(page.substr(at + series.size()));
  };
  auto start = start_words;
  start.insert(start.end(), {"--input", "\"twenty bytes of text\""});
  const auto start_as = [&](const std::string& id) {
    start[3] = id;
    good(start, "orders");
  };
  start_as("w");
  for (const auto* limit : {"blob_size", "history_size", "history_count", "id_length"})
    BOOST_TEST(warnings(limit) == 0, limit);
  set("limit.blobSize.warn", R"({"Value":20,"Filters":[{"Name":"domainName","Value":"orders"}]})");
  set("limit.historyCount.warn", R"({"Value":1,"Filters":[{"Name":"domainName","Value":"orders"}]})");
  set("limit.historySize.warn", "30");
  start_as("v"); // two events from the start
  BOOST_TEST(warnings("blob_size") == 1);
  BOOST_TEST(warnings("history_size") == 1);
  BOOST_TEST(warnings("history_count") == 1);
  BOOST_TEST(warnings("id_length") == 0);
  set("limit.maxIDWarnLength", "50");
  start_as(std::string(51, 'u'));
  BOOST_TEST(warnings("id_length") == 1);

  const std::vector<std::string> describe{"workflow", "describe", "-w", "w"};
  set("history.workflowIDExternalRPS", R"({"Value":0,"Filters":[{"Name":"domainName","Value":"orders"}]})");
  good(describe, "orders"); // 0 is as good as none: one in a thousand seconds
  BOOST_TEST(has(bad(describe, "orders"), "Too many requests for the workflow ID"));
  good({"workflow", "describe", "-w", "v"}, "orders");
  good({"admin", "config", "restore", "--name", "history.workflowIDExternalRPS", "--filter",
        R"({"domainName":"orders"})"});
  set("history.rps", "0");
  good(describe, "orders");
  BOOST_TEST(has(bad(describe, "orders"), "History host rps exceeded"));
  set("history.rps", "2147483647");
  for (int i = 0; i < 5; ++i)
    good(describe, "orders");
}

BOOST_AUTO_TEST_CASE(a_server_that_warms_up_says_so) {
  const auto state = [&] {
    load::client client(server->address(), 1);
    api::HealthResponse response;
    BOOST_TEST(client.wait("MetaAPI/Health", api::HealthRequest(), response).ok());
    return response.message();
  };
  BOOST_TEST(state() == "OK");
  set("frontend.warmupDuration", "\"1h\"");
  restart();
  BOOST_TEST(state() == "WarmingUp");
  good({"domain", "describe"}, "cadence-system"); // whoever asks is served
  set("frontend.warmupDuration", "\"0s\"");
  restart();
  BOOST_TEST(state() == "OK");
}

BOOST_AUTO_TEST_CASE(drained_isolation_groups_survive_a_restart_and_get_nothing) {
  register_domain("orders");
  set("system.enableTasklistIsolation", "true");
  set("frontend.failoverCoolDown", "\"0s\"");
  const std::vector<std::string> ig{"admin", "isolation-groups"};
  BOOST_TEST(good({"admin", "ig", "get-global"}) == "-- No groups found --\n");
  BOOST_TEST(good({"admin", "ig", "update-global", "--set-drains", "zone-1", "--set-drains", "zone-2"}) == "");
  good({"admin", "ig", "update-domain", "--json", R"([{"Name":"zone-3","State":2},{"Name":"zone-4","State":1}])"},
       "orders");
  restart();
  BOOST_TEST(good({"admin", "ig", "get-global"}) == "  ISOLATION GROUPS |  STATE\n"
                                                    "  zone-1           | Drained\n"
                                                    "  zone-2           | Drained\n");
  BOOST_TEST(has(good({"admin", "ig", "get-domain"}, "orders"), "zone-4           | Healthy"));

  const auto start_from = [&](const std::string& group) {
    load::client client(server->address(), 1);
    client.headers["cadence-client-isolation-group"] = group;
    api::StartWorkflowExecutionRequest request;
    request.set_domain("orders");
    request.set_workflow_id("from-" + group);
    request.set_request_id(load::new_uuid());
    request.mutable_workflow_type()->set_name("type");
    request.mutable_task_list()->set_name("list");
    request.mutable_execution_start_to_close_timeout()->set_seconds(60);
    request.mutable_task_start_to_close_timeout()->set_seconds(10);
    api::StartWorkflowExecutionResponse response;
    return client.wait("WorkflowAPI/StartWorkflowExecution", request, response).message;
  };
  BOOST_TEST(start_from("zone-1") == "Domain orders is drained from isolation group zone-1.");
  BOOST_TEST(start_from("zone-3") == "Domain orders is drained from isolation group zone-3.");
  BOOST_TEST(start_from("zone-4") == "");
  good({"admin", "ig", "update-global", "--remove-all-drains"});
  BOOST_TEST(start_from("zone-1") == "");
  BOOST_TEST(has(bad({"admin", "ig", "update-global"}), "need to specify either"));
}

BOOST_AUTO_TEST_CASE(queues_of_asynchronous_requests_are_kept_with_the_domain) {
  register_domain("orders");
  set("frontend.failoverCoolDown", "\"0s\"");
  const auto fresh = json::parse(good({"--output", "json", "admin", "aq", "get"}, "orders"));
  BOOST_TEST(!fresh["Enabled"].get<bool>()); // the default, as the Go server shows it
  BOOST_TEST(fresh["PredefinedQueueName"].get<std::string>().empty());
  good({"admin", "aq", "update", "--json", R"({"Enabled":true,"QueueType":"kafka","QueueConfig":{"topic":"t"}})"},
       "orders");
  restart();
  const auto queue = json::parse(good({"--output", "json", "admin", "async-wf-queue", "get"}, "orders"));
  BOOST_TEST(queue["Enabled"].get<bool>());
  BOOST_TEST(queue["QueueConfig"]["topic"].get<std::string>() == "t");
}

BOOST_AUTO_TEST_CASE(the_stored_state_of_a_shard_is_seen_and_its_range_id_raised) {
  register_domain("orders");
  good(start_words, "orders");
  const auto all = json::parse(good({"--output", "json", "admin", "shard", "list"}));
  const auto place = good({"admin", "hist", "gsh", "-w", "w", "--number_of_shards", std::to_string(all.size())});
  const auto shard = place.substr(place.rfind(' ') + 1, place.size() - place.rfind(' ') - 2);
  const auto row = [&] { return json::parse(good({"admin", "shard", "describe", "--sid", shard}))["ShardInfo"]; };
  const auto before = row()["range_id"].get<std::int64_t>();
  BOOST_TEST(before >= 1);
  BOOST_TEST(!row()["owner"].get<std::string>().empty());

  const auto state = json::parse(
      json::parse(good({"--output", "json", "admin", "wf", "desc", "-w", "w"}, "orders"))["mutableStateInCache"]
          .dump());
  const auto tree = state["ExecutionInfo"]["RunID"].get<std::string>();
  const auto token = state["ExecutionInfo"]["BranchToken"].get<std::string>();
  std::string bytes;
  BOOST_TEST(from_base64(token, bytes));
  const auto at = bytes.find('$', bytes.find(tree) + tree.size()); // 36, the length of the branch's id
  const auto branch = bytes.substr(at + 1, 36);
  // The events are the same, the bytes not: a run comes in the clients' encoding, a branch as it is stored.
  const auto events_of = [](const std::string& shown) {
    const auto begin = shown.find('\n') + 1;
    return shown.substr(begin, shown.rfind("=======") - begin).substr(0, shown.rfind("]\n") - begin);
  };
  BOOST_TEST(events_of(good({"admin", "wf", "show", "--tree_id", tree, "--branch_id", branch, "--sid", shard})) ==
             events_of(good({"admin", "wf", "show", "-w", "w"}, "orders")));
  BOOST_TEST(has(bad({"admin", "wf", "show", "--tree_id", "x", "--branch_id", branch, "--sid", shard}), "must be ids"));

  const auto timers = good({"admin", "shard", "timers", "--sid", shard, "--print_json", "--timer_type", "3"});
  const auto timeout = json::parse(timers);
  BOOST_TEST(timeout["WorkflowID"].get<std::string>() == "w");
  BOOST_TEST(has(good({"admin", "shard", "timers", "--sid", shard}), "| COUNT"));
  BOOST_TEST(has(bad({"admin", "shard", "timers", "--sid", "99"}), "shard must be a number from 0 to"));

  BOOST_TEST(has(bad({"admin", "shard", "srid", "--sid", shard, "--rid", std::to_string(before)}), "above"));
  const auto raised = before + 10;
  BOOST_TEST(has(good({"admin", "shard", "srid", "--sid", shard, "--rid", std::to_string(raised)}),
                 "Successfully updated rangeID from " + std::to_string(before)));
  // The holder notices at its next write, and takes the shard anew.
  const std::vector<std::string> signal{"workflow", "signal", "-w", "w", "--name", "s"};
  while (run(signal, "orders").code != 0) {
  }
  BOOST_TEST(row()["range_id"].get<std::int64_t>() > raised);
  BOOST_TEST(has(good({"workflow", "show", "-w", "w"}, "orders"), "WorkflowExecutionSignaled"));
}

BOOST_AUTO_TEST_CASE(search_attributes_are_added_for_good) {
  register_domain("orders");
  auto painted = start_words;
  painted.insert(painted.end(), {"--search_attr_key", "Colour", "--search_attr_value", "red"});
  BOOST_TEST(has(bad(painted, "orders"), "Colour is not a valid search attribute key"));
  good({"admin", "cluster", "asa", "--search_attr_key", "Colour", "--search_attr_type", "1", "--yes"});
  BOOST_TEST(has(good({"cluster", "get-search-attr"}), "Colour"));
  good(painted, "orders");
  const std::vector<std::string> list{"workflow", "list", "--query", "Colour = 'red'"};
  BOOST_TEST(has(good(list, "orders"), "type"));
  restart();
  BOOST_TEST(has(good({"cluster", "get-search-attr"}), "Colour"));
  BOOST_TEST(has(good(list, "orders"), "type"));
  BOOST_TEST(has(bad({"admin", "cluster", "asa", "--search_attr_key", "Colour", "--search_attr_type", "2", "--yes"}),
                 "already whitelisted as a different type"));
}

BOOST_AUTO_TEST_CASE(the_domains_of_the_system_exist_from_the_first_start) {
  for (int i = 0; i < 2; ++i) {
    const auto text = good({"domain", "describe"}, "cadence-system");
    BOOST_TEST(has(text, "UUID: 32049b68-7872-4094-8e63-d0dd59896a83"));
    BOOST_TEST(has(text, "RetentionInDays: 7"));
    BOOST_TEST(has(text, "IsGlobal(XDC)Domain: false"));
    BOOST_TEST(has(good({"domain", "describe"}, "cadence-batcher"), "UUID: 3116607e-419b-4783-85fc-47726a4c3fe9"));
    restart();
  }
}

BOOST_AUTO_TEST_CASE(a_domain_from_registration_to_deletion) {
  register_domain("orders", true);
  good({"domain", "update", "--desc", "at once"}, "orders"); // no other cluster has to hear of it
  BOOST_TEST(has(bad({"domain", "failover", "--ac", "cluster0"}, "orders"), "Domain update too frequent."));
  set("frontend.failoverCoolDown", R"({"Value":"0s","Filters":[{"Name":"domainName","Value":"orders"}]})");
  good({"domain", "update", "--desc", "x"}, "orders");
  BOOST_TEST(good({"domain", "lfh"}, "orders") == "No failover history found for domain: orders\n");
  BOOST_TEST(good({"domain", "failover", "--ac", "cluster0", "--reason", "drill"}, "orders") ==
             "Domain orders successfully failed over.\n");
  BOOST_TEST(has(bad({"domain", "failover", "--ac", "cluster1"}, "orders"), "Invalid cluster name: cluster1"));
  set("system.Lockdown", "true");
  BOOST_TEST(has(bad({"domain", "failover", "--ac", "cluster0"}, "orders"), "due to lockdown"));
  restart();
  BOOST_TEST(has(good({"domain", "lfh"}, "orders"), "| FORCE"));

  good(start_words, "orders");
  BOOST_TEST(has(bad({"domain", "delete", "--yes"}, "orders"), "Domain is not in a deprecated state."));
  good({"domain", "deprecate", "--force"}, "orders");
  auto another = start_words;
  another[3] = "another";
  bad(another, "orders");
  BOOST_TEST(has(bad({"domain", "delete", "--yes"}, "orders"), "Domain still have workflow execution history."));

  register_domain("bills");
  good({"domain", "deprecate"}, "bills");
  good({"domain", "delete", "--yes"}, "bills");
  BOOST_TEST(has(bad({"domain", "describe"}, "bills"), "does not exist"));
  restart();
  BOOST_TEST(has(bad({"domain", "describe"}, "bills"), "does not exist"));
}

BOOST_AUTO_TEST_SUITE_END()
