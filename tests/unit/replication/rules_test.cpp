#include "replication/branches.hpp"
#include "replication/clusters.hpp"
#include "workflow/version_history.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <utility>

using namespace cadenza;
using namespace cadenza::replication;
namespace rec = cadenza::record::v1;

namespace {

using items = std::initializer_list<std::pair<std::int64_t, std::int64_t>>;

rec::VersionItem item(std::int64_t event_id, std::int64_t version) {
  rec::VersionItem out;
  out.set_event_id(event_id);
  out.set_version(version);
  return out;
}

rec::VersionBranch branch(items of) {
  rec::VersionBranch out;
  for (const auto& [event_id, version] : of)
    *out.add_items() = item(event_id, version);
  return out;
}

rec::VersionHistories histories(std::initializer_list<items> of, int current = 0) {
  rec::VersionHistories out;
  for (const auto& each : of) {
    auto& added = *out.add_branches();
    added = branch(each);
    added.mutable_branch()->set_tree_id(std::string(16, 't'));
    added.mutable_branch()->set_branch_id(std::string(15, 'b') + static_cast<char>('0' + out.branches_size()));
  }
  out.set_current(current);
  return out;
}

std::string text(const rec::VersionBranch& b) {
  std::string out;
  for (const auto& i : b.items())
    out += (out.empty() ? "" : " ") + std::to_string(i.event_id()) + "@" + std::to_string(i.version());
  return out;
}

cluster_group group(std::int64_t increment, std::vector<cluster> clusters) {
  const auto self = clusters.front().name;
  auto made = cluster_group::make(increment, std::move(clusters), self);
  BOOST_REQUIRE(bool(made));
  return std::move(*made);
}

struct failover {
  const char* target;
  std::int64_t version;
};

void play(const cluster_group& g, std::initializer_list<failover> table) {
  std::int64_t now = 0;
  for (const auto& row : table) {
    const auto next = g.next(row.target, now);
    BOOST_REQUIRE(bool(next));
    BOOST_TEST(*next == row.version, "to " << row.target << " from " << now << ": " << *next);
    BOOST_TEST(*g.cluster_of(*next) == row.target);
    now = *next;
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(versions)

/// The table of the reference documentation: A begins with 1, B with 2, and each fail-over takes the smallest version.
BOOST_AUTO_TEST_CASE(the_versions_of_a_domain_that_fails_over_and_back) {
  const auto g = group(10, {{"A", 1, {}}, {"B", 2, {}}});
  play(g, {{"A", 1}, {"B", 2}, {"A", 11}, {"B", 12}, {"A", 21}});
}

BOOST_AUTO_TEST_CASE(an_initial_version_may_be_zero_and_an_increment_a_hundred) {
  play(group(10, {{"c0", 0, {}}, {"c1", 1, {}}, {"c2", 2, {}}}),
       {{"c0", 0}, {"c1", 1}, {"c0", 10}, {"c2", 12}, {"c1", 21}, {"c0", 30}});
  play(group(100, {{"c0", 0, {}}, {"c1", 1, {}}}), {{"c1", 1}, {"c0", 100}, {"c1", 101}, {"c0", 200}, {"c1", 201}});
}

BOOST_AUTO_TEST_CASE(a_fail_over_to_where_the_domain_is_keeps_its_version) {
  const auto g = group(10, {{"A", 1, {}}, {"B", 2, {}}});
  BOOST_TEST(*g.next("B", 12) == 12);
  BOOST_TEST(*g.next("A", 21) == 21);
}

BOOST_AUTO_TEST_CASE(a_version_is_one_clusters_or_nobodys) {
  const auto g = group(10, {{"A", 1, {}}, {"B", 2, 5}});
  BOOST_TEST(*g.cluster_of(41) == "A");
  BOOST_TEST(*g.cluster_of(42) == "B");
  BOOST_TEST(*g.cluster_of(45) == "B"); // its new initial version
  BOOST_TEST(*g.cluster_of(local_version) == "A");
  BOOST_TEST(!g.cluster_of(43));
  BOOST_TEST(!g.cluster_of(-7));
  BOOST_TEST(g.mine(11));
  BOOST_TEST(!g.mine(43));
  BOOST_TEST(g.same_cluster(2, 15));
  BOOST_TEST(!g.same_cluster(1, 2));
  BOOST_TEST(!g.same_cluster(3, 3)); // nobody's
  BOOST_TEST(*g.next("B", 45) == 45);
  BOOST_TEST(!g.next("C", 1));
  BOOST_TEST(!g.next("A", local_version));
}

BOOST_AUTO_TEST_CASE(a_group_that_cannot_tell_its_clusters_apart_is_refused) {
  const auto refused = [](std::int64_t increment, std::vector<cluster> clusters, const std::string& self) {
    return !cluster_group::make(increment, std::move(clusters), self);
  };
  BOOST_TEST(refused(10, {{"A", 1, {}}, {"B", 1, {}}}, "A"));
  BOOST_TEST(refused(10, {{"A", 1, {}}, {"B", 2, 1}}, "A"));
  BOOST_TEST(refused(10, {{"A", 1, {}}, {"A", 2, {}}}, "A"));
  BOOST_TEST(refused(10, {{"A", 10, {}}}, "A"));
  BOOST_TEST(refused(10, {{"A", -1, {}}}, "A"));
  BOOST_TEST(refused(0, {{"A", 0, {}}}, "A"));
  BOOST_TEST(refused(10, {{"A", 1, {}}}, "B"));
  BOOST_TEST(refused(10, {{"", 1, {}}}, ""));
  BOOST_TEST(!refused(10, {{"A", 9, {}}, {"B", 0, {}}}, "B"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(branches)

/// The second table of the reference documentation: five events, the last two of another version.
BOOST_AUTO_TEST_CASE(a_version_history_event_by_event) {
  rec::VersionBranch b;
  const std::pair<std::int64_t, const char*> table[] = {
      {1, "1@1"}, {1, "2@1"}, {1, "3@1"}, {2, "3@1 4@2"}, {2, "3@1 5@2"}};
  std::int64_t id = 0;
  for (const auto& [version, after] : table) {
    workflow::append_event(b, ++id, version);
    BOOST_TEST(text(b) == after);
  }
}

/// The third: event 4 was written by two clusters; the branch of the higher version is the current one.
BOOST_AUTO_TEST_CASE(of_two_branches_the_higher_version_wins) {
  auto h = histories({{{3, 1}, {4, 2}}});         // as cluster B has it
  const auto incoming = branch({{3, 1}, {4, 3}}); // what cluster C has written
  const auto at = place(h, incoming, 4, 4);
  BOOST_REQUIRE(bool(at));
  BOOST_TEST((at->what == placement::kind::fork));
  BOOST_TEST(at->branch == 0);
  BOOST_TEST(at->shared.event_id() == 3);
  BOOST_TEST(at->shared.version() == 1);
  const auto made = fork_branch(h, at->branch, at->shared, std::string(16, 'n'));
  BOOST_REQUIRE(bool(made));
  BOOST_TEST(*made == 1);
  BOOST_TEST(text(h.branches(1)) == "3@1");
  BOOST_TEST(h.branches(1).branch().ancestors_size() == 1);
  BOOST_TEST(h.branches(1).branch().ancestors(0).end_node() == 4);
  BOOST_TEST(h.current() == 0);
  BOOST_TEST(*wins(h, 3));
  BOOST_TEST(!*wins(h, 1));
  BOOST_TEST(!wins(h, 2)); // one cluster does not write twice
  // The other way round: C hears of B's event, which stays aside.
  const auto c = histories({{{3, 1}, {4, 3}}});
  BOOST_TEST((place(c, branch({{3, 1}, {4, 2}}), 4, 4)->what == placement::kind::fork));
  BOOST_TEST(!*wins(c, 2));
}

BOOST_AUTO_TEST_CASE(where_a_batch_goes) {
  using kind = placement::kind;
  struct row {
    items incoming;
    std::int64_t first;
    std::int64_t last;
    kind what;
    int branch;
    std::int64_t shared;
  };
  const auto h = histories({{{5, 1}, {8, 11}}, {{5, 1}, {7, 2}}, {{3, 1}, {4, 12}}}, 2);
  const row table[] = {
      {{{5, 1}, {10, 11}}, 9, 10, kind::append, 0, 8},
      {{{5, 1}, {8, 11}}, 6, 8, kind::duplicate, 0, 8},
      {{{4, 1}}, 3, 4, kind::duplicate, 0, 4},
      {{{5, 1}, {8, 2}}, 8, 8, kind::append, 1, 7},
      {{{5, 1}, {7, 2}, {9, 21}}, 8, 9, kind::append, 1, 7},
      {{{5, 1}, {6, 2}, {7, 21}}, 7, 7, kind::fork, 1, 6},
      {{{5, 1}, {6, 21}}, 6, 6, kind::fork, 0, 5},
      {{{3, 1}, {6, 12}}, 5, 6, kind::append, 2, 4},
      {{{5, 1}, {12, 11}}, 11, 12, kind::gap, 0, 8},
      {{{5, 1}, {9, 21}}, 8, 9, kind::gap, 0, 5},
  };
  for (const auto& r : table) {
    const auto at = place(h, branch(r.incoming), r.first, r.last);
    BOOST_REQUIRE(bool(at));
    BOOST_TEST_CONTEXT(text(branch(r.incoming)) << " from " << r.first) {
      BOOST_TEST(static_cast<int>(at->what) == static_cast<int>(r.what));
      BOOST_TEST(at->branch == r.branch);
      BOOST_TEST(at->shared.event_id() == r.shared);
    }
  }
  const auto gap = place(h, branch({{5, 1}, {9, 21}}), 8, 9);
  BOOST_TEST(gap->missing.after->event_id() == 5);
  BOOST_TEST(gap->missing.after->version() == 1);
  BOOST_TEST(gap->missing.before->event_id() == 8);
  BOOST_TEST(gap->missing.before->version() == 21);
  BOOST_TEST(!place(h, branch({{4, 7}}), 3, 4));          // nothing in common
  BOOST_TEST(!place(h, branch({{5, 1}, {9, 11}}), 8, 9)); // half a batch is known
}

BOOST_AUTO_TEST_CASE(what_is_sent_again_lies_on_one_branch) {
  const auto h = histories({{{5, 1}, {8, 11}}, {{5, 1}, {7, 2}}}, 0);
  const auto range = [&](std::optional<rec::VersionItem> after, std::optional<rec::VersionItem> before) {
    const auto served = serve(h, {after, before});
    if (!served)
      return std::string("no");
    return std::to_string(served->branch) + ": " + std::to_string(served->first_id) + "-" +
           std::to_string(served->behind_id);
  };
  BOOST_TEST(range({}, {}) == "0: 1-9");
  BOOST_TEST(range(item(3, 1), {}) == "0: 4-9");
  BOOST_TEST(range(item(3, 1), item(7, 11)) == "0: 4-7");
  BOOST_TEST(range({}, item(6, 2)) == "1: 1-6");
  BOOST_TEST(range(item(7, 11), item(7, 2)) == "1: 6-7"); // from the other branch: back to what both share
  BOOST_TEST(range(item(5, 1), item(6, 2)) == "1: 6-6");  // nothing between
  BOOST_TEST(range({}, item(8, 2)) == "1: 1-8");          // behind the last event
  BOOST_TEST(range({}, item(9, 2)) == "no");
  BOOST_TEST(range(item(6, 7), {}) == "no");
}

BOOST_AUTO_TEST_CASE(a_branch_of_a_branch_shares_with_both) {
  auto h = histories({{{9, 1}}});
  BOOST_REQUIRE(bool(fork_branch(h, 0, item(6, 1), std::string(16, 'x'))));
  workflow::append_event(*h.mutable_branches(1), 7, 2);
  workflow::append_event(*h.mutable_branches(1), 8, 2);
  BOOST_REQUIRE(bool(fork_branch(h, 1, item(7, 2), std::string(16, 'y'))));
  const auto& ancestors = h.branches(2).branch().ancestors();
  BOOST_REQUIRE(ancestors.size() == 2);
  BOOST_TEST(ancestors[0].branch_id() == h.branches(0).branch().branch_id());
  BOOST_TEST(ancestors[0].end_node() == 7);
  BOOST_TEST(ancestors[1].branch_id() == std::string(16, 'x'));
  BOOST_TEST(ancestors[1].begin_node() == 7);
  BOOST_TEST(ancestors[1].end_node() == 8);
  BOOST_TEST(text(h.branches(2)) == "6@1 7@2");
  BOOST_TEST(!fork_branch(h, 0, item(7, 2), std::string(16, 'z'))); // not on that branch
  BOOST_TEST(*branch_with(h, item(7, 2)) == 1);
  BOOST_TEST(*branch_with(h, item(9, 1)) == 0);
  BOOST_TEST(!branch_with(h, item(9, 2)));
}

BOOST_AUTO_TEST_SUITE_END()
