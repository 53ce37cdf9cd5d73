#include "config/dynamic.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

using namespace cadenza::config;
using namespace std::chrono_literals;

namespace {

struct file {
  file() : path(std::filesystem::temp_directory_path() / ("cadenza-dynamic-test-" + std::to_string(::getpid()))) {}
  ~file() { std::filesystem::remove(path); }
  void write(const std::string& text) const { std::ofstream(path) << text; }
  std::filesystem::path path;
};

std::string refusal(const std::string& text) {
  dynamic_config all;
  const auto out = all.set_overrides(text);
  BOOST_REQUIRE_MESSAGE(!out, text);
  return out.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(dynamic_suite)

BOOST_AUTO_TEST_CASE(defaults_are_those_of_cadence_but_where_the_table_says_otherwise) {
  const dynamic_config all;
  const auto now = all.current();
  BOOST_TEST(now->get(keys::limit_blob_size_error) == 2'097'152);
  BOOST_TEST(now->get(keys::limit_history_count_error) == 204'800);
  BOOST_TEST((now->get(keys::history_long_poll_expiration_interval) == 20s));
  BOOST_TEST((now->get(keys::history_sticky_ttl) == 365 * 24h));
  BOOST_TEST(now->get(keys::history_admin_operation_token) == "CadenceTeamONLY");
  BOOST_TEST(now->get(keys::history_enable_consistent_query_by_domain));
  BOOST_TEST(now->get(keys::frontend_enable_client_version_check));
  BOOST_TEST(now->get(keys::frontend_rps) == unlimited_rps);
  BOOST_TEST(now->get(keys::frontend_valid_search_attributes).find("CustomKeywordField")->text == "1");
}

BOOST_AUTO_TEST_CASE(the_first_value_whose_constraints_are_met_counts) {
  dynamic_config all;
  BOOST_REQUIRE(all.set_overrides(R"(
matching.longPollExpirationInterval:
- value: 30s
- value: 5s
  constraints: {domainName: a, taskListName: l, taskType: 1}
- value: 10s
  constraints: {domainName: a}
- value: 1s
  constraints: {domainName: a, taskListName: l}
)"));
  const auto now = all.current();
  const auto get = [&](const filters& about) { return now->get(keys::matching_long_poll_expiration_interval, about); };
  BOOST_TEST((get({}) == 30s));
  BOOST_TEST((get({.domain = "b"}) == 30s));
  BOOST_TEST((get({.domain = "a"}) == 10s));
  BOOST_TEST((get({.domain = "a", .task_list = "l", .task_type = 1}) == 5s));
  BOOST_TEST((get({.domain = "a", .task_list = "l", .task_type = 0}) == 10s));
}

BOOST_AUTO_TEST_CASE(problems_name_file_line_key_and_what_was_expected) {
  BOOST_TEST(refusal("frontend.rsp:\n- value: 5\n") ==
             "runtime:1:1: frontend.rsp: unknown key; did you mean frontend.rps?");
  BOOST_TEST(refusal("frontend.rps:\n- value: fast\n") ==
             "runtime:2:10: frontend.rps: expected an integer of at least 0, found \"fast\"");
  BOOST_TEST(refusal("frontend.rps:\n- value: \"5\"\n").find("expected an integer") != std::string::npos);
  BOOST_TEST(refusal("frontend.rps:\n- value: -1\n").find("at least 0") != std::string::npos);
  BOOST_TEST(refusal("frontend.rps: 5\n").find("expected a list of {value, constraints}") != std::string::npos);
  BOOST_TEST(refusal("frontend.rps:\n- constraints: {}\n").find("expected a value") != std::string::npos);
  BOOST_TEST(refusal("frontend.rps:\n- value: 1\n  constraint: {}\n").find("known here: value, constraints") !=
             std::string::npos);
  BOOST_TEST(refusal("frontend.rps:\n- value: 1\n  constraints: {domainName: x}\n")
                 .find("domainName is no filter of this key; its filters: none") != std::string::npos);
  BOOST_TEST(refusal("frontend.domainrps:\n- value: 1\n  constraints: {domain: x}\n").find("its filters: domainName") !=
             std::string::npos);
  BOOST_TEST(refusal("matching.enableSyncMatch:\n- value: true\n  constraints: {taskType: 2}\n")
                 .find("0 (decision) or 1 (activity)") != std::string::npos);
  BOOST_TEST(refusal("history.stickyTTL:\n- value: 5\n").find("expected a duration") != std::string::npos);
  BOOST_TEST(refusal("history.EnableConsistentQuery:\n- value: 1\n").find("true or false") != std::string::npos);
  BOOST_TEST(refusal("frontend.validSearchAttributes:\n- value: [a]\n").find("expected a map") != std::string::npos);
  BOOST_TEST(refusal("[1]").find("expected a map of keys") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_that_only_cadence_needs_are_checked_and_reported) {
  const file f;
  f.write("system.enableDomainAuditLogging:\n- value: true\nfrontend.rps:\n- value: 7\n  constraints: {}\n");
  dynamic_config all;
  BOOST_REQUIRE(all.load_file(f.path));
  BOOST_REQUIRE(all.warnings().size() == 1u);
  BOOST_TEST(all.warnings()[0].find("system.enableDomainAuditLogging") != std::string::npos);
  BOOST_TEST(all.current()->get(keys::frontend_rps) == 7);
  BOOST_TEST(refusal("system.enableDomainAuditLogging:\n- value: 7\n").find("true or false") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(run_time_changes_hide_the_file_key_by_key_and_can_be_taken_back) {
  const file f;
  f.write("frontend.domainrps:\n- value: 5\n- value: 6\n  constraints: {domainName: a}\nfrontend.rps:\n- value: 9\n");
  dynamic_config all;
  BOOST_REQUIRE(all.load_file(f.path));
  BOOST_REQUIRE(
      all.update("frontend.domainrps", R"([{"value": 1}, {"value": 2, "constraints": {"domainName": "b"}}])"));
  BOOST_TEST(all.current()->get(keys::frontend_domain_rps) == 1);
  BOOST_TEST(all.current()->get(keys::frontend_domain_rps, {.domain = "a"}) == 1);
  BOOST_TEST(all.current()->get(keys::frontend_domain_rps, {.domain = "b"}) == 2);
  BOOST_TEST(all.current()->get(keys::frontend_rps) == 9);
  BOOST_TEST(all.overrides() == R"({"frontend.domainrps":[{"value":1},{"constraints":{"domainName":"b"},"value":2}]})");

  dynamic_config other;
  BOOST_REQUIRE(other.set_overrides(all.overrides()));
  BOOST_TEST(other.current()->get(keys::frontend_domain_rps, {.domain = "b"}) == 2);

  BOOST_REQUIRE(all.restore("frontend.domainrps", {{"domainName", "b"}}));
  BOOST_TEST(all.current()->get(keys::frontend_domain_rps, {.domain = "b"}) == 1);
  BOOST_REQUIRE(all.restore("frontend.domainrps", {}));
  BOOST_TEST(all.current()->get(keys::frontend_domain_rps, {.domain = "a"}) == 6);
  BOOST_TEST(!all.restore("frontend.nothing", {}));
  BOOST_TEST(!all.update("frontend.rps", "[{\"value\": true}]"));
  BOOST_TEST(all.current()->get(keys::frontend_rps) == 9);
}

BOOST_AUTO_TEST_CASE(a_changed_file_is_read_again_and_a_broken_one_changes_nothing) {
  const file f;
  f.write("frontend.rps:\n- value: 5\n");
  dynamic_config all;
  BOOST_REQUIRE(all.load_file(f.path));
  BOOST_TEST(!*all.reload());
  f.write("frontend.rps:\n- value: 50\n");
  BOOST_TEST(*all.reload());
  BOOST_TEST(all.current()->get(keys::frontend_rps) == 50);
  f.write("frontend.rps:\n- value: never\n");
  const auto failed = all.reload();
  BOOST_REQUIRE(!failed);
  BOOST_TEST(failed.error().message.find(":2:10: frontend.rps") != std::string::npos);
  BOOST_TEST(all.current()->get(keys::frontend_rps) == 50);
  BOOST_TEST(!*all.reload());
  BOOST_TEST(!all.load_file("/no/such/file"));
}

BOOST_AUTO_TEST_CASE(subscribers_hear_of_changes_until_they_let_go) {
  dynamic_config all;
  std::vector<std::int64_t> heard;
  auto subscription = all.subscribe([&](const snapshot_ptr& now) { heard.push_back(now->get(keys::frontend_rps)); });
  BOOST_REQUIRE(all.update("frontend.rps", "[{value: 1}]"));
  BOOST_REQUIRE(!all.update("frontend.rps", "[{value: x}]"));
  BOOST_REQUIRE(all.update("frontend.rps", "[{value: 2}]"));
  subscription.reset();
  BOOST_REQUIRE(all.update("frontend.rps", "[{value: 3}]"));
  BOOST_TEST(heard == (std::vector<std::int64_t>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(all.current()->version() == 4u);
}

BOOST_AUTO_TEST_CASE(lookups_go_on_while_another_thread_changes_values) {
  dynamic_config all;
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  {
    std::jthread reading([&] {
      while (!done) {
        const auto now = all.current();
        if (now->get(keys::frontend_rps) != now->get(keys::frontend_rps, {.domain = "a"}))
          ++wrong;
      }
    });
    for (int i = 0; i < 200; ++i)
      BOOST_REQUIRE(all.update("frontend.rps", "[{value: " + std::to_string(i) + "}]"));
    done = true;
  }
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(the_lists_of_keys_are_sound) {
  const auto others = foreign_keys();
  for (const auto& one : others)
    BOOST_TEST(!index_of_key(one.name), one.name);
  BOOST_TEST(index_of_key("frontend.rps").has_value());
  BOOST_TEST(keys::worker_enable_scheduler.declaration().name == "worker.enableScheduler");
}

BOOST_AUTO_TEST_CASE(values_are_told_as_json) {
  dynamic_config all;
  BOOST_REQUIRE(
      all.set_overrides("history.stickyTTL:\n- value: 5s\nsystem.requiredDomainDataKeys:\n- value: {k: true}\n"));
  const auto now = all.current();
  BOOST_TEST(to_json(now->unrestricted(keys::history_sticky_ttl.index), value_type::duration) == R"("5s")");
  BOOST_TEST(to_json(now->unrestricted(keys::system_required_domain_data_keys.index), value_type::map) ==
             R"({"k":true})");
  BOOST_TEST(to_json(now->unrestricted(keys::frontend_rps.index), value_type::integer) == "2147483647");
}

BOOST_AUTO_TEST_SUITE_END()
