#include "actors/base/live_settings.hpp"

#include "workflow/search_attributes.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::actors;

namespace {

workflow::domain_view orders() {
  workflow::domain_view out;
  out.id = *uuid::parse("11111111-1111-4111-8111-111111111111");
  out.name = "orders";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(live_settings_suite)

/// Tests and tools work with the values as they stand in the structs: they are the table's.
BOOST_AUTO_TEST_CASE(what_nobody_sets_is_what_the_table_says) {
  const config::dynamic_config dynamic;
  const live_settings live(dynamic);
  const auto domain = orders();
  BOOST_TEST((live.of_list(domain, "list", 0) == list_settings{}));
  BOOST_TEST((live.limits_of_domain("orders") == domain_limits{}));
  BOOST_TEST(!live.list_rates(nullptr).any);
  BOOST_TEST(!live.isolated(domain));
  BOOST_TEST(!live.drained("east"));
  BOOST_TEST(live.admin_allowed("anything"));
  BOOST_TEST(live.attribute_types()->size() == workflow::default_attribute_types().size());
  auto rules = *live.rules(domain);
  BOOST_REQUIRE(rules.search_attribute_types);
  rules.search_attribute_types = nullptr;
  BOOST_TEST((rules == workflow::rules{}));
}

BOOST_AUTO_TEST_CASE(a_change_counts_at_once_and_only_where_it_was_made) {
  config::dynamic_config dynamic;
  const live_settings live(dynamic);
  auto other = orders();
  other.id = *uuid::parse("22222222-2222-4222-8222-222222222222");
  other.name = "bills";
  const auto before = live.rules(orders());
  BOOST_TEST(live.rules(orders()) == before); // shared until something changes
  const auto set = [&](const char* key, const char* value) {
    const auto done =
        dynamic.update(key, std::string(R"([{"value": )") + value + R"(, "constraints": {"domainName": "orders"}}])");
    BOOST_REQUIRE_MESSAGE(done, (done ? std::string() : done.error().message));
  };
  set("limit.blobSize.error", "4096");
  set("matching.numTasklistReadPartitions", "5");
  set("system.enableTasklistIsolation", "true");
  BOOST_TEST(live.rules(orders())->blob_size_error == 4096);
  BOOST_TEST(live.rules(other)->blob_size_error == before->blob_size_error);
  BOOST_TEST(live.of_list(orders(), "list", 1).read_partitions == 5);
  BOOST_TEST(live.of_list(other, "list", 1).read_partitions == list_settings{}.read_partitions);
  BOOST_TEST(live.isolated(orders()));
  BOOST_TEST(!live.isolated(other));
}

BOOST_AUTO_TEST_SUITE_END()
