// Kills the server with SIGKILL at random moments under load, again and again, and then checks that everything it had
// acknowledged is there, once, that every workflow reaches its right end, and that no request went unanswered.
//
//   crash_test --server build/cadenza [--kills N] [--seed N] [--actors]
//
// With --actors the process stays up and actors of every kind are killed instead (chaos.enabled).

#include "tests/chaos/fleet.hpp"
#include "tests/chaos/story_worker.hpp"
#include "tests/load/server_process.hpp"
#include "tests/simulation/program.hpp"

#include <CLI/CLI.hpp>
#include <httplib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

namespace {

using namespace cadenza;
using std::chrono::milliseconds;

constexpr int shards = 16;

struct arguments {
  std::string server = "build/cadenza";
  int kills = 200;
  std::uint64_t seed = 0;
  bool actors = false;
};

/// A kind of actor, how many of a hundred deaths are its, and how many were.
struct kind {
  const char* name;
  const char* path;
  int weight;
  long long killed = 0;
};

/// Kills actors over HTTP, each kind as often as its weight says.
class killer {
public:
  killer(int http_port, std::uint64_t seed) : http_("127.0.0.1", http_port), chance_(seed) {
    http_.set_keep_alive(true);
    http_.set_read_timeout(10);
  }

  /// One actor of a random kind; false when there was none of it at the moment: its turn comes again.
  bool kill() {
    if (deck_.empty())
      for (std::size_t i = 0; i < kinds_.size(); ++i)
        deck_.insert(deck_.end(), static_cast<std::size_t>(kinds_[i].weight), i);
    const auto card = chance_() % deck_.size();
    auto& which = kinds_[deck_[card]];
    std::string path = which.path;
    if (const auto at = path.find('#'); at != std::string::npos)
      path.replace(at, 1, std::to_string(chance_() % shards));
    const auto response =
        http_.Post(httplib::append_query_params("/admin/actors/kill", {{"path", path}}), "", "application/json");
    if (!response || response->status != 200)
      return false;
    ++which.killed;
    deck_.erase(deck_.begin() + static_cast<std::ptrdiff_t>(card));
    return true;
  }
  [[nodiscard]] milliseconds pause() { return milliseconds(chance_() % 40); }
  [[nodiscard]] const auto& kinds() const { return kinds_; }

private:
  httplib::Client http_;
  std::mt19937_64 chance_;
  std::vector<std::size_t> deck_; ///< kinds whose turns are left of the present hundred
  std::array<kind, 8> kinds_{{{"workflow_run", "node/shard_owner/history_shard:#/workflow_run:*", 30},
                              {"task_list", "node/matching_owner/task_list:*", 20},
                              {"history_shard", "node/shard_owner/history_shard:#", 20},
                              {"shard_owner", "node/shard_owner", 6},
                              {"matching_owner", "node/matching_owner", 7},
                              {"visibility_writer", "node/visibility_writer", 6},
                              {"document_keeper", "node/document_keeper", 5},
                              {"domain_registry", "node/domain_registry", 6}}};
};

int fail(const arguments& given, const std::string& what) {
  std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(given.seed), what.c_str());
  return 1;
}

/// What `cadenza verify` says, of a running server or of a directory; true when all is well.
bool verified(const arguments& given, const std::string& which) {
  return std::system(("'" + given.server + "' verify " + which).c_str()) == 0;
}

/// What a test of some length must have had in its load, and has not yet; "" when it has all.
std::string lacking(const arguments& given, chaos::log_book& book) {
  if (given.kills >= 100)
    for (const char* what : {"starts", "signals", "cancels", "terminations", "restarts", "resets", "queries answered",
                             "strong queries answered", "activities", "failed activities", "heartbeats"})
      if (!book.has(what))
        return what;
  return {};
}

void tell_deaths(const killer& of) {
  for (const auto& k : of.kinds())
    std::printf("  %s killed %lld times\n", k.name, k.killed);
}

