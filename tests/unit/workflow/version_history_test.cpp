#include "workflow/version_history.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <utility>

using namespace cadenza;
using namespace cadenza::workflow;
namespace rec = cadenza::record::v1;

namespace {

rec::VersionItem item(std::int64_t event_id, std::int64_t version) {
  rec::VersionItem out;
  out.set_event_id(event_id);
  out.set_version(version);
  return out;
}

rec::VersionBranch branch(std::initializer_list<std::pair<std::int64_t, std::int64_t>> items) {
  rec::VersionBranch out;
  for (const auto& [event_id, version] : items)
    *out.add_items() = item(event_id, version);
  return out;
}

std::string text(const rec::VersionBranch& b) {
  std::string out;
  for (const auto& i : b.items())
    out += std::to_string(i.event_id()) + "@" + std::to_string(i.version()) + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(version_histories)

BOOST_AUTO_TEST_CASE(appending) {
  rec::VersionBranch b;
  BOOST_TEST(!last_version(b).has_value());
  append_event(b, 1, 0);
  append_event(b, 2, 0);
  append_event(b, 3, 10);
  BOOST_TEST(text(b) == "2@0 3@10 ");
  BOOST_TEST(*last_version(b) == 10);
  BOOST_TEST(last_event_id(b) == 3);
}

BOOST_AUTO_TEST_CASE(looking_up_versions) {
  const auto b = branch({{4, 0}, {9, 10}});
  BOOST_TEST(*version_of(b, 1) == 0);
  BOOST_TEST(*version_of(b, 4) == 0);
  BOOST_TEST(*version_of(b, 5) == 10);
  BOOST_TEST(!version_of(b, 10).has_value());
  BOOST_TEST(!version_of(b, 0).has_value());
  BOOST_TEST(workflow::contains(b, item(7, 10)));
  BOOST_TEST(!workflow::contains(b, item(4, 10)));
}

BOOST_AUTO_TEST_CASE(common_ancestors) {
  struct row {
    rec::VersionBranch a, b;
    std::int64_t event_id, version;
  };
  for (const auto& r : {row{branch({{3, 0}, {6, 10}}), branch({{3, 0}, {9, 11}}), 3, 0},
                        row{branch({{3, 0}, {6, 10}}), branch({{3, 0}, {5, 10}, {9, 20}}), 5, 10},
                        row{branch({{3, 0}, {6, 10}}), branch({{3, 0}, {6, 10}}), 6, 10},
                        row{branch({{8, 0}}), branch({{3, 0}}), 3, 0}}) {
    for (const bool swapped : {false, true}) {
      const auto found = swapped ? lowest_common_ancestor(r.b, r.a) : lowest_common_ancestor(r.a, r.b);
      BOOST_REQUIRE(bool(found));
      BOOST_TEST(found->event_id() == r.event_id);
      BOOST_TEST(found->version() == r.version);
    }
  }
  BOOST_TEST(!lowest_common_ancestor(branch({{3, 0}}), branch({{3, 1}})));
}

BOOST_AUTO_TEST_CASE(cutting) {
  const auto b = branch({{3, 0}, {6, 10}, {9, 20}});
  BOOST_TEST(text(*duplicate_until(b, item(5, 10))) == "3@0 5@10 ");
  BOOST_TEST(text(*duplicate_until(b, item(2, 0))) == "2@0 ");
  BOOST_TEST(text(*duplicate_until(b, item(9, 20))) == "3@0 6@10 9@20 ");
  BOOST_TEST(!duplicate_until(b, item(9, 10)));
}

BOOST_AUTO_TEST_CASE(forking) {
  rec::HistoryBranch base;
  base.set_tree_id("tree");
  base.set_branch_id("b1");
  const auto once = fork(base, 1, 8, "b2");
  BOOST_TEST(once.tree_id() == "tree");
  BOOST_TEST(once.branch_id() == "b2");
  BOOST_REQUIRE_EQUAL(once.ancestors_size(), 1);
  BOOST_TEST(once.ancestors(0).branch_id() == "b1");
  BOOST_TEST(once.ancestors(0).end_node() == 8);

  const auto after = fork(once, 8, 12, "b3");
  BOOST_REQUIRE_EQUAL(after.ancestors_size(), 2);
  BOOST_TEST(after.ancestors(0).end_node() == 8);
  BOOST_TEST(after.ancestors(1).branch_id() == "b2");
  BOOST_TEST(after.ancestors(1).begin_node() == 8);
  BOOST_TEST(after.ancestors(1).end_node() == 12);

  const auto before = fork(once, 8, 5, "b4");
  BOOST_REQUIRE_EQUAL(before.ancestors_size(), 1);
  BOOST_TEST(before.ancestors(0).branch_id() == "b1");
  BOOST_TEST(before.ancestors(0).end_node() == 5);
}

BOOST_AUTO_TEST_SUITE_END()
