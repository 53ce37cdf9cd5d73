#include "tests/bench/bench.hpp"
#include "tests/bench/store_rates.hpp"

#include "uber/cadence/api/v1/service_meta.pb.h"

#include <algorithm>
#include <filesystem>

namespace cadenza::bench {
namespace {

loop_result no_ops(load::client& c, int at_once, double seconds) {
  return run_loop(at_once, seconds, [&](std::function<void(bool)> over) {
    c.call<load::api::HealthRequest, load::api::HealthResponse>(
        "MetaAPI/Health", {}, std::chrono::seconds(10),
        [over = std::move(over)](const load::result& r, load::api::HealthResponse&) { over(r.ok()); });
  });
}

} // namespace

void measure_ceilings(context& c) {
  auto& client = c.shared().client();
  const double seconds = std::min(c.opts.seconds, 3.0);
  (void)no_ops(client, 16, seconds / 4); // connections, threads and caches are warm then
  const auto one = no_ops(client, 1, seconds);
  const auto sixteen = no_ops(client, 16, seconds);
  const auto many = no_ops(client, 64, seconds);
  c.limits.noop_1 = one.rate();
  c.limits.noop_16 = sixteen.rate();
  c.limits.noop_64 = many.rate();
  c.limits.noop_ms = quantile(one.ms, 0.5);
  c.out.add({"gRPC no-op through the bridge, 1 at once", one.rate(), "/s", {}, {}, {}});
  c.out.add({"gRPC no-op through the bridge, 1 at once, p50", c.limits.noop_ms, "ms", {}, {}, {}});
  c.out.add({"gRPC no-op through the bridge, 16 at once", sixteen.rate(), "/s", {}, {}, {}});
  c.out.add({"gRPC no-op through the bridge, 64 at once", many.rate(), "/s", {}, {}, {}});
  tell_failures(c, "no-op", many);

  const load::scratch_directory scratch;
  c.limits.syncs = sync_rate(scratch.path(), seconds);
  c.out.add({"512-byte append + fdatasync", c.limits.syncs, "/s", {}, {}, {}});
  store_under_test store(scratch.path() + "/store");
  c.limits.store_1 = store.measure(1, seconds).transactions_per_s;
  c.out.add({"store alone, four-row transactions, 1 at once", c.limits.store_1, "/s", c.limits.syncs, "syncs", {}});
  const auto at_64 = store.measure(64, seconds);
  c.limits.store_64 = at_64.transactions_per_s;
  c.out.add({"store alone, four-row transactions, 64 at once", at_64.transactions_per_s, "/s", {}, {}, {}});
  c.out.add({"store alone, CPU of one transaction", at_64.cpu_us, "us", {}, {}, {}});
}

} // namespace cadenza::bench
