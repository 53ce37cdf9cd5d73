#include "life.hpp"

#include <algorithm>

/// What happens while there is trouble.
namespace cadenza::replication::test {
namespace {

constexpr const char* letters[] = {"A", "B", "C"};
constexpr const char* workflows[] = {"w0", "w1"};

} // namespace

life::life(std::uint64_t seed, fault wrong) {
  world_.random.seed(seed);
  world_.limits.max_buffered_batches = world_.one_in(4) ? 3 : 20;
  world_.wrong = wrong;
  const int n = 2 + world_.below(2);
  const std::int64_t increment = world_.one_in(2) ? 10 : 100;
  std::vector<std::string> names;
  for (int i = 0; i < n; ++i)
    names.emplace_back(letters[i]);
  for (int i = 0; i < n; ++i) {
    std::vector<replication::cluster> group;
    for (int j = 0; j < n; ++j)
      group.push_back({letters[j], j, {}}); // initial version 0, too
    auto made = cluster_group::make(increment, std::move(group), letters[i]);
    clusters_.push_back(std::make_unique<cluster>(world_, std::move(*made), 1 + world_.below(4), names));
    if (world_.one_in(2))
      clusters_.back()->set_skew((world_.below(10'000) - 5'000) * ns_per_ms);
  }
  up_.assign(static_cast<std::size_t>(n), std::vector<bool>(static_cast<std::size_t>(n), true));
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      for (int s = 0; i != j && s < at(i).shards(); ++s)
        streams_.push_back({i, j, s, 0});
}

life::sums& life::sums::operator+=(const sums& more) {
  const auto& s = more.seen;
  seen.applied += s.applied, seen.duplicates += s.duplicates, seen.asked += s.asked, seen.flushed += s.flushed;
  seen.rebuilt += s.rebuilt, seen.aside += s.aside, seen.zombies += s.zombies, seen.conflicts += s.conflicts;
  seen.signals += s.signals, seen.resets += s.resets, seen.synced += s.synced;
  failovers += more.failovers, graceful += more.graceful, runs += more.runs;
  signals += more.signals, dropped += more.dropped;
  return *this;
}

life::sums life::total() const {
  sums out;
  for (const auto& c : clusters_) {
    sums of_one;
    of_one.seen = c->seen;
    out += of_one;
  }
  out.failovers = failovers_;
  out.graceful = graceful_;
  out.runs = static_cast<int>(clusters_.front()->run_ids().size());
  out.signals = static_cast<int>(signals_.size());
  out.dropped = static_cast<int>(world_.dropped.size());
  return out;
}

cluster::reach life::reach_from(int i) {
  return [this, i](const std::string& name) -> cluster* {
    for (int j = 0; j < count(); ++j)
      if (at(j).name() == name && (calm_ || (linked(i, j) && !world_.one_in(8))))
        return &at(j);
    return nullptr;
  };
}

void life::step() {
  world_.now_ns += (1 + world_.below(1500)) * ns_per_ms;
  switch (world_.below(24)) {
  case 0: return begin();
  case 1:
  case 2:
  case 3: return signal();
  case 4:
  case 5: return poll();
  case 6:
  case 7: return decide();
  case 8:
  case 9: return work();
  case 10: (void)any().fire_due(); return;
  case 11: return fail_over();
  case 12: return cut_or_mend();
  case 13: return any().restart();
  case 14: return tell_of_domain();
  case 15: return carry_late();
  case 16: return world_.one_in(3) ? terminate_or_reset() : decide();
  case 17: return end_graceful(any(), world_.one_in(4));
  default: return carry();
  }
}

void life::begin() {
  auto& c = any();
  const auto* id = workflows[world_.below(2)];
  const std::string cron = world_.one_in(8) ? "* * * * *" : "";
  if (c.start(id, cron.empty() ? (world_.one_in(5) ? 3 : 0) : 30, cron))
    note("start@" + c.name());
}

void life::signal() {
  auto& c = any();
  const std::string workflow_id = workflows[world_.below(2)];
  const auto id = c.current(workflow_id);
  if (!id)
    return;
  auto name = "s" + std::to_string(++names_);
  auto request = world_.one_in(6) ? "" : "r" + std::to_string(names_);
  if (!asked_.empty() && world_.one_in(6)) { // a client that heard nothing asks again, wherever it can
    auto i = asked_.begin();
    std::advance(i, world_.below(static_cast<int>(asked_.size())));
    if (i->second.first == workflow_id)
      request = i->first, name = i->second.second;
  } else if (!request.empty()) {
    asked_[request] = {workflow_id, name};
  }
  if (!c.signal(*id, request, name))
    return;
  note(name + "@" + c.name());
  signals_.push_back({name, request});
}

void life::poll() {
  auto& c = any();
  if (auto got = c.poll_decision()) {
    note("poll@" + c.name());
    decisions_.push_back(*got);
  }
  if (auto got = c.poll_activity())
    activities_.push_back(*got);
}

std::vector<api::Decision> life::some_decisions() {
  const auto name = "x" + std::to_string(world_.below(3));
  switch (world_.below(12)) {
  case 0: return {complete()};
  case 1: return {test::again()};
  case 2: return {timer(name, 1 + world_.below(10))};
  case 3:
  case 4: return {activity(name, true)};
  case 5: return {activity(name, false), activity(name + "b", true)};
  case 6: return {cancel_timer(name)};
  case 7: return {cancel_activity(name)};
  case 8: return {marker(), timer(name, 30), upsert(name)};
  default: return {};
  }
}

void life::decide() {
  if (decisions_.empty())
    return poll();
  const auto i = static_cast<std::size_t>(world_.below(static_cast<int>(decisions_.size())));
  const auto held = decisions_[i];
  auto& c = any(); // its worker asks whichever cluster it can reach
  if (world_.one_in(8) ? c.fail(held) : c.answer(held, some_decisions()))
    note("decide@" + c.name());
  if (world_.one_in(2))
    decisions_.erase(decisions_.begin() + static_cast<std::ptrdiff_t>(i));
}

void life::work() {
  if (activities_.empty())
    return poll();
  const auto i = static_cast<std::size_t>(world_.below(static_cast<int>(activities_.size())));
  const auto held = activities_[i];
  auto& c = any();
  const auto how = world_.below(3);
  if (c.answer(held, how))
    note(std::string(how == 0 ? "done@" : how == 1 ? "failed@" : "beat@") + c.name());
  if (world_.one_in(3))
    activities_.erase(activities_.begin() + static_cast<std::ptrdiff_t>(i));
}

void life::terminate_or_reset() {
  auto& c = any();
  const auto id = c.current(workflows[world_.below(2)]);
  if (!id)
    return;
  if (world_.one_in(4)) {
    if (c.terminate(*id))
      note("terminate@" + c.name());
    return;
  }
  if (world_.one_in(3)) {
    if (c.cancel(*id, "c" + std::to_string(++names_)))
      note("cancel@" + c.name());
    return;
  }
  std::vector<std::int64_t> points;
  for (const auto& e : c.events(*id))
    if (e.has_decision_task_completed_event_attributes() || e.has_decision_task_started_event_attributes() ||
        e.has_decision_task_failed_event_attributes() || e.has_decision_task_timed_out_event_attributes())
      points.push_back(e.event_id());
  if (!points.empty() && c.reset(*id, points[static_cast<std::size_t>(world_.below(static_cast<int>(points.size())))]))
    note("reset@" + c.name());
}

// --- the domain

void life::fail_over() {
  fail_over_at(any(), world_.one_in(3));
  if (world_.one_in(3)) // the same moment, elsewhere
    fail_over_at(any(), false);
}

void life::fail_over_at(cluster& c, bool gracefully) {
  // A graceful one is asked for where the domain is to be.
  const auto target = gracefully ? c.name() : any().name();
  const auto next = c.group().next(target, c.version());
  require(bool(next), "a version follows every version");
  if (*next == c.version())
    return;
  note((gracefully ? "graceful@" : "failover@") + c.name() + "->" + target + ":" + std::to_string(*next));
  ++(gracefully ? graceful_ : failovers_);
  c.set_version(*next);
  c.set_pending(gracefully);
}

void life::end_graceful(cluster& c, bool by_force) {
  for (int i = 0; i < count(); ++i)
    if (&at(i) == &c && c.pending() && (by_force || drained_to(i))) {
      c.set_pending(false);
      note("active@" + c.name());
    }
}

void life::tell_of_domain() {
  for (int i = 0; i < count(); ++i)
    for (int j = 0; j < count(); ++j)
      if (i != j && (calm_ || (linked(i, j) && world_.one_in(2))) && at(j).version() < at(i).version()) {
        at(j).set_version(at(i).version());
        at(j).set_pending(false); // of another fail-over
        if (world_.one_in(2))
          at(j).end_decisions_in_flight();
      }
}

void life::cut_or_mend() {
  const auto i = static_cast<std::size_t>(world_.below(count()));
  const auto j = static_cast<std::size_t>(world_.below(count()));
  if (world_.one_in(4)) { // one cluster alone, or back
    const bool up = world_.one_in(2);
    for (std::size_t k = 0; k < up_.size(); ++k)
      up_[i][k] = up_[k][i] = up;
  } else if (i != j) {
    up_[i][j] = world_.one_in(2); // one way only
  }
}

// --- the links

void life::carry() {
  auto& s = streams_[static_cast<std::size_t>(world_.below(static_cast<int>(streams_.size())))];
  if (!linked(s.to, s.from))
    return;
  const bool in_order = !world_.one_in(6);
  const auto task = at(s.from).task_after(s.shard, s.after, in_order ? 0 : world_.below(4));
  if (!task)
    return;
  const auto what = at(s.from).tell(*task);
  if (what && world_.one_in(6)) // a copy is under way for long
    late_.push_back({s.from, s.to, *what});
  if (world_.one_in(10))
    return; // lost
  bool done = !what || at(s.to).receive(*what, at(s.from), reach_from(s.to));
  if (what && world_.one_in(10))
    done = at(s.to).receive(*what, at(s.from), reach_from(s.to)); // twice
  if (done && in_order && !world_.one_in(10))
    s.after = task->task_id();
}

void life::carry_late() {
  if (late_.empty())
    return;
  const auto& m = late_[static_cast<std::size_t>(world_.below(static_cast<int>(late_.size())))];
  (void)at(m.to).receive(m.what, at(m.from), reach_from(m.to));
}

} // namespace cadenza::replication::test
