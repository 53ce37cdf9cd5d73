#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/http_side.hpp"
#include "tests/unit/cli/runner.hpp"

#include "messages/base64.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace cadenza::test;
namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

namespace {

struct fixture {
  fake_server server;

  output run(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), {"--ad", server.address(), "--do", "d"});
    return run_cli(std::move(words), {}, input);
  }
};

/// What the HTTP side tells of shard 1: its row, that its range id was raised to `range`, and two pages of timers, of
/// which `asked` has the questions.
void answer_shard(http_side& http, std::string& range, std::vector<std::string>& asked) {
  http.server().Get("/admin/shards/row", [](const httplib::Request& request, httplib::Response& response) {
    if (request.get_param_value("shard") != "1") {
      response.status = 400;
      response.set_content(R"({"error":"shard must be a number from 0 to 3"})", "application/json");
      return;
    }
    response.set_content(R"({"shard_id":1,"range_id":7,"updated_ns":1700000000250000000,"timer_ack_ns":0})",
                         "application/json");
  });
  http.server().Post("/admin/shards/range", [&range](const httplib::Request& request, httplib::Response& response) {
    range = request.get_param_value("range_id");
    response.set_content(R"({"shard_id":1,"previous_range_id":7,"range_id":9})", "application/json");
  });
  http.server().Get("/admin/shards/timers", [&asked](const httplib::Request& request, httplib::Response& response) {
    asked.push_back(request.get_param_value("from_ns") + "/" + request.get_param_value("from_id"));
    const auto timer = [](const char* at, int type, const char* domain) {
      return std::string(R"({"fire_ns":)") + at + R"(,"task_id":4,"task_type":)" + std::to_string(type) +
             R"(,"domain_id":")" + domain + R"(","workflow_id":"w"})";
    };
    if (asked.size() % 2 == 1)
      response.set_content(R"({"timers":[)" + timer("1700000000000000000", 2, "a") + "," +
                               timer("1700000001000000000", 3, "b") +
                               R"(],"next":{"fire_ns":1700000001000000000,"task_id":5}})",
                           "application/json");
    else
      response.set_content(R"({"timers":[)" + timer("1700009999000000000", 2, "a") +
                               R"(,{"fire_ns":1,"task_id":9,"damaged":true}]})",
                           "application/json");
  });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(admin_over_http, fixture)

BOOST_AUTO_TEST_CASE(a_branch_is_read_page_by_page) {
  http_side http;
  std::vector<std::string> pages;
  std::string asked;
  http.server().Get("/admin/shards/history", [&](const httplib::Request& request, httplib::Response& response) {
    pages.push_back(request.get_param_value("page"));
    asked = request.get_param_value("shard") + " " + request.get_param_value("tree") + " " +
            request.get_param_value("branch");
    api::History events;
    events.add_events()->set_event_id(static_cast<std::int64_t>(pages.size()));
    const auto bytes = cadenza::to_base64(events.SerializeAsString());
    response.set_content(R"({"batches":[{"first_event_id":1,"transaction_id":2,"batch":")" + bytes + R"("}],"next":")" +
                             (pages.size() == 1 ? "a/+=" : "") + "\"}",
                         "application/json");
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "wf", "show"});
    return run_cli(std::move(words));
  };
  const auto whole = ask({"--tree_id", "t", "--branch_id", "b", "--sid", "3"});
  BOOST_TEST(asked == "3 t b");
  BOOST_TEST(pages == (std::vector<std::string>{"", "a/+="}), boost::test_tools::per_element());
  BOOST_TEST(whole.out.starts_with("======== batch 1, blob len: 4 ======\n"), whole.out + whole.err);
  BOOST_TEST(whole.out.ends_with("======== total batches 2, total blob len: 8 ======\n"), whole.out);
  BOOST_TEST(ask({"--tree_id", "t"}).err ==
             "Error: missing: --branch_id, --shard_id\nError Details: a branch is read by its tree, its own id and its "
             "shard\n");
  BOOST_TEST(ask({}).err == "Error: missing: --workflow_id ID, or --tree_id, --branch_id and --shard_id\n");
}

