#include "voyage.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <chrono>
#include <iostream>

/// Sails many seeds, prints those that break a rule and how to sail them again. Ends with 1 when there was one.

namespace {

using cadenza::simulation::sail;
using cadenza::simulation::voyage_report;

/// Seeds that once broke a rule, and what was wrong: sailed again in every run.
struct kept_seed {
  std::uint64_t seed;
  const char* name;
};
constexpr std::array kept{
    kept_seed{274, "a task written while a backlog is read was skipped"},
    kept_seed{411, "a decision written while a backlog is read was never dispatched"},
    kept_seed{2005, "an external signal reached the run its target was continued as, too"},
    kept_seed{5487, "a query waited for the first decision of a run that could not be read"},
    kept_seed{6099, "a query was kept by its partition when the list that had given it to a worker died"},
};

bool tell(std::uint64_t seed, const voyage_report& report, const char* name) {
  if (report.violation.empty())
    return true;
  std::cout << report.log << "seed " << seed << (*name != '\0' ? std::string(" (") + name + ")" : "")
            << " FAILED after " << report.steps << " steps, " << report.virtual_ns / 1'000'000
            << " ms: " << report.violation << "\nagain: simulation --seed " << seed << std::endl;
  return false;
}

/// Chance must come from the seed alone, else no failure could be looked at twice.
bool repeats(std::uint64_t seed, bool messages_arrive) {
  const auto first = sail(seed, messages_arrive);
  const auto second = sail(seed, messages_arrive);
  if (first.digest == second.digest && first.steps == second.steps)
    return true;
  std::cout << "seed " << seed << " does not repeat itself: " << first.steps << " and " << second.steps << " steps"
            << std::endl;
  return false;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("One node on virtual time over a store that fails");
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  std::uint64_t only = 0;
  bool verbose = false;
  bool messages_arrive = false;
  app.add_option("--seeds", seeds, "how many seeds");
  app.add_option("--first", first, "the first of them");
  app.add_option("--seed", only, "this seed alone");
  app.add_flag("--messages-arrive", messages_arrive, "no faults in what runs tell each other");
  app.add_flag("--verbose", verbose, "one line for each seed");
  CLI11_PARSE(app, argc, argv);
  if (only != 0) {
    first = only;
    seeds = 1;
  }

  using clock = std::chrono::steady_clock;
  const auto began = clock::now();
  std::uint64_t failed = 0;
  std::int64_t steps = 0;
  std::map<std::string, std::int64_t> happened;
  for (auto seed = first; seed < first + seeds; ++seed) {
    const auto at = clock::now();
    const auto report = sail(seed, messages_arrive);
    failed += tell(seed, report, "") ? 0 : 1;
    steps += report.steps;
    for (const auto& [what, count] : report.happened)
      happened[what] += count;
    if (verbose)
      std::cout << "seed " << seed << ": " << report.steps << " steps, " << report.virtual_ns / 1'000'000 << " ms, "
                << std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - at).count() << " ms real"
                << std::endl;
  }
  for (const auto& [seed, name] : kept)
    if (only == 0 && (seed < first || seed >= first + seeds))
      failed += tell(seed, sail(seed, messages_arrive), name) ? 0 : 1;
  if (!repeats(first, messages_arrive))
    ++failed;
  std::cout << seeds << " seeds, " << steps << " steps, "
            << std::chrono::duration_cast<std::chrono::seconds>(clock::now() - began).count() << " s, " << failed
            << " failed\n";
  for (const auto& [what, count] : happened)
    std::cout << "  " << count << ' ' << what << '\n';
  return failed == 0 ? 0 : 1;
}
