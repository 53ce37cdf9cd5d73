#include "tests/bench/bench.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <semaphore>
#include <thread>

namespace cadenza::bench {
namespace {

constexpr double fired_per_s = 2000;
/// So many seconds of arming end in one second of firing: the arming is light, and over when the first timer fires.
constexpr int fold = 4;

double seconds_of(const google::protobuf::Timestamp& t) {
  return static_cast<double>(t.seconds()) + static_cast<double>(t.nanos()) / 1e9;
}

/// How late the timer of a history fired by the events' own times, in seconds; nothing when it has not.
std::optional<double> lateness_of(const load::api::History& history) {
  double due = 0;
  for (const auto& e : history.events()) {
    if (e.has_timer_started_event_attributes())
      due = seconds_of(e.event_time()) +
            static_cast<double>(e.timer_started_event_attributes().start_to_fire_timeout().seconds());
    else if (e.has_timer_fired_event_attributes())
      return seconds_of(e.event_time()) - due;
  }
  return {};
}

/// Adds the figures; the lists are of each timer, in any order.
void tell(context& c, std::vector<double> late_ms, std::vector<double> hands_ms, double fired_each_second) {
  std::sort(late_ms.begin(), late_ms.end());
  std::sort(hands_ms.begin(), hands_ms.end());
  c.out.add({"timers fired", fired_each_second, "/s", fired_per_s, "what was asked for", {}});
  c.out.add({"timer lateness by event times, p50", quantile(late_ms, 0.5), "ms", {}, {}, {}});
  c.out.add({"timer lateness by event times, p99", quantile(late_ms, 0.99), "ms", {}, {}, "<= 20"});
  c.out.add({"timer due to decision in the poller's hands, p50",
             quantile(hands_ms, 0.5),
             "ms",
             c.limits.chain_ms(0.5, 1),
             "1/2 call + 1 sync",
             {}});
  c.out.add({"timer due to decision in the poller's hands, p99", quantile(hands_ms, 0.99), "ms", {}, {}, {}});
  if (!late_ms.empty() && late_ms.front() < 0)
    c.out.note("timers: the earliest fired " + std::to_string(-late_ms.front()) + " ms before it was due");
}

} // namespace

void measure_timers(context& c) {
  auto& server = c.shared();
  auto& client = server.client();
  load::client polls(server.process().address(), 4);
  const auto firing = std::max(1, static_cast<int>(std::lround(c.opts.seconds)));
  const int arming = fold * firing;
  const int first_second = arming + 2; // of the schedule, in which timers fire

  std::mutex mutex;
  std::vector<double> late_ms;
  std::vector<double> hands_ms; // until the decision that follows is in the worker's hands, by this machine's clock
  steady::time_point first_fired;
  steady::time_point last_fired;
  load::worker_observer observer;
  observer.decision = [&](const load::api::PollForDecisionTaskResponse& task) {
    const auto late = lateness_of(task.history());
    if (!late)
      return;
    const auto now = steady::now();
    const auto wall = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    double fired = 0;
    for (const auto& e : task.history().events())
      if (e.has_timer_fired_event_attributes())
        fired = seconds_of(e.event_time());
    const std::lock_guard guard(mutex);
    if (late_ms.empty())
      first_fired = now;
    last_fired = now;
    late_ms.push_back(*late * 1e3);
    hands_ms.push_back((*late + wall - fired) * 1e3);
  };
  std::atomic<std::int64_t> closed{0};
  observer.closed = [&](const std::string&, bool) { ++closed; };
  load::load_worker worker(polls, domain, "bench-timers", 96, 0, observer);

  std::atomic<std::int64_t> started{0};
  std::atomic<std::int64_t> failed{0};
  std::counting_semaphore<> room(512);
  run_paced(fired_per_s / fold, arming, [&](std::int64_t, double at) {
    const int second = static_cast<int>(at);
    const int duration = first_second + second / fold - second;
    room.acquire(); // a server that cannot keep up delays the arming instead of being buried
    start(client, "bench-timers", load::new_uuid(), "timer:" + std::to_string(duration), [&](bool ok) {
      ++(ok ? started : failed);
      room.release();
    });
  });
  for (int i = 0; i < 512; ++i)
    room.acquire();
  // Everything has fired by then, or never will.
  const auto begin = steady::now();
  const double patience = first_second - arming + firing + 30;
  while (closed.load() < started.load() && seconds_since(begin) < patience)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  worker.abandon();

  const std::lock_guard guard(mutex);
  const double elapsed = std::chrono::duration<double>(last_fired - first_fired).count();
  tell(c, late_ms, hands_ms, elapsed > 0 ? static_cast<double>(late_ms.size()) / elapsed : 0);
  if (failed > 0 || closed < started)
    c.out.note("timers: " + std::to_string(failed.load()) + " starts FAILED, " + std::to_string(started - closed) +
               " workflows did not end");
}

} // namespace cadenza::bench