BOOST_AUTO_TEST_CASE(the_stored_state_of_a_shard_comes_from_the_http_side) {
  http_side http;
  std::string range;
  std::vector<std::string> asked;
  answer_shard(http, range, asked);
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "shard"});
    return run_cli(std::move(words));
  };
  const auto row = nlohmann::json::parse(ask({"describe", "--sid", "1"}).out)["ShardInfo"];
  BOOST_TEST(row["range_id"] == 7);
  BOOST_TEST(row["updated_at"] == "2023-11-14T22:13:20.25Z");
  BOOST_TEST(row["timer_ack_level"] == "1970-01-01T00:00:00Z");
  BOOST_TEST(ask({"d", "--sid", "5"}).err ==
             "Error: Failed to describe shard.\nError Details: shard must be a number from 0 to 3\n");
  BOOST_TEST(ask({"srid", "--sid", "1", "--rid", "9"}).out ==
             "Successfully updated rangeID from 7 to 9 for shard 1.\n");
  BOOST_TEST(range == "9");

  const std::vector<std::string> timers{"timers",       "--sid", "1", "--start_date", "2023-11-14T00:00:00Z",
                                        "--skip_errors"};
  const auto counted = ask(timers);
  BOOST_TEST(counted.out == "     BUCKET     | COUNT\n"
                            "  2023-11-14T22 |     2\n"
                            "  2023-11-15T00 |     1\n",
             counted.out);
  BOOST_TEST(counted.err == "timer task 9 is damaged\n");
  BOOST_TEST(asked == (std::vector<std::string>{"1699920000000000000/0", "1700000001000000000/5"}),
             boost::test_tools::per_element());
  auto printed = timers;
  printed.insert(printed.end(), {"--print_json", "--timer_type", "2", "--domain_id", "a"});
  const auto lines = ask(printed).out;
  BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 2);
  BOOST_TEST(nlohmann::json::parse(lines.substr(0, lines.find('\n')))["VisibilityTimestamp"] == "2023-11-14T22:13:20Z");
  const auto path = (std::filesystem::temp_directory_path() / "cadenza-cli-test-timers.json").string();
  std::ofstream{path} << lines << "no timer\n";
  // The file's lines are the server's: all of them, whatever their time, and no server is asked.
  const auto from_file = run_cli({"admin", "shard", "timers", "--input_file", path, "--print_json", "--skip_errors"});
  BOOST_TEST(from_file.out == lines, from_file.err);
  BOOST_TEST(from_file.err == "not a timer task: no timer\n");
  BOOST_TEST(
      run_cli({"admin", "shard", "timers", "--if", path}).err.starts_with("Error: not a timer task: no timer\n"));
  BOOST_TEST(run_cli({"admin", "shard", "timers", "--if", path, "--timer_type", "3", "--skip_errors"}).out.empty());
  std::filesystem::remove(path);
  BOOST_TEST(run_cli({"admin", "shard", "timers"}).code == 1);
  BOOST_TEST(run_cli({"admin", "shard", "timers", "--if", "/"}).err.find("directory") != std::string::npos);
  BOOST_TEST(ask({"timers", "--sid", "1"}).err.starts_with("Error: timer task 9 is damaged\n"));
  BOOST_TEST(ask({"timers", "--sid", "1", "--timer_type", "7"}).err.starts_with("Error: Option timer_type format"));
  BOOST_TEST(
      ask({"timers", "--sid", "1", "--end_date", "soon"}).err.starts_with("Error: wrong date format for end_date"));
}

