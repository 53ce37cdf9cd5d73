#include "workflow/domain_view.hpp"
#include "workflow/snapshot_map.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace cadenza::workflow::test {
namespace {

using one_map = snapshot_map<std::string, int>;
using entries = std::vector<std::pair<std::string, int>>;

entries all_of(const one_map& map) { return {map.begin(), map.end()}; }
entries all_of(const std::map<std::string, int>& map) { return {map.begin(), map.end()}; }

domain_ptr domain_of(int i, const std::string& name) {
  auto out = std::make_shared<domain_view>();
  out->id = uuid::v4(1, static_cast<std::uint64_t>(i));
  out->name = name;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(snapshot_maps)

BOOST_AUTO_TEST_CASE(do_what_an_ordered_map_does_and_copies_keep_what_they_were) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  one_map map;
  std::map<std::string, int> model;
  std::vector<std::pair<one_map, entries>> before;
  for (int i = 0; i < 20'000; ++i) {
    const auto key = std::to_string(random() % 3000);
    if (random() % 5 < 3) {
      map.put(key, i);
      model[key] = i;
    } else {
      BOOST_TEST_REQUIRE(map.erase(key) == (model.erase(key) == 1));
    }
    BOOST_TEST_REQUIRE(map.size() == model.size());
    const auto asked = std::to_string(random() % 4000);
    const auto found = map.find(std::string_view(asked));
    BOOST_TEST_REQUIRE((found != map.end()) == model.contains(asked));
    if (found != map.end())
      BOOST_TEST_REQUIRE(found->second == model.at(asked));
    const auto next = map.upper_bound(asked);
    const auto expected = model.upper_bound(asked);
    BOOST_TEST_REQUIRE((next == map.end()) == (expected == model.end()));
    if (next != map.end())
      BOOST_TEST_REQUIRE(next->first == expected->first);
    if (i % 1000 == 0) {
      BOOST_TEST_REQUIRE((all_of(map) == all_of(model)));
      before.emplace_back(map, all_of(map));
    }
  }
  for (const auto& [copy, was] : before)
    BOOST_TEST_REQUIRE((all_of(copy) == was));
}

BOOST_AUTO_TEST_CASE(a_copy_with_one_more_shares_the_rest) {
  snapshot_map<int, std::shared_ptr<int>> map;
  for (int i = 0; i < 10'000; ++i)
    map.put(i, std::make_shared<int>(i));
  std::vector<snapshot_map<int, std::shared_ptr<int>>> copies(100, map);
  for (int i = 0; i < 100; ++i)
    copies[static_cast<std::size_t>(i)].put(20'000 + i, nullptr);
  // A value is held once by each chunk it stands in: a hundred whole copies would hold each a hundred times.
  int made_anew = 0;
  for (const auto& [key, value] : map)
    made_anew += value.use_count() > 1 ? 1 : 0;
  BOOST_TEST(made_anew <= 128); // one chunk
}

BOOST_AUTO_TEST_CASE(a_directory_keeps_names_and_ids_together) {
  domain_directory directory;
  directory.put(domain_of(1, "a"));
  directory.put(domain_of(2, "b"));
  directory.put(domain_of(1, "c"));
  BOOST_TEST(!directory.find("a"));
  BOOST_TEST((directory.find("c")->id == domain_of(1, "")->id));
  directory.remove(domain_of(2, "")->id);
  BOOST_TEST(!directory.find("b"));
  BOOST_TEST(directory.by_name.size() == 1U);
  BOOST_TEST(directory.by_id.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::workflow::test
