// Mixed load on a server for a long time, and whether anything of it grows.
//
//   cadenza_soak --server build/cadenza [--minutes N] [--rate N] [--seed N] [--csv FILE]

#include "tests/load/server_process.hpp"
#include "tests/soak/mixed_worker.hpp"
#include "tests/soak/samples.hpp"
#include "tests/soak/stories.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

namespace {

using namespace cadenza;
using namespace cadenza::soak;
using steady = std::chrono::steady_clock;

struct arguments {
  std::string server = "build/cadenza";
  double minutes = 20;
  double rate = 25;
  std::uint64_t seed = 0;
  std::string csv;
};

/// A configuration whose closed runs go within a minute, so that deletion is part of the load, and whose store fills
/// its caches within the first minutes, so that what grows later is not theirs.
std::string configuration(const std::string& directory) {
  std::ofstream(directory + "/dynamic.yaml") << "system.minRetentionDays:\n- value: 0\n"
                                                "system.workflowDeletionJitterRange:\n- value: 1\n";
  const auto file = directory + "/config.yaml";
  std::ofstream(file) << "dynamicconfig:\n  client: filebased\n  filebased:\n    filepath: " << directory
                      << "/dynamic.yaml\n"
                      << "persistence:\n  defaultStore: small\n  datastores:\n    small:\n      rocksdb:\n"
                      << "        blockCacheBytes: 4MiB\n        writeBufferBytes: 16MiB\n";
  return file;
}

bool register_domain(load::client& c) {
  api::RegisterDomainRequest request;
  request.set_name(domain);
  request.mutable_workflow_execution_retention_period()->set_seconds(0);
  api::RegisterDomainResponse response;
  const auto r = c.wait("DomainAPI/RegisterDomain", request, response);
  if (!r.ok())
    std::fprintf(stderr, "the domain cannot be registered: %s\n", r.message.c_str());
  return r.ok();
}

/// Open runs that the lists show; -1 when they cannot be read. Pages beyond the first are not read.
int open_runs(load::client& c) {
  api::ListOpenWorkflowExecutionsRequest request;
  request.set_domain(domain);
  request.set_page_size(1000);
  request.mutable_start_time_filter()->mutable_earliest_time()->set_seconds(1);
  request.mutable_start_time_filter()->mutable_latest_time()->set_seconds(4'000'000'000);
  api::ListOpenWorkflowExecutionsResponse response;
  const auto r = c.wait("VisibilityAPI/ListOpenWorkflowExecutions", request, response, std::chrono::seconds(30));
  return r.ok() ? response.executions_size() : -1;
}

void write_csv(const std::string& file, const sampler& samples, double apart_s) {
  std::ofstream out(file);
  out << "seconds";
  for (const auto& s : samples.all())
    out << ',' << s.name;
  for (std::size_t i = 0; i < samples.count(); ++i) {
    out << '\n' << static_cast<double>(i) * apart_s;
    for (const auto& s : samples.all())
      out << ',' << s.values[i];
  }
  out << '\n';
}

/// Waits until no run is open, at most as long as the longest of them may live. What is left open then.
int wait_for_ends(load::client& c) {
  int open = -1;
  const auto until = steady::now() + std::chrono::seconds(120);
  while ((open = open_runs(c)) != 0 && steady::now() < until)
    std::this_thread::sleep_for(std::chrono::seconds(1));
  return open;
}

/// What the load was, and what of it went otherwise than it should.
void tell_load(const stories& clients, const mixed_worker& worker, std::int64_t late_decisions,
               const load::server_process& server) {
  std::printf("\nstories begun:\n");
  std::int64_t total = 0;
  for (const auto& [kind, count] : clients.begun()) {
    std::printf("  %-22s %lld\n", kind.c_str(), static_cast<long long>(count));
    total += count;
  }
  std::printf("%lld stories, %lld calls, %lld decisions, %lld of them from the stored backlog's list, %lld activities, "
              "%lld queries answered, %.1f s server CPU\n",
              static_cast<long long>(total), static_cast<long long>(clients.calls()),
              static_cast<long long>(worker.decisions + late_decisions), static_cast<long long>(late_decisions),
              static_cast<long long>(worker.activities), static_cast<long long>(worker.queries), server.cpu_seconds());
  for (const auto& [what, count] : clients.surprises())
    std::printf("surprise: %lld x %s\n", static_cast<long long>(count), what.c_str());
}

/// Whether nothing went wrong; tells what did.
bool none_wrong(sampler& samples, const stories& clients, int unanswered, int open) {
  std::int64_t surprised = 0;
  for (const auto& [what, count] : clients.surprises())
    surprised += count;
  bool good = true;
  const auto complain = [&](bool wrong, const std::string& what) {
    if (!wrong)
      return;
    std::fprintf(stderr, "%s\n", what.c_str());
    good = false;
  };
  complain(samples.count() < 20, "too few samples to tell anything");
  complain(surprised * 1000 > clients.calls(), "more than one call in a thousand went wrong");
  complain(unanswered > 0, "the server did not tell its metrics " + std::to_string(unanswered) + " times");
  complain(open != 0, std::to_string(open) + " runs did not end");
  for (const char* deaths : {"cadenza_run_deaths_total", "cadenza_shard_restarts_total",
                             "cadenza_task_list_restarts_total", "cadenza_owner_restarts_total"}) {
    const auto count = samples.metric(deaths);
    complain(count != 0, std::string(deaths) + " is " + std::to_string(static_cast<long long>(count)));
  }
  return good;
}

int run(const arguments& given) {
  load::scratch_directory scratch;
  load::server_process server(given.server, scratch.path() + "/store", {"--config", configuration(scratch.path())});
  if (!server.start()) {
    std::fprintf(stderr, "the server did not start:\n%s\n", server.output().c_str());
    return 1;
  }
  load::client asks(server.address(), 2);
  load::client works(server.address(), 2);
  load::client works_late(server.address(), 1);
  if (!register_domain(asks))
    return 1;
  std::printf("seed %llu, %.1f stories a second for %.1f minutes\n", static_cast<unsigned long long>(given.seed),
              given.rate, given.minutes);

  stories clients(asks, given.seed);
  mixed_worker worker(works, task_list, 8);
  std::unique_ptr<mixed_worker> late;
  sampler samples(server, scratch.path());
  int second = 0;
  int unanswered = 0;
  std::int64_t late_decisions = 0;
  const auto begin = steady::now();
  const auto length = std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(given.minutes * 60));
  const int apart = given.minutes < 5 ? 1 : 5;
  clients.drive(given.rate, begin + length, [&] {
    ++second;
    if (second % 15 == 0) {
      if (late) {
        late_decisions += late->decisions;
        late.reset();
      } else {
        late = std::make_unique<mixed_worker>(works_late, late_task_list, 4);
      }
    }
    if (second % apart == 0 && !samples.take())
      ++unanswered;
    if (second % 60 == 0) {
      std::fprintf(stderr, "%3d min: resident %.1f MiB, %.0f runs in memory, directory %.1f MiB\n", second / 60,
                   samples.all().front().values.back(), samples.all()[3].values.back(),
                   samples.all().back().values.back());
    }
  });
  const double minutes = std::chrono::duration<double>(steady::now() - begin).count() / 60;
  if (!late)
    late = std::make_unique<mixed_worker>(works_late, late_task_list, 4);
  clients.finish();
  const int open = wait_for_ends(asks);
  late_decisions += late->decisions;
  late.reset();
  worker.abandon();

  tell_load(clients, worker, late_decisions, server);
  std::printf("\n");
  bool good = samples.report(minutes);
  if (!given.csv.empty())
    write_csv(given.csv, samples, apart);
  good = none_wrong(samples, clients, unanswered, open) && good;
  if (server.stop() != 0) {
    std::fprintf(stderr, "the server did not end in order\n");
    good = false;
  }
  std::printf("%s\n", good ? "flat" : "not flat, or something went wrong");
  return good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  arguments given;
  given.seed = std::random_device{}();
  CLI::App app("mixed load on a server of its own, and whether anything of the server grows");
  app.add_option("--server", given.server, "the server's binary")->capture_default_str();
  app.add_option("--minutes", given.minutes, "how long")->capture_default_str()->check(CLI::Range(0.2, 10'000.0));
  app.add_option("--rate", given.rate, "workflows begun a second")->capture_default_str()->check(CLI::Range(0.1, 1e4));
  app.add_option("--seed", given.seed, "of the order of kinds");
  app.add_option("--csv", given.csv, "write every sample into this file");
  CLI11_PARSE(app, argc, argv);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return run(given);
}