/// Kills actors of a running server until as many are dead as was asked for and the load has had everything.
int kill_actors(const arguments& given, const load::server_process& server, chaos::log_book& book) {
  killer actors(server.http_port(), given.seed);
  int killed = 0;
  const auto goes_on = [&] { return killed < given.kills || !lacking(given, book).empty(); };
  for (int tries = 0; goes_on() && tries < 5 * given.kills + 100; ++tries) {
    std::this_thread::sleep_for(actors.pause()); // load runs meanwhile
    killed += actors.kill() ? 1 : 0;
  }
  tell_deaths(actors);
  return killed;
}

/// Kills the server and starts it again as often as was asked for.
int kill_processes(const arguments& given, load::server_process& server, chaos::log_book& book,
                   std::mt19937_64& chance) {
  int killed = 0;
  for (; killed < given.kills || (killed < 2 * given.kills && !lacking(given, book).empty()); ++killed) {
    std::this_thread::sleep_for(milliseconds(10 + chance() % 400)); // load runs meanwhile
    ++book.deaths;
    server.kill();
    ++book.deaths;
    if (!server.start())
      std::_Exit(
          fail(given, "the server did not start after kill " + std::to_string(killed + 1) + ":\n" + server.output()));
  }
  return killed;
}

int run(const arguments& given) {
  load::scratch_directory data;
  std::vector<std::string> extra;
  if (given.actors) {
    const auto file = data.path() + "/config.yaml";
    std::ofstream(file) << "chaos:\n  enabled: true\n";
    extra = {"--config", file};
  }
  load::server_process server(given.server, data.path() + "/store", extra);
  if (!server.start())
    return fail(given, "the server did not start:\n" + server.output());
  load::client client(server.address(), 4);
  if (!load::prepare_domain(client, simulation::domain_name, std::chrono::seconds(30)))
    return fail(given, "the domain could not be registered");

  chaos::log_book book(given.seed);
  std::mt19937_64 chance(given.seed);
  int killed = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  double killing_s = 0;
  bool ended = false;
  simulation::runs all;
  {
    chaos::alarms clock;
    chaos::fleet fleet(client, clock, book);
    chaos::story_worker one(client, clock, book, "worker1", true, 8);
    chaos::story_worker two(client, clock, book, "worker2", false, 8);
    fleet.drive(given.actors ? 12 : 24);
    killed = given.actors ? kill_actors(given, server, book) : kill_processes(given, server, book, chance);
    killing_s = seconds();
    fleet.stop_driving();
    ended = fleet.wait_for_ends(std::chrono::seconds(240));
    all = fleet.read_everything();
  }

  auto problems = book.problems();
  if (!ended)
    problems.push_back("some workflow never ends");
  try {
    simulation::check_histories(all, book.ledger());
  } catch (const simulation::violation& v) {
    problems.emplace_back(v.what());
  }
  for (const auto& p : problems)
    fail(given, p);
  std::printf("killed %d times in %.0f s, all over after %.0f s; %zu workflows, %zu runs, %zu acknowledged facts; "
              "problems: %zu\n",
              killed, killing_s, seconds(), book.ledger().workflows.size(), all.size(), book.ledger().facts.size(),
              problems.size());
  for (const auto& [what, times] : book.happened())
    std::printf("  %lld %s\n", static_cast<long long>(times), what.c_str());
  if (const auto what = lacking(given, book); !what.empty())
    return fail(given, "the load had no " + what);
  if (killed < given.kills)
    return fail(given, "too often there was no actor to kill");
  if (!verified(given, "--http_address 127.0.0.1:" + std::to_string(server.http_port())))
    return fail(given, "the running server does not verify clean");
  if (server.stop() != 0)
    return fail(given, "the server did not end in order");
  if (!verified(given, "--data '" + data.path() + "/store'"))
    return fail(given, "the data directory does not verify clean");
  return problems.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  arguments given;
  given.seed = std::random_device{}();
  CLI::App app("kills the server under load and checks that nothing acknowledged is lost");
  app.add_option("--server", given.server, "the server's binary");
  app.add_option("--kills", given.kills, "how often");
  app.add_option("--seed", given.seed, "of the moments of death");
  app.add_flag("--actors", given.actors, "kill actors instead of the process");
  CLI11_PARSE(app, argc, argv);
  return run(given);
}
