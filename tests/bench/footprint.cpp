#include "tests/bench/bench.hpp"
#include "tests/bench/directory_size.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace cadenza::bench {
namespace {

constexpr double mib = 1024.0 * 1024.0;

void must_start(live_server& server) {
  if (!server.process().start())
    give_up("the server does not start again: " + server.process().output());
  server.reconnect();
}

bool start_one(load::client& c, const std::string& id) {
  load::api::StartWorkflowExecutionResponse answer;
  const auto request = load::make_start(domain, "nobody-polls-first", id, "0");
  return c.wait("WorkflowAPI/StartWorkflowExecution", request, answer, std::chrono::seconds(30)).ok();
}

double resident_mib(live_server& server) { return static_cast<double>(server.process().resident_bytes()) / mib; }

} // namespace

void measure_idle_memory(context& c) {
  live_server server(c.opts);
  (void)start_one(server.client(), load::new_uuid());
  std::this_thread::sleep_for(std::chrono::seconds(2)); // whatever a start still does is over
  const auto cpu = server.process().cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  c.out.add({"idle memory, resident", resident_mib(server), "MiB", {}, {}, "<= 50"});
  c.out.add({"idle CPU", 100 * (server.process().cpu_seconds() - cpu) / 2, "%", {}, {}, {}});
}

void measure_hanging_polls(context& c) {
  constexpr int polls = 10'000;
  constexpr int lists = 100;
  live_server server(c.opts);
  (void)start_one(server.client(), load::new_uuid());
  std::this_thread::sleep_for(std::chrono::seconds(2)); // whatever a start still does is over
  const auto empty = resident_mib(server);
  load::client pollers(server.process().address(), 10);
  std::atomic<int> ended{0};
  for (int i = 0; i < polls; ++i) {
    load::api::PollForDecisionTaskRequest request;
    request.set_domain(domain);
    request.mutable_task_list()->set_name("nobody-starts-" + std::to_string(i % lists));
    request.set_identity("poller");
    pollers.call<load::api::PollForDecisionTaskRequest, load::api::PollForDecisionTaskResponse>(
        "WorkerAPI/PollForDecisionTask", request, std::chrono::seconds(120),
        [&ended](const load::result&, load::api::PollForDecisionTaskResponse&) { ++ended; });
  }
  std::this_thread::sleep_for(std::chrono::seconds(5)); // all of them have arrived and wait
  const auto cpu = server.process().cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const auto hanging = resident_mib(server);
  const auto used = 100 * (server.process().cpu_seconds() - cpu) / 2;
  if (ended > 0)
    c.out.note(std::to_string(ended) + " of the hanging polls did not hang");
  const auto name = std::to_string(polls) + " hanging polls";
  c.out.add({name + ", resident", hanging, "MiB", {}, {}, {}});
  c.out.add({name + ", resident bytes each", (hanging - empty) * mib / polls, "B", {}, {}, {}});
  c.out.add({name + ", CPU", used, "%", {}, {}, {}});
  pollers.cancel_all();
  std::this_thread::sleep_for(std::chrono::seconds(5));
  c.out.add({name + ", resident 5 s after the clients went away", resident_mib(server), "MiB", {}, {}, {}});
}

void measure_process_start(context& c) {
  live_server server(c.opts);
  (void)start_one(server.client(), load::new_uuid());
  std::vector<double> ms;
  for (int i = 0; i < 5; ++i) {
    if (server.process().stop() != 0)
      c.out.note("the server did not end cleanly at SIGTERM");
    const auto begin = steady::now();
    must_start(server);
    if (!start_one(server.client(), load::new_uuid()))
      give_up("the first start after a restart failed");
    ms.push_back(seconds_since(begin) * 1e3);
  }
  std::sort(ms.begin(), ms.end());
  c.out.add({"process start to first accepted start, median of 5", quantile(ms, 0.5), "ms", {}, {}, "<= 300"});
  c.out.add({"process start to first accepted start, worst of 5", ms.back(), "ms", {}, {}, {}});
}

