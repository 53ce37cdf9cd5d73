#include "tests/bench/bench.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace cadenza::bench {
namespace {

constexpr double mib = 1024.0 * 1024.0;
constexpr const char* list = "bench-crons";

double resident_mib(live_server& server) { return static_cast<double>(server.process().resident_bytes()) / mib; }

void start_cron(load::client& c, const std::string& id, const char* schedule, std::function<void(bool)> over) {
  auto request = load::make_start(domain, list, id, "0");
  request.set_cron_schedule(schedule);
  c.call<load::api::StartWorkflowExecutionRequest, load::api::StartWorkflowExecutionResponse>(
      "WorkflowAPI/StartWorkflowExecution", request, std::chrono::seconds(30),
      [over = std::move(over)](const load::result& r, load::api::StartWorkflowExecutionResponse&) { over(r.ok()); });
}

/// Whole workflows beside those that wait, and crons that come due every second.
void work_beside(context& c, live_server& server, const std::string& name) {
  auto& client = server.client();
  load::client polls(server.process().address(), 2);
  std::atomic<std::int64_t> beats{0};
  load::worker_observer observer;
  observer.closed = [&](const std::string& id, bool ok) { beats += ok && id.rfind("beat-", 0) == 0 ? 1 : 0; };
  load::load_worker worker(polls, domain, list, 8, 8, observer);
  constexpr int crons = 100;
  std::atomic<int> number{0};
  const auto begun = run_count(16, crons, [&](std::function<void(bool)> over) {
    start_cron(client, "beat-" + load::new_uuid() + std::to_string(number++), "@every 1s", std::move(over));
  });
  tell_failures(c, name + ", crons each second", begun);
  const auto r = run_loop(4, c.opts.seconds, [&](std::function<void(bool)> over) {
    const auto id = load::new_uuid();
    start(client, list, id, "1", [&client, id, over = std::move(over)](bool ok) {
      if (ok)
        wait_for_close(client, id, {}, over);
      else
        over(false);
    });
  });
  tell_failures(c, name + ", workflows beside", r);
  c.out.add({name + ", start to close of others, 4 at once, p50", quantile(r.ms, 0.5), "ms", {}, {}, {}});
  c.out.add({name + ", runs of 100 crons `@every 1s` meanwhile",
             static_cast<double>(beats.load()) / r.seconds,
             "/s",
             {},
             {},
             {}});
  worker.abandon();
}

} // namespace

void measure_crons(context& c) {
  live_server server(c.opts);
  const auto empty = resident_mib(server);
  std::atomic<std::int64_t> number{0};
  const auto r = run_count(64, c.opts.crons, [&](std::function<void(bool)> over) {
    start_cron(server.client(), "cron-" + std::to_string(number++), "@every 5h", std::move(over));
  });
  tell_failures(c, "waiting crons", r);
  const auto name = std::to_string(c.opts.crons) + " crons waiting";
  c.out.add({name + ", created", r.rate(), "/s", {}, {}, {}});
  c.out.add({name + ", resident right after", resident_mib(server), "MiB", {}, {}, {}});
  std::this_thread::sleep_for(std::chrono::seconds(70)); // idle runs leave memory after a minute
  const auto settled = resident_mib(server);
  c.out.add({name + ", resident 70 s later", settled, "MiB", {}, {}, {}});
  c.out.add({name + ", resident bytes each",
             (settled - empty) * mib / static_cast<double>(std::max<std::int64_t>(r.done, 1)),
             "B",
             {},
             {},
             {}});
  const auto cpu = server.process().cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  c.out.add({name + ", CPU", 100 * (server.process().cpu_seconds() - cpu) / 2, "%", {}, {}, {}});
  work_beside(c, server, name);

  if (server.process().stop() != 0)
    c.out.note("the server did not end cleanly at SIGTERM");
  const auto begin = steady::now();
  if (!server.process().start())
    give_up("the server does not start again: " + server.process().output());
  server.reconnect();
  load::api::DescribeWorkflowExecutionRequest request;
  request.set_domain(domain);
  request.mutable_workflow_execution()->set_workflow_id("cron-" + std::to_string(c.opts.crons / 2));
  load::api::DescribeWorkflowExecutionResponse answer;
  const auto described =
      server.client().wait("WorkflowAPI/DescribeWorkflowExecution", request, answer, std::chrono::seconds(60));
  if (!described.ok())
    give_up("a cron cannot be described after the restart: " + described.message);
  c.out.add({name + ", restart to first answered RPC", seconds_since(begin), "s", {}, {}, {}});
  c.out.add({name + ", resident after the restart", resident_mib(server), "MiB", {}, {}, {}});
}

} // namespace cadenza::bench
