#include "tests/bench/bench.hpp"

#include <algorithm>

namespace cadenza::bench {
namespace {

constexpr int many = 64;

loop_step start_step(load::client& c, const std::string& task_list) {
  return
      [&c, task_list](std::function<void(bool)> over) { start(c, task_list, load::new_uuid(), "0", std::move(over)); };
}

} // namespace

void measure_starts(context& c) {
  auto& server = c.shared();
  const auto step = start_step(server.client(), "nobody-polls-starts");
  (void)run_loop(many, 0.5, step);
  const auto cpu = server.process().cpu_seconds();
  const auto r = run_loop(many, c.opts.seconds, step);
  const auto spent = server.process().cpu_seconds() - cpu;
  tell_failures(c, "starts", r);
  c.out.add({"starts, 64 at once", r.rate(), "/s", c.limits.work_rate(1, 1), "least of 1 call, 1 commit", ">= 8000"});
  c.out.add({"starts, 64 at once, p50", quantile(r.ms, 0.5), "ms", {}, {}, {}});
  c.out.add({"starts, 64 at once, p99", quantile(r.ms, 0.99), "ms", {}, {}, {}});
  c.out.add({"starts, server CPU each",
             spent * 1e3 / static_cast<double>(std::max<std::int64_t>(r.done, 1)),
             "ms",
             {},
             {},
             {}});
  const auto alone = run_loop(1, c.opts.seconds, step);
  c.out.add({"start, 1 at once, p50", quantile(alone.ms, 0.5), "ms", c.limits.chain_ms(1, 1), "1 call + 1 sync", {}});
  c.out.add({"start, 1 at once, p99", quantile(alone.ms, 0.99), "ms", {}, {}, {}});
}

void measure_workflows(context& c) {
  auto& server = c.shared();
  auto& client = server.client();
  load::client polls(server.process().address(), 4);
  waiting closing;
  load::worker_observer observer;
  observer.closed = [&](const std::string& id, bool ok) { closing.finish(id, ok); };
  load::load_worker worker(polls, domain, "bench-workflows", many, many, observer);
  const loop_step step = [&](std::function<void(bool)> over) {
    const auto id = load::new_uuid();
    closing.put(id, std::move(over));
    start(client, "bench-workflows", id, "1", [&closing, id](bool ok) {
      if (!ok)
        closing.finish(id, false);
    });
  };
  (void)run_loop(many, 0.5, step);
  const auto cpu = server.process().cpu_seconds();
  const auto r = run_loop(many, c.opts.seconds, step);
  const auto spent = server.process().cpu_seconds() - cpu;
  worker.abandon();
  tell_failures(c, "workflows with one activity", r);
  c.out.add({"workflows with one activity, 64 at once", r.rate(), "/s", c.limits.work_rate(7, 4),
             "least of 7 calls, 4 commits", ">= 1200"});
  c.out.add({"workflows with one activity, 64 at once, p50", quantile(r.ms, 0.5), "ms", {}, {}, {}});
  c.out.add({"workflows with one activity, server CPU each",
             spent * 1e3 / static_cast<double>(std::max<std::int64_t>(r.done, 1)),
             "ms",
             {},
             {},
             "<= 0.8"});
}

void measure_signals(context& c) {
  auto& server = c.shared();
  auto& client = server.client();
  // Nobody polls: what is measured is the signal, not the decisions it brings about.
  std::vector<std::string> ids;
  for (int i = 0; i < 256; ++i)
    ids.push_back("signalled-" + load::new_uuid());
  std::atomic<std::size_t> next{0};
  (void)run_count(16, static_cast<std::int64_t>(ids.size()), [&](std::function<void(bool)> over) {
    start(client, "nobody-polls-signals", ids[next++ % ids.size()], "0", std::move(over));
  });
  const loop_step step = [&](std::function<void(bool)> over) {
    load::api::SignalWorkflowExecutionRequest request;
    request.set_domain(domain);
    request.mutable_workflow_execution()->set_workflow_id(ids[next++ % ids.size()]);
    request.set_signal_name("bench");
    request.mutable_signal_input()->set_data("signal");
    request.set_identity("bench");
    request.set_request_id(load::new_uuid());
    client.call<load::api::SignalWorkflowExecutionRequest, load::api::SignalWorkflowExecutionResponse>(
        "WorkflowAPI/SignalWorkflowExecution", request, std::chrono::seconds(30),
        [over = std::move(over)](const load::result& r, load::api::SignalWorkflowExecutionResponse&) { over(r.ok()); });
  };
  (void)run_loop(many, 0.5, step);
  const auto cpu = server.process().cpu_seconds();
  const auto r = run_loop(many, c.opts.seconds, step);
  const auto spent = server.process().cpu_seconds() - cpu;
  tell_failures(c, "signals", r);
  c.out.add({"signals, 64 at once to 256 workflows", r.rate(), "/s", c.limits.work_rate(1, 1),
             "least of 1 call, 1 commit", ">= 8000"});
  c.out.add({"signals, 64 at once, p50", quantile(r.ms, 0.5), "ms", {}, {}, {}});
  c.out.add({"signals, server CPU each",
             spent * 1e3 / static_cast<double>(std::max<std::int64_t>(r.done, 1)),
             "ms",
             {},
             {},
             {}});
}

} // namespace cadenza::bench
