#include "life.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

/// Clusters whose domain fails over at any moment, also in two of them at once, while links break and lose, double and
/// reorder what they carry. When all is well again all clusters must have the same, no run is stuck and no signal lost.
///
/// CADENZA_SEED plays one life again and tells it; CADENZA_SEEDS says how many there are, CADENZA_FIRST_SEED where they
/// begin.
namespace cadenza::replication::test {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Long lives are needed for what comes of several conflicts, short ones are easier to read.
constexpr int rounds_of(std::uint64_t seed) { return 1 + static_cast<int>(seed % 3); }
constexpr int steps_of(std::uint64_t seed) { return seed % 5 == 0 ? 300 : 100; }

/// "" when all went well.
std::string play(std::uint64_t seed, fault wrong, life::sums& all) {
  life one(seed, wrong);
  try {
    one.live(rounds_of(seed), steps_of(seed));
  } catch (const violated& failure) {
    return "CADENZA_SEED=" + std::to_string(seed) + ": " + failure.what() + "\n" + one.log() +
           (number_from("CADENZA_SEED", 0) != 0 ? "\n" + one.describe() : "");
  }
  all += one.total();
  return {};
}

void tell(const life::sums& all) {
  const auto& s = all.seen;
  BOOST_TEST_MESSAGE("runs " << all.runs << ", fail-overs " << all.failovers << " forced and " << all.graceful
                             << " graceful, batches " << s.applied << ", duplicates " << s.duplicates << ", asked "
                             << s.asked << ", flushed " << s.flushed << ", rebuilt " << s.rebuilt << ", aside "
                             << s.aside << ", zombies " << s.zombies << ", conflicts " << s.conflicts << ", resets "
                             << s.resets << ", activities told " << s.synced << ", signals " << all.signals
                             << ", added again " << s.signals << ", given up " << all.dropped);
}

} // namespace

BOOST_AUTO_TEST_SUITE(nemesis)

BOOST_AUTO_TEST_CASE(clusters_that_were_parted_have_the_same_in_the_end) {
  life::sums all;
  if (const auto seed = number_from("CADENZA_SEED", 0); seed != 0) {
    const auto failure = play(seed, fault::none, all);
    tell(all);
    BOOST_TEST(failure == "");
    return;
  }
  const auto first = number_from("CADENZA_FIRST_SEED", 1);
  const auto lives = number_from("CADENZA_SEEDS", 1000);
  for (auto seed = first; seed < first + lives; ++seed) {
    const auto failure = play(seed, fault::none, all);
    BOOST_REQUIRE_MESSAGE(failure.empty(), failure);
  }
  tell(all);
  // A test of conflicts that meets none proves nothing.
  const auto& s = all.seen;
  if (lives >= 100)
    BOOST_TEST((s.duplicates > 0 && s.asked > 0 && s.flushed > 0 && s.rebuilt > 0 && s.aside > 0 && s.zombies > 0 &&
                s.conflicts > 0 && s.signals > 0 && s.resets > 0 && s.synced > 0 && all.graceful > 0));
}

/// Lives that ended badly once, and are not among those that are played anyway.
BOOST_AUTO_TEST_CASE(lives_that_have_found_something) {
  const std::pair<std::uint64_t, const char*> found[] = {
      {1649, "a run that had a signal ended, and went another way after the next run had been spared it"},
      {20720, "an activity of a version that the domain of the other cluster had not reached was set back"},
      {27743, "an event that came late set the version of an activity back"},
      {43040, "of an activity told by a later version on a history that lost, one cluster kept it and one did not"},
      {1079, "a run began below the version of the one before it"},
      {3373, "a signal was taken for known because an earlier run had had it"},
      {9995, "a reset's run that came from its first event on began too early"}};
  for (const auto& [seed, what] : found) {
    life::sums all;
    BOOST_TEST(play(seed, fault::none, all) == "", what);
  }
}

/// Where one rule is broken, the first lives show it.
BOOST_AUTO_TEST_CASE(a_group_that_breaks_a_rule_is_found_out) {
  const std::pair<fault, const char*> faults[] = {{fault::keeps_its_branch, "keeps its branch"},
                                                  {fault::loses_signals, "loses signals"},
                                                  {fault::believes_itself, "believes itself"},
                                                  {fault::forgets_next_runs, "forgets next runs"},
                                                  {fault::hides_attempts, "hides attempts"}};
  for (const auto& [wrong, name] : faults) {
    std::uint64_t seed = 1;
    std::string failure;
    for (; failure.empty() && seed <= 200; ++seed) {
      life::sums all;
      failure = play(seed, wrong, all);
    }
    BOOST_TEST_MESSAGE(name << ": " << failure.substr(0, failure.find('\n')));
    BOOST_TEST(!failure.empty(), name << " is not noticed");
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::replication::test
