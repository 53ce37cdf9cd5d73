#include "voyage.hpp"

#include "checks.hpp"
#include "client.hpp"
#include "durable.hpp"
#include "retention.hpp"
#include "store_check.hpp"
#include "workers.hpp"

#include "messages/wire_time.hpp"

#include <algorithm>

namespace cadenza::simulation {
namespace {

constexpr std::int64_t rough_ns = 40 * ns_per_s;
constexpr std::uint64_t long_voyages = 100; ///< one seed of so many goes on for a day
constexpr std::int64_t whole_ns = 1800 * ns_per_s;

weather draw_weather(dice& chance, bool messages_arrive) {
  weather out;
  // A third of the seeds each: hardly anything, the store alone, everything.
  const auto kind = chance.below(3);
  out.slow = static_cast<int>(chance.below(30));
  out.overtaken = static_cast<int>(chance.below(300));
  if (kind == 0)
    return out;
  out.refused = static_cast<int>(chance.below(40));
  out.unknown = static_cast<int>(chance.below(30));
  out.unreadable = static_cast<int>(chance.below(30));
  out.lost_answers = static_cast<int>(chance.below(40));
  out.broken_lists = static_cast<int>(chance.below(60));
  if (!messages_arrive) {
    out.lost_messages = static_cast<int>(chance.below(150));
    out.doubled_messages = static_cast<int>(chance.below(200));
    out.late_messages = static_cast<int>(chance.below(200));
  }
  if (kind == 1)
    return out;
  out.kills = static_cast<int>(chance.below(600));
  out.deaths = static_cast<int>(chance.below(20));
  out.crashes = static_cast<int>(chance.below(40));
  return out;
}

/// Registers the domain, again and again until it is there.
void register_domain(world& in, bool& registered) {
  auto request = std::make_shared<api::RegisterDomainRequest>();
  request->set_name(domain_name);
  workflow::set_seconds(*request->mutable_workflow_execution_retention_period(), retention_ns / ns_per_s);
  in.engine().register_domain(request, in.call<api::RegisterDomainResponse>(
                                           "register_domain",
                                           [&](const outcome<api::RegisterDomainResponse>& answer) {
                                             if (answer || answer.error().kind == error_kind::domain_already_exists)
                                               registered = true;
                                             else
                                               in.later(100 * ns_per_ms, [&] { register_domain(in, registered); });
                                           },
                                           20 * ns_per_s));
}

void check_nothing_left(const actors::engine_counters& c) {
  const auto none = [](const std::atomic<std::int64_t>& counter, const char* what) {
    if (const auto left = counter.load(); left != 0)
      throw violation(std::to_string(left) + ' ' + what + " left when all actors are gone");
  };
  none(c.runs_in_memory, "runs");
  none(c.run_bytes, "bytes of runs");
  none(c.transfer_pending, "transfer tasks");
  none(c.timers_in_memory, "timers");
  none(c.pollers_waiting, "pollers");
  none(c.visibility_pending, "changes of the lists");
}

void sail_on(world& in, ledger& book, const weather& rough, bool beyond_retention) {
  in.run_until(
      "the engine is ready", [&] { return in.engine().ready(); }, 60 * ns_per_s);
  bool registered = false;
  register_domain(in, registered);
  in.run_until(
      "the domain is registered", [&] { return registered; }, 600 * ns_per_s);

  std::vector<std::unique_ptr<worker>> workers;
  for (int i = 0; i < 2; ++i) {
    workers.push_back(std::make_unique<worker>(in, book, i, in.chance().permille(400)));
    workers.back()->begin();
  }
  std::vector<std::unique_ptr<client>> clients;
  for (std::int64_t i = 0, count = in.chance().between(3, 6); i < count; ++i) {
    clients.push_back(std::make_unique<client>(in, book, "workflow" + std::to_string(i)));
    clients.back()->begin();
  }
  durable_checks durable(in);
  in.on_strike([&durable] { durable.look(); });
  bool calm = false;
  in.later(rough_ns, [&in, &calm] {
    calm = true;
    in.calm();
  });
  in.run_until(
      "every workflow is over",
      [&] {
        return std::all_of(book.workflows.begin(), book.workflows.end(),
                           [](const auto& item) { return item.second.closed && item.second.clients == 0; });
      },
      whole_ns);
  in.run_until(
      "calm", [&] { return calm; }, whole_ns);
  // Children that were left behind end as well; their queues are done.
  bool later = false;
  in.later(60 * ns_per_s, [&later] { later = true; });
  in.run_until(
      "a while", [&] { return later; }, whole_ns);
  in.on_strike({});
  for (auto& w : workers)
    w->stop();
  in.run_until(
      "every call is answered", [&] { return in.open_calls() == 0; }, 120 * ns_per_s);
  durable.look();
  check_everything(in, book);
  if (const auto report = check_store(in); report.found > 0)
    throw violation("the check of the store finds:" + told(report));
  if (beyond_retention)
    check_retention(in, rough);
  in.end_and_check([&in](const actors::local_engine& engine) {
    check_nothing_left(engine.counters());
    in.count("tasks handed by runs since the last crash", engine.counters().tasks_handed_by_runs.load());
  });
}

} // namespace

voyage_report sail(std::uint64_t seed, bool messages_arrive) {
  voyage_report out;
  ledger book;
  world in(seed, static_cast<int>(1 + seed % 3));
  const auto began = in.now_ns();
  const auto rough = draw_weather(in.chance(), messages_arrive);
  in.set_weather(rough);
  try {
    sail_on(in, book, rough, seed % long_voyages == 0);
  } catch (const violation& v) {
    out.violation = v.what();
    out.log = in.tail();
  }
  out.digest = in.digest();
  out.steps = in.steps();
  out.virtual_ns = in.now_ns() - began;
  out.happened = in.happened();
  return out;
}

} // namespace cadenza::simulation
