#include "config/overlay.hpp"

#include "config/dynamic.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza::config;

namespace {

std::string refusal(const std::string& key, const overlay_value& value) {
  const auto out = with_values("", key, {value});
  BOOST_REQUIRE_MESSAGE(!out, key + " " + value.value);
  BOOST_TEST((out.error().kind == cadenza::error_kind::bad_request));
  return out.error().message;
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(overlay_suite)

BOOST_AUTO_TEST_CASE(values_replace_those_of_their_key_and_no_other) {
  auto document = *with_values("", "frontend.rps", {{"7", {}}});
  document = *with_values(document, "frontend.domainrps", {{"5", {}}, {"6", {{"domainName", "\"a\""}}}});
  BOOST_TEST(document == R"({"frontend.domainrps":[{"value":5},{"constraints":{"domainName":"a"},"value":6}],)"
                         R"("frontend.rps":[{"value":7}]})");
  document = *with_values(document, "frontend.domainrps", {{"9", {}}});
  BOOST_TEST(document == R"({"frontend.domainrps":[{"value":9}],"frontend.rps":[{"value":7}]})");
  document = *with_values(document, "frontend.domainrps", {});
  BOOST_TEST(document == R"({"frontend.rps":[{"value":7}]})");
}

BOOST_AUTO_TEST_CASE(a_document_is_what_the_configuration_takes_as_its_run_time_layer) {
  auto document = *with_values(
      "", "matching.longPollExpirationInterval",
      {{"\"30s\"", {}}, {"\"5s\"", {{"domainName", "\"123\""}, {"taskListName", "\"l\""}, {"taskType", "1"}}}});
  document = *with_values(document, "frontend.enableClientVersionCheck", {{"false", {}}});
  document = *with_values(document, "history.adminOperationToken", {{"\"5\"", {}}});
  document = *with_values(document, "frontend.validSearchAttributes", {{"{\"A\":1}", {}}});
  dynamic_config all;
  BOOST_REQUIRE(all.adopt_overrides(document).empty());
  const auto now = all.current();
  const filters about{.domain = "123", .task_list = "l", .task_type = 1};
  BOOST_TEST((now->get(keys::matching_long_poll_expiration_interval, about) == std::chrono::seconds(5)));
  BOOST_TEST((now->get(keys::matching_long_poll_expiration_interval) == std::chrono::seconds(30)));
  BOOST_TEST(!now->get(keys::frontend_enable_client_version_check));
  BOOST_TEST(now->get(keys::history_admin_operation_token) == "5");
  BOOST_TEST(now->get(keys::frontend_valid_search_attributes).find("A")->text == "1");
}

BOOST_AUTO_TEST_CASE(what_is_no_key_value_or_filter_is_refused_by_name) {
  BOOST_TEST(mentions(refusal("frontend.rsp", {"1", {}}), "did you mean frontend.rps?"));
  BOOST_TEST(refusal("", {"1", {}}) == "ConfigName is not set on request.");
  BOOST_TEST(mentions(refusal("frontend.rps", {"\"5\"", {}}), "expected a value of type int, found \"5\""));
  BOOST_TEST(mentions(refusal("frontend.rps", {"5.5", {}}), "type int"));
  BOOST_TEST(mentions(refusal("frontend.rps", {"-1", {}}), "at least 0"));
  BOOST_TEST(mentions(refusal("frontend.rps", {"nonsense", {}}), "is no JSON"));
  BOOST_TEST(mentions(refusal("frontend.rps", {"null", {}}), "type int"));
  BOOST_TEST(mentions(refusal("history.stickyTTL", {"5", {}}), "type duration"));
  BOOST_TEST(mentions(refusal("history.stickyTTL", {"\"soon\"", {}}), "expected a duration"));
  BOOST_TEST(mentions(refusal("history.EnableConsistentQuery", {"\"true\"", {}}), "type bool"));
  BOOST_TEST(mentions(refusal("history.adminOperationToken", {"5", {}}), "type string"));
  BOOST_TEST(mentions(refusal("frontend.validSearchAttributes", {"[1]", {}}), "type map"));
  BOOST_TEST(mentions(refusal("system.rateLimiterBypassCallerTypes", {"{}", {}}), "type list"));
  BOOST_TEST(mentions(refusal("frontend.rps", {"5", {{"domainName", "\"a\""}}}), "its filters: none"));
  BOOST_TEST(mentions(refusal("frontend.domainrps", {"5", {{"domain", "\"a\""}}}), "domain is no filter"));
  BOOST_TEST(mentions(refusal("frontend.domainrps", {"5", {{"domainName", "[1]"}}}), "expected a text or a number"));
  BOOST_TEST(mentions(refusal("system.enableDomainAuditLogging", {"7", {}}), "type bool"));
}

BOOST_AUTO_TEST_CASE(whole_numbers_may_be_written_as_others_write_them) {
  BOOST_TEST(*with_values("", "frontend.rps", {{"1e+06", {}}}) == R"({"frontend.rps":[{"value":1000000}]})");
  BOOST_TEST(*with_values("", "frontend.rps", {{"7.0", {}}}) == R"({"frontend.rps":[{"value":7}]})");
}

BOOST_AUTO_TEST_CASE(keys_that_only_cadence_needs_are_kept_too) {
  const auto document = *with_values("", "system.enableDomainAuditLogging", {{"true", {}}});
  BOOST_TEST(**value_in(document, "system.enableDomainAuditLogging", {}) == "true");
  dynamic_config all;
  BOOST_TEST(all.adopt_overrides(document).empty());
  BOOST_TEST(!*value_in(*all.current(), "system.enableDomainAuditLogging", {}));
}

BOOST_AUTO_TEST_CASE(values_are_taken_back_by_their_filters) {
  const auto document = *with_values("", "frontend.domainrps",
                                     {{"1", {}}, {"2", {{"domainName", "\"a\""}}}, {"3", {{"domainName", "\"b\""}}}});
  BOOST_TEST(*without_values(document, "frontend.domainrps", overlay_filters{{"domainName", "\"a\""}}) ==
             R"({"frontend.domainrps":[{"value":1},{"constraints":{"domainName":"b"},"value":3}]})");
  // Without filters: the value for everybody, and no other.
  const auto restricted = *without_values(document, "frontend.domainrps", std::nullopt);
  BOOST_TEST(!mentions(restricted, "\"value\":1"));
  BOOST_TEST(mentions(restricted, "\"value\":3"));
  const auto one = *without_values(restricted, "frontend.domainrps", overlay_filters{{"domainName", "\"a\""}});
  BOOST_TEST(*without_values(one, "frontend.domainrps", overlay_filters{{"domainName", "\"b\""}}) == "{}");
  const auto nothing = without_values(document, "frontend.rps", std::nullopt);
  BOOST_REQUIRE(!nothing);
  BOOST_TEST((nothing.error().kind == cadenza::error_kind::entity_not_exists));
  BOOST_TEST(!without_values(document, "frontend.nothing", std::nullopt));
}

BOOST_AUTO_TEST_CASE(the_value_that_applies_is_of_run_time_else_of_the_file_else_the_default) {
  dynamic_config all;
  BOOST_TEST(**value_in(*all.current(), "frontend.rps", {}) == "2147483647");
  BOOST_REQUIRE(
      all.adopt_overrides(*with_values("", "frontend.domainrps", {{"1", {}}, {"2", {{"domainName", "\"a\""}}}}))
          .empty());
  BOOST_TEST(**value_in(*all.current(), "frontend.domainrps", {}) == "1");
  BOOST_TEST(**value_in(*all.current(), "frontend.domainrps", {{"domainName", "\"a\""}}) == "2");
  BOOST_TEST(**value_in(*all.current(), "frontend.domainrps", {{"domainName", "\"b\""}}) == "1");
  BOOST_TEST(!value_in(*all.current(), "frontend.domainrps", {{"nonsense", "1"}}));
  BOOST_TEST(!value_in(*all.current(), "nonsense", {}));
}

BOOST_AUTO_TEST_CASE(what_another_version_stored_and_this_one_refuses_is_left_out) {
  dynamic_config all;
  const auto refused = all.adopt_overrides(
      R"({"frontend.gone":[{"value":1}],"frontend.rps":[{"value":5}],"history.stickyTTL":[{"value":"soon"}]})");
  BOOST_TEST(refused.size() == 2u);
  BOOST_TEST(all.current()->get(keys::frontend_rps) == 5);
  BOOST_TEST((all.current()->get(keys::history_sticky_ttl) == std::chrono::hours(8760)));
}

BOOST_AUTO_TEST_CASE(a_document_has_an_end) {
  const std::string long_text = "\"" + std::string(overlay_bytes_max, 'x') + "\"";
  BOOST_TEST(mentions(refusal("history.adminOperationToken", {long_text, {}}), "in all"));
}

BOOST_AUTO_TEST_CASE(entries_are_told_as_they_were_given) {
  const auto all = *entries_of(*with_values("", "frontend.domainrps", {{"1", {{"domainName", "\"a\""}}}}));
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all[0].key == "frontend.domainrps");
  BOOST_TEST(all[0].values[0].value == "1");
  BOOST_TEST(all[0].values[0].filters.at("domainName") == "\"a\"");
  BOOST_TEST(entries_of("")->empty());
}

BOOST_AUTO_TEST_SUITE_END()
