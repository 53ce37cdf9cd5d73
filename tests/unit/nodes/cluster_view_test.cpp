#include "actors/nodes/cluster_view.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

namespace cadenza::actors {
namespace {

node_card card_of(const std::string& name, unsigned roles = all_roles) {
  node_card out;
  out.name = name;
  out.incarnation = 1;
  out.link_address = name + ":7900";
  out.roles = roles;
  out.lease_ns = 5'000'000'000;
  return out;
}

std::vector<node_card> nodes(int count) {
  std::vector<node_card> out;
  for (int i = 0; i < count; ++i)
    out.push_back(card_of("node-" + std::to_string(i)));
  return out;
}

cluster_view view_of(std::vector<node_card> members, int shards) { return {1, "node-0", std::move(members), shards}; }

std::map<std::string, int> shares(const cluster_view& view) {
  std::map<std::string, int> out;
  for (int i = 0; i < view.shard_count(); ++i)
    ++out[view.owner_of_shard(i)->name];
  return out;
}

int moved(const cluster_view& before, const cluster_view& after) {
  int out = 0;
  for (int i = 0; i < before.shard_count(); ++i)
    out += before.owner_of_shard(i)->name != after.owner_of_shard(i)->name ? 1 : 0;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(placement)

BOOST_AUTO_TEST_CASE(no_node_holds_more_than_its_even_share_of_the_shards) {
  for (const int shards : {1, 4, 16, 64, 1000})
    for (int count = 1; count <= 9; ++count) {
      const auto view = view_of(nodes(count), shards);
      int all = 0;
      for (const auto& [node, held] : shares(view)) {
        BOOST_TEST(held <= (shards + count - 1) / count);
        all += held;
      }
      BOOST_TEST(all == shards);
    }
}

BOOST_AUTO_TEST_CASE(all_nodes_place_alike_whatever_order_they_read_in) {
  auto members = nodes(5);
  const auto one = view_of(members, 64);
  std::reverse(members.begin(), members.end());
  const cluster_view other(7, "node-3", members, 64);
  BOOST_TEST(moved(one, other) == 0);
  BOOST_TEST(one.fingerprint() == other.fingerprint());
  for (int i = 0; i < 200; ++i) {
    const auto key = "orders/list-" + std::to_string(i);
    BOOST_TEST(one.owner_of_list(key)->name == other.owner_of_list(key)->name);
  }
  BOOST_TEST(one.owner_of_duty(node_role::worker, "scan")->name ==
             other.owner_of_duty(node_role::worker, "scan")->name);
}

BOOST_AUTO_TEST_CASE(the_placement_of_a_version_is_that_of_every_other) {
  // What is placed where is an agreement between programs of different versions.
  const auto view = view_of(nodes(3), 8);
  std::string placed;
  for (int i = 0; i < 8; ++i)
    placed += view.owner_of_shard(i)->name.back();
  std::string lists;
  for (int i = 0; i < 8; ++i)
    lists += view.owner_of_list("list-" + std::to_string(i))->name.back();
  BOOST_TEST(placed == "22210001");
  BOOST_TEST(lists == "02222121");
}

BOOST_AUTO_TEST_CASE(few_shards_move_when_a_node_comes_or_goes) {
  for (int count = 2; count <= 8; ++count) {
    const int shards = 256;
    const auto before = view_of(nodes(count), shards);
    const auto more = view_of(nodes(count + 1), shards);
    // At least the share of the new one moves; what the even shares push on may move as well.
    const int share = shards / (count + 1);
    BOOST_TEST(moved(before, more) >= share);
    BOOST_TEST(moved(before, more) <= 2 * share + count);
  }
}

BOOST_AUTO_TEST_CASE(lists_move_only_from_a_node_that_goes) {
  auto members = nodes(4);
  const auto before = view_of(members, 16);
  members.erase(members.begin() + 2);
  const auto after = view_of(members, 16);
  std::map<std::string, int> held;
  for (int i = 0; i < 1000; ++i) {
    const auto key = "list-" + std::to_string(i);
    const auto was = before.owner_of_list(key)->name;
    ++held[was];
    if (was != "node-2")
      BOOST_TEST(after.owner_of_list(key)->name == was);
  }
  for (const auto& [node, count] : held)
    BOOST_TEST((count > 180 && count < 320));
}

BOOST_AUTO_TEST_CASE(roles_decide_who_may_hold_what) {
  auto members = nodes(2);
  members.push_back(card_of("front", *roles_of("frontend")));
  members[0].roles = *roles_of("history,frontend");
  members[1].roles = *roles_of("matching,worker");
  const auto view = view_of(members, 16);
  for (int i = 0; i < 16; ++i)
    BOOST_TEST(view.owner_of_shard(i)->name == "node-0");
  BOOST_TEST(view.owner_of_list("a")->name == "node-1");
  BOOST_TEST(view.owner_of_duty(node_role::worker, "scan")->name == "node-1");
  const auto nobody = view_of({card_of("front", *roles_of("frontend"))}, 2);
  BOOST_TEST(nobody.owner_of_shard(0) == nullptr);
  BOOST_TEST(nobody.owner_of_list("a") == nullptr);
  BOOST_TEST(nobody.owner_of_duty(node_role::worker, "scan") == nullptr);
}

BOOST_AUTO_TEST_CASE(who_drains_is_given_nothing_unless_all_drain) {
  auto members = nodes(3);
  members[1].draining = true;
  const auto view = view_of(members, 32);
  BOOST_TEST(!shares(view).contains("node-1"));
  BOOST_TEST(view.find("node-1") != nullptr);
  for (auto& one : members)
    one.draining = true;
  BOOST_TEST(shares(view_of(members, 32)).size() == 3U);
}

BOOST_AUTO_TEST_CASE(who_is_no_member_holds_nothing) {
  const cluster_view apart(1, "node-9", nodes(3), 8);
  BOOST_TEST(!apart.self_belongs());
  for (int i = 0; i < 8; ++i)
    BOOST_TEST(!apart.shard_is_here(i));
  const auto one = view_of(nodes(1), 8);
  BOOST_TEST(one.self_belongs());
  BOOST_TEST(one.shard_is_here(7));
}

BOOST_AUTO_TEST_CASE(roles_are_words) {
  BOOST_TEST(*roles_of("all") == all_roles);
  BOOST_TEST(text_of_roles(*roles_of("worker,frontend")) == "frontend,worker");
  BOOST_TEST(!roles_of(""));
  BOOST_TEST(!roles_of("history,"
                       "cook"));
}

BOOST_AUTO_TEST_CASE(a_card_survives_being_stored) {
  auto card = card_of("node-1", *roles_of("history"));
  card.draining = true;
  card.grpc_address = "10.0.0.1:7833";
  card.build = "0.3.0";
  card.protocol_newest = 4;
  card.started_ns = 17;
  const auto back = decode_card("node-1", encode(card));
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == card));
  BOOST_TEST(!decode_card("node-1", "\xff\xff"));
  BOOST_TEST(!decode_card("node-1", ""));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