BOOST_AUTO_TEST_CASE(members_of_the_cluster_and_where_shards_are_come_from_the_http_side) {
  http_side http;
  std::string told = R"({"self":"a","member":true,"shards":["b","","a"],"members":[
    {"name":"a","roles":"frontend,history","draining":false,"shards":1,"grpc":"h1:7833","http":"h1:8088","link":"h1:7900",
     "build":"1.0"},
    {"name":"b","roles":"history","draining":true,"shards":1,"grpc":"h2:7833","http":"h2:8088","link":"h2:7900",
     "build":"1.1"}]})";
  http.server().Get("/admin/cluster", [&told](const httplib::Request&, httplib::Response& response) {
    response.set_content(told, "application/json");
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "cluster"});
    return run_cli(std::move(words));
  };
  const auto members = ask({"members"});
  BOOST_TEST(members.code == 0);
  BOOST_TEST(members.out.find("frontend,history") != std::string::npos, members.out);
  BOOST_TEST(members.out.find("draining") != std::string::npos, members.out);
  const auto shards = ask({"shards", "--node", "b", "--output", "json"});
  BOOST_TEST(shards.out.find("h2:7833") != std::string::npos, shards.out);
  BOOST_TEST(shards.out.find("h1:7833") == std::string::npos, shards.out);
  BOOST_TEST(ask({"shards"}).out.find("(nobody)") != std::string::npos);
  told = "[]";
  BOOST_TEST(ask({"members"}).err.starts_with("Error: Cannot list the members of the cluster."));
}

BOOST_AUTO_TEST_CASE(actors_come_from_the_http_side) {
  http_side http;
  std::string killed;
  http.server().Get("/admin/actors", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(
        R"({"actors":[{"path":"node/shard_owner/shard-11","kind":"history_shard","restarts":2,"mailbox":5},
          {"path":"node/shard_owner/shard-2","kind":"history_shard","restarts":0,"mailbox":0},
          {"path":"node/shard_owner-b","kind":"other","restarts":0,"mailbox":0},
          {"path":"node/shard_owner","kind":"shard_owner","restarts":0,"mailbox":0},
          {"path":"node","kind":"node","restarts":0,"mailbox":0}]})",
        "application/json");
  });
  http.server().Post("/admin/actors/kill", [&killed](const httplib::Request& request, httplib::Response& response) {
    killed = request.get_param_value("path");
    if (killed == "node/x") {
      response.status = 404;
      response.set_content(R"({"error":"no such actor"})", "application/json");
    }
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "actor"});
    return run_cli(std::move(words));
  };
  // Shards in the order of their numbers, and all of an actor's children right below it.
  BOOST_TEST(ask({"list"}).out == "            PATH            |     KIND      | RESTARTS | MAILBOX\n"
                                  "  node                      | node          |        0 |       0\n"
                                  "  node/shard_owner          | shard_owner   |        0 |       0\n"
                                  "  node/shard_owner/shard-2  | history_shard |        0 |       0\n"
                                  "  node/shard_owner/shard-11 | history_shard |        2 |       5\n"
                                  "  node/shard_owner-b        | other         |        0 |       0\n");
  BOOST_TEST(ask({"tree"}).out == "node\n"
                                  "  shard_owner\n"
                                  "    shard-2 (history_shard)\n"
                                  "    shard-11 (history_shard) restarts 2 mailbox 5\n"
                                  "  shard_owner-b (other)\n");
  BOOST_TEST(ask({"kill", "node/shard_owner/a b"}).code == 0);
  BOOST_TEST(killed == "node/shard_owner/a b");
  BOOST_TEST(ask({"kill", "node/x"}).err == "Error: Cannot kill actor node/x.\nError Details: no such actor\n");
  BOOST_TEST(ask({"kill", "node"}).err.starts_with("Error: The node itself cannot be killed.\n"));
  BOOST_TEST(ask({"list", "--format", "{{.Path}} {{.restarts}}"}).out.starts_with("node 0\n"));
}