void measure_disk(context& c) {
  live_server server(c.opts);
  server.process().stop();
  const auto before = directory_bytes(server.directory());
  must_start(server);
  std::int64_t done = 0;
  {
    auto& client = server.client();
    load::client polls(server.process().address(), 4);
    waiting closing;
    load::worker_observer observer;
    observer.closed = [&](const std::string& id, bool ok) { closing.finish(id, ok); };
    load::load_worker worker(polls, domain, "bench-disk", 64, 64, observer);
    const auto r = run_loop(64, std::max(c.opts.seconds, 5.0), [&](std::function<void(bool)> over) {
      const auto id = load::new_uuid();
      closing.put(id, std::move(over));
      start(client, "bench-disk", id, "1", [&closing, id](bool ok) {
        if (!ok)
          closing.finish(id, false);
      });
    });
    worker.abandon();
    tell_failures(c, "disk", r);
    done = r.done;
  }
  server.process().stop();
  const auto per_workflow = [&](const directory_sizes& now) {
    return static_cast<double>(now.all - before.all) / static_cast<double>(std::max<std::int64_t>(done, 1));
  };
  const auto after = directory_bytes(server.directory());
  c.out.add({"disk per closed one-activity workflow, after stop", per_workflow(after), "B", {}, {}, {}});
  compact_stores(server.directory());
  const auto compacted = directory_bytes(server.directory());
  c.out.add({"disk per closed one-activity workflow, compacted", per_workflow(compacted), "B", {}, {}, "<= 2048"});
  c.out.add({"  of that visibility",
             static_cast<double>(compacted.visibility - before.visibility) /
                 static_cast<double>(std::max<std::int64_t>(done, 1)),
             "B",
             {},
             {},
             {}});
  c.out.note("disk: " + std::to_string(done) + " workflows; " + std::to_string(before.all) + " B on disk before, " +
             std::to_string(after.all) + " B after the stop, " + std::to_string(compacted.all) + " B compacted");
}

void measure_open_idle(context& c) {
  live_server server(c.opts);
  const auto empty = resident_mib(server);
  std::atomic<std::int64_t> number{0};
  const auto r = run_count(64, c.opts.idle, [&](std::function<void(bool)> over) {
    start(server.client(), "nobody-polls-idle", "idle-" + std::to_string(number++), "0", std::move(over));
  });
  tell_failures(c, "open workflows", r);
  const auto count = std::to_string(c.opts.idle) + " open idle workflows";
  c.out.add({count + ", created", r.rate(), "/s", {}, {}, {}});
  const bool all = c.opts.idle >= 1'000'000;
  c.out.add({count + ", resident right after", resident_mib(server), "MiB", {}, {}, all ? "<= 1536" : ""});
  std::this_thread::sleep_for(std::chrono::seconds(10)); // tables are written out and runs leave memory
  const auto settled = resident_mib(server);
  c.out.add({count + ", resident 10 s later", settled, "MiB", {}, {}, all ? "<= 1536" : ""});
  c.out.add({count + ", resident bytes each",
             (settled - empty) * mib / static_cast<double>(std::max<std::int64_t>(r.done, 1)),
             "B",
             {},
             {},
             {}});
  const auto stopping = steady::now();
  if (server.process().stop() != 0)
    c.out.note("the server did not end cleanly at SIGTERM");
  c.out.add({count + ", SIGTERM to end", seconds_since(stopping), "s", {}, {}, {}});

  const auto begin = steady::now();
  must_start(server);
  load::api::DescribeWorkflowExecutionRequest request;
  request.set_domain(domain);
  request.mutable_workflow_execution()->set_workflow_id("idle-" + std::to_string(c.opts.idle / 2));
  load::api::DescribeWorkflowExecutionResponse answer;
  const auto described =
      server.client().wait("WorkflowAPI/DescribeWorkflowExecution", request, answer, std::chrono::seconds(60));
  const auto elapsed = seconds_since(begin);
  if (!described.ok())
    give_up("a workflow cannot be described after the restart: " + described.message);
  c.out.add({count + ", restart to first answered RPC", elapsed, "s", {}, {}, "<= 5"});
  std::this_thread::sleep_for(std::chrono::seconds(5));
  c.out.add({count + ", resident 5 s after the restart", resident_mib(server), "MiB", {}, {}, all ? "<= 1536" : ""});
}

} // namespace cadenza::bench
