#include "scene.hpp"

#include "workflow/version_history.hpp"

/// The three tables of the documentation that this server was asked to follow, with its own numbers, played by
/// clusters: versions at fail-overs, the version history event by event, and two branches of which the higher version
/// wins.
namespace cadenza::replication::test {

BOOST_AUTO_TEST_SUITE(tables)

/// A and B begin with 1 and 2, the increment is 10. Each event has the version of the domain at that time.
BOOST_AUTO_TEST_CASE(the_domain_and_its_events_have_the_versions_of_the_table) {
  scene s;
  const std::pair<const char*, std::int64_t> table[] = {{"A", 1}, {"B", 2}, {"A", 11}, {"B", 12}, {"A", 21}};
  std::optional<uuid> id;
  std::int64_t now = 0; // when the domain is registered
  for (const auto& [target, version] : table) {
    const auto next = s.a().group().next(target, now);
    BOOST_REQUIRE(bool(next));
    BOOST_TEST(*next == version);
    now = *next;
    s.fail_over(now);
    auto& writer = *target == 'A' ? s.a() : s.b();
    if (!id)
      id = writer.start("w");
    BOOST_REQUIRE(writer.signal(*id, "at " + std::to_string(version)));
    BOOST_TEST(last_event(writer, *id).version() == version);
    s.carry_all();
    s.same();
  }
  BOOST_TEST(branches_of(s.b().run(*id)) == "3@1 4@2 5@11 6@12 7@21*");
}

BOOST_AUTO_TEST_CASE(the_version_history_grows_as_in_the_table) {
  scene s;
  const auto id = s.a().start("w").value(); // events 1 and 2
  BOOST_TEST(branches_of(s.a().run(id)) == "2@1*");
  BOOST_REQUIRE(s.a().signal(id, "3"));
  BOOST_TEST(branches_of(s.a().run(id)) == "3@1*");
  s.carry_all();
  s.fail_over(2);
  BOOST_REQUIRE(s.b().signal(id, "4"));
  BOOST_TEST(branches_of(s.b().run(id)) == "3@1 4@2*");
  BOOST_REQUIRE(s.b().signal(id, "5"));
  BOOST_TEST(branches_of(s.b().run(id)) == "3@1 5@2*");
  s.carry_all();
  s.same();
}

/// B writes event 4 by version 2, C by version 3. Both branches stay; C's is the current one everywhere, whoever hears
/// of what first, and B builds its state anew.
BOOST_AUTO_TEST_CASE(the_branch_of_the_higher_version_is_the_current_one) {
  for (const bool c_hears_first : {true, false}) {
    scene s(3);
    const auto id = s.a().start("w").value();
    BOOST_REQUIRE(s.a().signal(id, "3"));
    s.carry_all();
    s.b().set_version(2);
    s.c().set_version(3);
    BOOST_REQUIRE(s.b().signal(id, "of B"));
    BOOST_REQUIRE(s.c().signal(id, "of C"));
    BOOST_TEST(branches_of(s.b().run(id)) == "3@1 4@2*");
    BOOST_TEST(branches_of(s.c().run(id)) == "3@1 4@3*");
    if (!c_hears_first) {
      s.carry(s.c(), s.b());
      BOOST_TEST(branches_of(s.b().run(id)) == "3@1 4@2 | 3@1 4@3*");
      BOOST_TEST(s.b().seen.rebuilt == 1);
    }
    s.carry(s.b(), s.c());
    // B's signal comes behind C's.
    BOOST_TEST(branches_of(s.c().run(id)) == "3@1 5@3* | 3@1 4@2");
    s.fail_over(3);
    s.carry_all();
    s.same();
    BOOST_TEST(branches_of(s.b().run(id)) == "3@1 4@2 | 3@1 5@3*");
  }
}

/// The rule in words: the smallest version that is the target's and not below the domain's.
BOOST_AUTO_TEST_CASE(no_smaller_version_would_do) {
  for (const std::int64_t increment : {10, 100}) {
    const auto g =
        cluster_group::make(increment, {{"cluster0", 0, {}}, {"cluster1", 1, {}}, {"cluster2", 2, {}}}, "cluster0");
    BOOST_REQUIRE(bool(g));
    for (std::int64_t now = 0; now < 3 * increment; ++now)
      for (int i = 0; i < 3; ++i) {
        auto smallest = now;
        while (smallest % increment != i)
          ++smallest;
        BOOST_TEST(*g->next("cluster" + std::to_string(i), now) == smallest);
      }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::replication::test