BOOST_AUTO_TEST_CASE(backups_are_made_listed_and_checked_through_the_http_side) {
  http_side http;
  std::string dir;
  http.server().Post("/admin/backup/create", [&dir](const httplib::Request& request, httplib::Response& response) {
    dir = request.get_param_value("dir");
    response.set_content(R"({"id":1,"created_s":1700000000,"bytes":512,"files":3,"damaged":false})",
                         "application/json");
  });
  http.server().Get("/admin/backup/list", [](const httplib::Request& request, httplib::Response& response) {
    if (request.has_param("dir"))
      return response.set_content("[]", "application/json");
    response.set_content(R"([{"id":1,"created_s":1700000000,"bytes":512,"files":3,"damaged":true}])",
                         "application/json");
  });
  http.server().Post("/admin/backup/verify", [](const httplib::Request& request, httplib::Response& response) {
    response.status = request.get_param_value("id") == "2" ? 500 : 200;
    response.set_content(response.status == 200 ? R"({"id":1,"valid":true})" : R"({"error":"file 3 is torn"})",
                         "application/json");
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "backup"});
    return run_cli(std::move(words));
  };
  const auto made = ask({"create", "--dir", "/some where"});
  BOOST_TEST(made.code == 0, made.err);
  BOOST_TEST(made.out.find("|   512 |     3 | whole\n") != std::string::npos, made.out);
  BOOST_TEST(dir == "/some where");
  BOOST_TEST(ask({"list"}).out.find("| damaged\n") != std::string::npos);
  const auto none = ask({"list", "--dir", "weekly"});
  BOOST_TEST(none.code == 0);
  BOOST_TEST(none.out == "");
  BOOST_TEST(none.err == "There are no backups in weekly yet.\n");
  BOOST_TEST(ask({"verify"}).out == "Backup 1 is whole.\n");
  const auto torn = ask({"verify", "2"});
  BOOST_TEST(torn.code == 1);
  BOOST_TEST(torn.err == "Error: Backup verification failed.\nError Details: file 3 is torn\n");
}

BOOST_AUTO_TEST_CASE(config_list_joins_meaning_and_stored_values) {
  http_side http;
  http.server().Get("/admin/config", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(
        R"([{"name":"frontend.rps","type":"int","default":1200,"value":7,"description":"calls per second"}])",
        "application/json");
  });
  http.wait();
  server.on<admin::ListDynamicConfigRequest, admin::ListDynamicConfigResponse>(
      "AdminAPI/ListDynamicConfig", [](const auto&, auto& response) {
        auto& entry = *response.add_entries();
        entry.set_name("frontend.rps");
        entry.add_values()->mutable_value()->set_data("7");
        return answer::ok();
      });
  const auto table = run({"--http_address", http.address(), "admin", "config", "list"});
  BOOST_TEST(table.out.find("  frontend.rps |     7 |          1200 | calls per second\n") != std::string::npos,
             table.out);
  const auto document =
      nlohmann::json::parse(run({"--http_address", http.address(), "--output", "json", "admin", "config", "list"}).out);
  BOOST_TEST(document[0]["stored"][0]["Value"] == 7);
}

BOOST_AUTO_TEST_CASE(a_wrong_http_address_is_told_as_what_it_is) {
  const auto told = [](const std::string& address) {
    return run_cli({"--http_address", address, "admin", "actor", "list"}).err;
  };
  BOOST_TEST(told("127.0.0.1:1").find("nothing listens on http://127.0.0.1:1; --http_address") != std::string::npos,
             told("127.0.0.1:1"));
  BOOST_TEST(told(server.address()).find("is it the gRPC port?") != std::string::npos, told(server.address()));
  // The other way round.
  http_side http;
  http.wait();
  const auto crossed = run_cli({"--address", http.address(), "--domain", "d", "workflow", "list"});
  BOOST_TEST(crossed.code == 1);
  BOOST_TEST(crossed.err.find(http.address()) != std::string::npos, crossed.err);
}

BOOST_AUTO_TEST_SUITE_END()
