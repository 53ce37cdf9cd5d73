#include "replication/domains.hpp"

#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

/// Where a domain is active, and which clusters of those that tell each other of it are right.
using namespace cadenza;
using namespace cadenza::replication;
namespace rec = cadenza::record::v1;

namespace {

cluster_group group(const std::string& self = "A") {
  auto made = cluster_group::make(10, {{"A", 0, {}}, {"B", 1, {}}, {"C", 2, {}}}, self);
  BOOST_REQUIRE(bool(made));
  return std::move(*made);
}

rec::DomainRow in(const std::vector<std::string>& clusters) {
  rec::DomainRow row;
  row.set_previous_failover_version(local_version);
  auto& d = *row.mutable_domain();
  d.set_name("global");
  d.set_is_global_domain(true);
  d.set_active_cluster_name("A");
  for (const auto& each : clusters)
    d.add_clusters()->set_cluster_name(each);
  return row;
}

api::ActiveClusters at(const std::string& name, const std::string& cluster) {
  api::ActiveClusters out;
  auto& region = (*out.mutable_active_clusters_by_cluster_attribute())["region"];
  (*region.mutable_cluster_attributes())[name].set_active_cluster_name(cluster);
  return out;
}

std::int64_t version_of(const rec::DomainRow& row, const std::string& name) {
  workflow::domain_view view;
  view.name = row.domain().name();
  view.row = row;
  api::ActiveClusterSelectionPolicy policy;
  if (!name.empty()) {
    policy.mutable_cluster_attribute()->set_scope("region");
    policy.mutable_cluster_attribute()->set_name(name);
  }
  const auto version = version_for(view, policy);
  return version ? *version : -1;
}

/// Which attributes there are with their versions and clusters; maps of messages have no order.
std::string text(const rec::DomainRow& row) {
  std::map<std::string, std::string> attributes;
  for (const auto& [scope, all] : row.domain().active_clusters().active_clusters_by_cluster_attribute())
    for (const auto& [name, info] : all.cluster_attributes())
      attributes[scope + "." + name] = std::to_string(info.failover_version()) + info.active_cluster_name();
  auto out = row.domain().description() + " " + std::to_string(row.config_version()) + " " +
             row.domain().active_cluster_name() + std::to_string(row.failover_version());
  for (const auto& [name, info] : attributes)
    out += " " + name + "=" + info;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(domains)

BOOST_AUTO_TEST_CASE(a_domain_fails_over_as_a_whole) {
  const auto row = in({"A", "B"});
  const auto forced = fail_over(row, "B", {}, group("C"));
  BOOST_REQUIRE(bool(forced));
  BOOST_TEST(forced->domain().active_cluster_name() == "B");
  BOOST_TEST(forced->failover_version() == 1);
  BOOST_TEST(forced->previous_failover_version() == local_version);
  BOOST_TEST(fail_over(*forced, "B", {}, group())->failover_version() == 1);
  BOOST_TEST(fail_over(*forced, "A", {}, group())->failover_version() == 10);
  BOOST_TEST(!fail_over(row, "C", {}, group()));
}

BOOST_AUTO_TEST_CASE(a_graceful_failover_is_asked_for_where_it_leads_and_one_at_a_time) {
  const auto row = in({"A", "B"});
  BOOST_TEST(!fail_over(row, "B", 7, group("A")));
  const auto pending = fail_over(row, "B", 7, group("B"));
  BOOST_REQUIRE(bool(pending));
  BOOST_TEST(pending->failover_version() == 1);
  BOOST_TEST(pending->previous_failover_version() == 0);
  BOOST_TEST(pending->failover_end_ns() == 7);
  BOOST_TEST(!fail_over(*pending, "B", 9, group("B")));
  const auto forced = fail_over(*pending, "B", {}, group("A"));
  BOOST_REQUIRE(bool(forced));
  BOOST_TEST(forced->failover_end_ns() == 0);
  BOOST_TEST(forced->failover_version() == 1);
  // Nobody else waits for it.
  BOOST_TEST(merge(row, *pending).failover_end_ns() == 0);
  BOOST_TEST(merge(*pending, row).failover_end_ns() == 7);
}

BOOST_AUTO_TEST_CASE(who_gave_a_domain_away_says_when_nothing_more_comes) {
  const auto before = in({"A", "B", "C"});
  const auto pending = *fail_over(before, "B", 7, group("B"));
  auto given = merge(before, pending);
  BOOST_TEST(leaves(given, group("A")));
  BOOST_TEST(!leaves(given, group("B")));
  BOOST_TEST(!leaves(given, group("C")));
  BOOST_TEST(!hands_over(pending, given, "A", group("B")));
  given = settled(given);
  BOOST_TEST(!leaves(given, group("A")));
  BOOST_TEST(!tells_news(pending, given));
  BOOST_TEST(hands_over(pending, given, "A", group("B")));
  BOOST_TEST(!hands_over(pending, given, "C", group("B"))); // not C's to say
  BOOST_TEST(settled(pending).failover_end_ns() == 0);
  BOOST_TEST(!hands_over(settled(pending), given, "A", group("B")));
  // A forced one to the same cluster has the same version, and nobody waits any more.
  BOOST_TEST(hands_over(pending, *fail_over(before, "B", {}, group("A")), "A", group("B")));
}

BOOST_AUTO_TEST_CASE(what_clusters_remember_of_failovers_is_merged) {
  const std::string key = "FailoverHistory";
  const auto event = [](int second) {
    return R"({"eventTime":"2023-11-14T22:14:0)" + std::to_string(second) + R"(Z"})";
  };
  auto own = in({"A", "B"});
  (*own.mutable_domain()->mutable_data())[key] = "[" + event(3) + "," + event(1) + "]";
  auto told = own;
  (*told.mutable_domain()->mutable_data())[key] = "[" + event(4) + "," + event(2) + "," + event(1) + "]";
  BOOST_TEST(tells_news(own, told));
  BOOST_TEST(tells_news(told, own));
  const auto here = merge(own, told);
  const auto there = merge(told, own);
  BOOST_TEST(here.domain().data().at(key) == "[" + event(4) + "," + event(3) + "," + event(2) + "," + event(1) + "]");
  BOOST_TEST(here.domain().data().at(key) == there.domain().data().at(key));
  BOOST_TEST(!tells_news(here, told));
  BOOST_TEST(!tells_news(here, own));
  // Settings of later come with what was remembered then.
  auto settings = own;
  settings.set_config_version(1);
  settings.mutable_domain()->set_description("new");
  settings.mutable_domain()->mutable_data()->erase(key);
  const auto merged = merge(here, settings);
  BOOST_TEST(merged.domain().description() == "new");
  BOOST_TEST(merged.domain().data().at(key) == here.domain().data().at(key));
  // The last five.
  for (int second = 5; second < 8; ++second) {
    (*told.mutable_domain()->mutable_data())[key] = "[" + event(second) + "]";
    own = merge(own, told);
  }
  BOOST_TEST(own.domain().data().at(key) ==
             "[" + event(7) + "," + event(6) + "," + event(5) + "," + event(3) + "," + event(1) + "]");
  (*told.mutable_domain()->mutable_data())[key] = "broken";
  BOOST_TEST(!tells_news(own, told));
}

BOOST_AUTO_TEST_CASE(attributes_fail_over_each_by_itself) {
  auto row = in({"A", "B"});
  const auto first = fail_over_attributes(row, at("west", "B"), group());
  BOOST_REQUIRE(bool(first));
  BOOST_TEST(version_of(*first, "west") == 1);
  BOOST_TEST(first->failover_version() == 10); // the domain stays in A, and all take notice
  BOOST_TEST(first->domain().active_cluster_name() == "A");
  const auto second = fail_over_attributes(*first, at("east", "A"), group());
  const auto third = fail_over_attributes(*second, at("west", "A"), group());
  BOOST_TEST(version_of(*third, "west") == 10);
  BOOST_TEST(version_of(*third, "east") == 0);
  BOOST_TEST(version_of(*third, "") == 30);
  BOOST_TEST(version_of(*third, "north") == -1); // the domain has none of this name
  BOOST_TEST(!fail_over_attributes(row, at("west", "C"), group()));
  BOOST_TEST(!fail_over_attributes(row, at("west", "D"), group()));
}

/// Three clusters change a domain at random and tell each other in any order, some of it twice.
BOOST_AUTO_TEST_CASE(clusters_agree_on_a_domain_whatever_comes_when) {
  std::mt19937_64 random(1);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> names = {"A", "B", "C"};
  const std::vector<std::string> attributes = {"west", "east"};
  for (int round = 0; round < 200; ++round) {
    std::vector<rec::DomainRow> rows(3, in(names));
    std::vector<std::pair<std::size_t, rec::DomainRow>> messages;
    for (int step = 0; step < 30; ++step) {
      const auto i = below(3);
      const auto of = group(names[i]);
      auto changed = below(2) == 0 ? fail_over(rows[i], names[below(3)], {}, of)
                                   : fail_over_attributes(rows[i], at(attributes[below(2)], names[below(3)]), of);
      BOOST_REQUIRE(bool(changed));
      rows[i] = *changed;
      for (std::size_t j = 0; j < 3; ++j)
        if (j != i)
          messages.emplace_back(j, rows[i]);
      if (below(2) == 0) {
        const auto& [to, told] = messages[below(messages.size())];
        rows[to] = merge(rows[to], told);
      }
    }
    std::shuffle(messages.begin(), messages.end(), random);
    for (const auto& [to, told] : messages)
      rows[to] = merge(rows[to], told);
    BOOST_TEST(text(rows[0]) == text(rows[1]));
    BOOST_TEST(text(rows[0]) == text(rows[2]));
    for (const auto& row : rows) { // who is active is who owns the version
      BOOST_TEST(*group().cluster_of(row.failover_version()) == row.domain().active_cluster_name());
      for (const auto& name : attributes)
        if (const auto version = version_of(row, name); version >= 0) {
          const auto& region = row.domain().active_clusters().active_clusters_by_cluster_attribute().at("region");
          BOOST_TEST(*group().cluster_of(version) == region.cluster_attributes().at(name).active_cluster_name());
        }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
