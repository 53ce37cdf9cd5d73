#include "life.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

/// Clusters whose domain fails over at any moment, also in two of them at once, while links break and lose, double and
/// reorder what they carry. When all is well again all clusters must have the same, and every run goes on to its end.
/// CADENZA_SEED plays one life again, CADENZA_SEEDS as many as that.
namespace cadenza::replication::test {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct sums {
  cluster::counts seen;
  int failovers = 0;
  int lost = 0;
};

void play(std::uint64_t seed, int steps, sums& all) {
  life one(seed);
  try {
    one.live(steps);
  } catch (const std::exception& failure) {
    BOOST_FAIL("CADENZA_SEED=" << seed << ": " << failure.what() << "\n" << one.log());
  }
  const auto s = one.total();
  auto& t = all.seen;
  t.applied += s.applied, t.duplicates += s.duplicates, t.asked += s.asked, t.flushed += s.flushed;
  t.rebuilt += s.rebuilt, t.aside += s.aside, t.zombies += s.zombies, t.conflicts += s.conflicts;
  t.signals += s.signals, t.resets += s.resets, t.synced += s.synced;
  all.failovers += one.failovers();
  all.lost += one.lost_;
}

} // namespace

BOOST_AUTO_TEST_SUITE(nemesis)

BOOST_AUTO_TEST_CASE(clusters_that_were_parted_have_the_same_in_the_end) {
  sums all;
  const auto steps = static_cast<int>(number_from("CADENZA_STEPS", 150));
  if (const auto one = number_from("CADENZA_SEED", 0); one != 0)
    return play(one, steps, all);
  const auto lives = number_from("CADENZA_SEEDS", 100);
  for (std::uint64_t seed = 1; seed <= lives; ++seed)
    play(seed, steps, all);
  const auto& s = all.seen;
  BOOST_TEST_MESSAGE(lives << " lives: fail-overs " << all.failovers << ", batches " << s.applied << ", duplicates "
                           << s.duplicates << ", asked " << s.asked << ", flushed " << s.flushed << ", rebuilt "
                           << s.rebuilt << ", aside " << s.aside << ", zombies " << s.zombies << ", conflicts "
                           << s.conflicts << ", signals again " << s.signals << ", resets " << s.resets
                           << ", activities told " << s.synced << ", signals on no branch that won " << all.lost);
  // A test of conflicts that meets none proves nothing.
  BOOST_TEST(s.applied > 0);
  if (lives >= 100)
    BOOST_TEST((s.duplicates > 0 && s.asked > 0 && s.flushed > 0 && s.rebuilt > 0 && s.aside > 0 && s.zombies > 0 &&
                s.conflicts > 0 && s.signals > 0 && s.resets > 0 && s.synced > 0));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::replication::test
