// Kills the server with SIGKILL at random moments under load, again and again, and then checks that everything it had
// acknowledged is there, once, and that every workflow reaches its end.
//
//   crash_test --server build/cadenza [--kills N] [--seed N] [--actors]
//
// With --actors the process stays up and random actors are killed instead (chaos.enabled).

#include "tests/chaos/ledger.hpp"
#include "tests/load/client.hpp"
#include "tests/load/load_worker.hpp"
#include "tests/load/server_process.hpp"

#include <CLI/CLI.hpp>
#include <httplib.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

namespace {

using namespace cadenza;
using std::chrono::milliseconds;

constexpr auto domain = "crash";
constexpr auto task_list = "crash-list";

struct arguments {
  std::string server = "build/cadenza";
  int kills = 200;
  std::uint64_t seed = 0;
  bool actors = false;
};

/// Kills one actor of a random kind over HTTP. True when the server says there was one.
bool kill_actor(int http_port, std::mt19937_64& chance) {
  static const char* const kinds[] = {"node/domain_registry", "node/shard_owner", "node/matching_owner",
                                      "node/visibility_writer", "node/document_keeper",
                                      "node/matching_owner/task_list:*"};
  std::string path;
  const auto dice = chance() % 10;
  const auto shard = "node/shard_owner/history_shard:" + std::to_string(chance() % 16);
  if (dice < 4)
    path = shard + "/workflow_run:*";
  else if (dice < 7)
    path = shard;
  else
    path = kinds[chance() % std::size(kinds)];
  httplib::Client http("127.0.0.1", http_port);
  http.set_read_timeout(10);
  const auto response = http.Post(httplib::append_query_params("/admin/actors/kill", {{"path", path}}));
  return response && response->status == 200;
}

int run(const arguments& given) {
  std::mt19937_64 chance(given.seed);
  load::scratch_directory data;
  std::vector<std::string> extra;
  if (given.actors) {
    const auto file = data.path() + "/config.yaml";
    std::ofstream(file) << "chaos:\n  enabled: true\n";
    extra = {"--config", file};
  }
  load::server_process server(given.server, data.path() + "/store", extra);
  if (!server.start()) {
    std::fprintf(stderr, "the server did not start:\n%s\n", server.output().c_str());
    return 1;
  }
  load::client client(server.address(), 4);
  if (!load::prepare_domain(client, domain, std::chrono::seconds(30))) {
    std::fprintf(stderr, "the domain could not be registered\n");
    return 1;
  }

  chaos::ledger ledger(client, domain, task_list);
  int killed = 0;
  {
    load::load_worker worker(client, domain, task_list, 16, 16);
    ledger.drive(given.actors ? 4 : 24);
    for (int i = 0; i < given.kills;) {
      std::this_thread::sleep_for(milliseconds(given.actors ? 1 + chance() % 10 : 20 + chance() % 300)); // load runs meanwhile
      if (given.actors) {
        killed += kill_actor(server.http_port(), chance) ? 1 : 0;
        ++i;
        continue;
      }
      server.kill();
      ++killed;
      ++i;
      if (!server.start()) {
        std::fprintf(stderr, "seed %llu: the server did not start after kill %d:\n%s\n",
                     static_cast<unsigned long long>(given.seed), i, server.output().c_str());
        return 1;
      }
    }
    ledger.stop_driving();
    // Every workflow must reach its end while the worker is there.
    ledger.wait_for_ends(std::chrono::minutes(3));
  }
  const auto problems = ledger.check();
  for (const auto& p : problems)
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(given.seed), p.c_str());
  const auto counted = ledger.counted();
  std::printf("killed %d times; acknowledged: %lld starts, %lld signals; workflows completed: %lld; problems: %zu\n",
              killed, counted.starts, counted.signals, counted.completed, problems.size());
  if (counted.starts == 0 || counted.signals == 0 || killed == 0) {
    std::fprintf(stderr, "the test did nothing\n");
    return 1;
  }
  if (!given.actors && server.stop() != 0) {
    std::fprintf(stderr, "the server did not end in order\n");
    return 1;
  }
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
