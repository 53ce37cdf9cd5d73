#include "tests/bench/bench.hpp"

#include <algorithm>

namespace cadenza::bench {
namespace {

constexpr int children = 20;

/// A loop of queries to `ids` in turn.
loop_step query_step(load::client& c, std::vector<std::string> ids, bool strong) {
  auto next = std::make_shared<std::atomic<std::size_t>>(0);
  return [&c, ids = std::move(ids), next, strong](std::function<void(bool)> over) {
    load::api::QueryWorkflowRequest request;
    request.set_domain(domain);
    request.mutable_workflow_execution()->set_workflow_id(ids[(*next)++ % ids.size()]);
    request.mutable_query()->set_query_type("signals");
    if (strong)
      request.set_query_consistency_level(load::api::QUERY_CONSISTENCY_LEVEL_STRONG);
    c.call<load::api::QueryWorkflowRequest, load::api::QueryWorkflowResponse>(
        "WorkflowAPI/QueryWorkflow", request, std::chrono::seconds(30),
        [over = std::move(over)](const load::result& r, load::api::QueryWorkflowResponse& answer) {
          over(r.ok() && answer.query_result().data() == "0");
        });
  };
}

} // namespace

void measure_children(context& c) {
  auto& server = c.shared();
  auto& client = server.client();
  load::client polls(server.process().address(), 2);
  load::load_worker worker(polls, domain, "bench-children", 2 * children, 1);
  const loop_step step = [&](std::function<void(bool)> over) {
    const auto id = load::new_uuid();
    start(client, "bench-children", id, "children:" + std::to_string(children),
          [&client, id, over = std::move(over)](bool ok) {
            if (ok)
              wait_for_close(client, id, {}, over);
            else
              over(false);
          });
  };
  (void)run_loop(1, 0.5, step);
  const auto cpu = server.process().cpu_seconds();
  const auto r = run_loop(1, c.opts.seconds, step);
  const auto spent = server.process().cpu_seconds() - cpu;
  worker.abandon();
  tell_failures(c, "parent with 20 children", r);
  // Start, the parent's first decision, the start of a child, its decision, the parent told, its last decision.
  c.out.add({"parent with 20 children, start to close, 1 at once, p50", quantile(r.ms, 0.5), "ms",
             c.limits.chain_ms(5, 8), "5 calls + 8 syncs", "<= 30"});
  c.out.add({"parent with 20 children, start to close, 1 at once, p99", quantile(r.ms, 0.99), "ms", {}, {}, {}});
  c.out.add({"parent with 20 children, server CPU each",
             spent * 1e3 / static_cast<double>(std::max<std::int64_t>(r.done, 1)),
             "ms",
             {},
             {},
             {}});
}

void measure_queries(context& c) {
  auto& server = c.shared();
  auto& client = server.client();
  load::client polls(server.process().address(), 2);
  load::load_worker worker(polls, domain, "bench-query", 16, 1);
  std::vector<std::string> open;
  std::vector<std::string> closed;
  const auto begin = [&](std::vector<std::string>& ids, const char* input) {
    for (int i = 0; i < 32; ++i)
      ids.push_back("queried-" + load::new_uuid());
    std::atomic<std::size_t> next{0};
    return run_count(8, static_cast<std::int64_t>(ids.size()), [&](std::function<void(bool)> over) {
      start(client, "bench-query", ids[next++ % ids.size()], input, std::move(over));
    });
  };
  tell_failures(c, "workflows to query", begin(open, "signals:1"));
  tell_failures(c, "workflows to query", begin(closed, "0"));
  const auto measure = [&](const std::string& name, const loop_step& step, const std::string& target) {
    (void)run_loop(1, 0.5, step);
    const auto r = run_loop(1, c.opts.seconds / 2, step);
    tell_failures(c, name, r);
    c.out.add({name + ", 1 at once, p50", quantile(r.ms, 0.5), "ms", c.limits.chain_ms(2, 0), "2 calls", target});
    c.out.add({name + ", 1 at once, p99", quantile(r.ms, 0.99), "ms", {}, {}, {}});
  };
  measure("query of an open workflow", query_step(client, open, false), "<= 3");
  measure("strong query of an open workflow", query_step(client, open, true), "<= 3");
  measure("query of a closed workflow", query_step(client, closed, false), "<= 3");
  const auto many = run_loop(16, c.opts.seconds / 2, query_step(client, open, false));
  tell_failures(c, "queries", many);
  c.out.add({"queries of open workflows, 16 at once", many.rate(), "/s", {}, {}, {}});
  worker.abandon();
}

} // namespace cadenza::bench
