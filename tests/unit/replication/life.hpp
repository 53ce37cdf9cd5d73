#pragma once

#include "cluster.hpp"

#include <algorithm>

namespace cadenza::replication::test {

inline constexpr const char* letters[] = {"A", "B", "C"};

/// What a cluster has been told so far: of one shard of another one.
struct stream {
  int from = 0;
  int to = 0;
  int shard = 0;
  std::int64_t after = 0; ///< task id
};

class life {
public:
  explicit life(std::uint64_t seed) {
    world_.random.seed(seed);
    world_.limits.max_buffered_batches = 20;
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
    }
    up_.assign(static_cast<std::size_t>(n), std::vector<bool>(static_cast<std::size_t>(n), true));
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        for (int s = 0; i != j && s < at(i).shards(); ++s)
          streams_.push_back({i, j, s, 0});
  }

  void live(int steps) {
    for (int i = 0; i < steps; ++i)
      step();
    heal();
    compare("after healing");
    finish();
    compare("at the end");
    check_end();
  }

  [[nodiscard]] cluster::counts total() const {
    cluster::counts out;
    for (const auto& c : clusters_) {
      const auto& s = c->seen;
      out.applied += s.applied, out.duplicates += s.duplicates, out.asked += s.asked, out.flushed += s.flushed;
      out.rebuilt += s.rebuilt, out.aside += s.aside, out.zombies += s.zombies, out.conflicts += s.conflicts;
      out.signals += s.signals, out.resets += s.resets, out.synced += s.synced;
    }
    return out;
  }
  [[nodiscard]] int failovers() const { return failovers_; }
  [[nodiscard]] const std::string& log() const { return log_; }

private:
  [[nodiscard]] cluster& at(int i) { return *clusters_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] int count() const { return static_cast<int>(clusters_.size()); }
  [[nodiscard]] cluster& any() { return at(world_.below(count())); }
  void note(const std::string& what) { log_ += what + ' '; }

  [[nodiscard]] bool linked(int i, int j) const {
    return up_[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  }

  [[nodiscard]] cluster::reach reach_from(int i) {
    return [this, i](const std::string& name) -> cluster* {
      for (int j = 0; j < count(); ++j)
        if (at(j).name() == name && (calm_ || (linked(i, j) && !world_.one_in(8))))
          return &at(j);
      return nullptr;
    };
  }

  // --- what clients, workers and operators do

  void step() {
    world_.now_ns += (1 + world_.below(1500)) * ns_per_ms;
    switch (world_.below(20)) {
    case 0: return begin();
    case 1:
    case 2: return signal();
    case 3:
    case 4: return poll();
    case 5:
    case 6: return answer();
    case 7:
    case 8: return work();
    case 9: (void)any().fire_due(); return;
    case 10: return fail_over();
    case 11: return cut_or_mend();
    case 12: return restart_or_end();
    case 13: return tell_of_domain();
    default: return carry(streams_[static_cast<std::size_t>(world_.below(static_cast<int>(streams_.size())))]);
    }
  }

  [[nodiscard]] std::optional<uuid> some_current(cluster& c) { return c.current(world_.one_in(2) ? "w0" : "w1"); }

  void begin() {
    auto& c = any();
    if (const auto id = c.start(world_.one_in(2) ? "w0" : "w1", world_.one_in(5) ? 3 : 0))
      note("start@" + c.name());
  }

  void signal() {
    auto& c = any();
    const auto id = some_current(c);
    if (!id)
      return;
    const auto request = "r" + std::to_string(++requests_);
    if (c.signal(*id, request)) {
      note("signal@" + c.name());
      signals_.push_back(request);
    }
  }

  void poll() {
    auto& c = any();
    if (auto got = c.poll_decision()) {
      note("poll@" + c.name());
      decisions_.push_back(*got);
    }
    if (auto got = c.poll_activity())
      activities_.push_back(*got);
  }

  void answer() {
    if (decisions_.empty())
      return poll();
    const auto i = static_cast<std::size_t>(world_.below(static_cast<int>(decisions_.size())));
    const auto held = decisions_[i];
    std::vector<api::Decision> what;
    const auto name = "x" + std::to_string(world_.below(3));
    switch (world_.below(9)) {
    case 0: what = {complete()}; break;
    case 1: what = {test::again()}; break;
    case 2: what = {timer(name, 1 + world_.below(10))}; break;
    case 3:
    case 4: what = {activity(name, true)}; break;
    case 5: what = {activity(name, false)}; break;
    default: break;
    }
    // Its worker asks whichever cluster it can reach.
    auto& c = any();
    if (c.answer(held, what))
      note("answer@" + c.name());
    if (world_.one_in(2))
      decisions_.erase(decisions_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  void work() {
    if (activities_.empty())
      return poll();
    const auto i = static_cast<std::size_t>(world_.below(static_cast<int>(activities_.size())));
    const auto held = activities_[i];
    if (any().answer(held, world_.below(3)))
      note("work");
    if (world_.one_in(3))
      activities_.erase(activities_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  void fail_over() {
    auto& c = any();
    fail_over_at(c);
    if (world_.one_in(3)) // the same moment, elsewhere
      fail_over_at(any());
  }

  void fail_over_at(cluster& c) {
    const auto target = any().name();
    const auto next = c.group().next(target, c.version());
    require(bool(next), "a version follows every version");
    if (*next == c.version())
      return;
    note("failover@" + c.name() + "->" + target + ":" + std::to_string(*next));
    ++failovers_;
    c.set_version(*next);
  }

  void tell_of_domain() {
    for (int i = 0; i < count(); ++i)
      for (int j = 0; j < count(); ++j)
        if (i != j && (calm_ || (linked(i, j) && world_.one_in(2))))
          at(j).set_version(std::max(at(j).version(), at(i).version()));
  }

  void cut_or_mend() {
    const auto i = static_cast<std::size_t>(world_.below(count()));
    const auto j = static_cast<std::size_t>(world_.below(count()));
    if (i != j)
      up_[i][j] = world_.one_in(2); // one way only
  }

  void restart_or_end() {
    auto& c = any();
    if (!world_.one_in(4))
      return c.restart();
    const auto id = some_current(c);
    if (!id)
      return;
    if (world_.one_in(3)) {
      if (c.terminate(*id))
        note("terminate@" + c.name());
      return;
    }
    std::vector<std::int64_t> points;
    for (const auto& e : c.events(*id))
      if (e.has_decision_task_completed_event_attributes() || e.has_decision_task_started_event_attributes())
        points.push_back(e.event_id());
    if (!points.empty() &&
        c.reset(*id, points[static_cast<std::size_t>(world_.below(static_cast<int>(points.size())))]))
      note("reset@" + c.name());
  }

  // --- what the links do

  /// Carries the next task of a stream, or one of those behind it.
  void carry(stream& s) {
    if (!linked(s.to, s.from))
      return;
    const auto queue = at(s.from).queue(s.shard);
    auto next = std::find_if(queue.begin(), queue.end(), [&](const auto& t) { return t.task_id() > s.after; });
    if (next == queue.end())
      return;
    const bool in_order = !world_.one_in(6);
    if (!in_order)
      next += std::min<std::ptrdiff_t>(world_.below(4), queue.end() - next - 1);
    const auto what = at(s.from).tell(*next);
    if (world_.one_in(10))
      return; // lost
    bool done = !what || at(s.to).receive(*what, at(s.from), reach_from(s.to));
    if (what && world_.one_in(10))
      done = at(s.to).receive(*what, at(s.from), reach_from(s.to)); // twice
    if (done && in_order && !world_.one_in(10))
      s.after = next->task_id();
  }

  /// Everything that waits in the streams; false: there was nothing.
  bool drain() {
    bool moved = false;
    for (auto& s : streams_) {
      for (const auto& task : at(s.from).queue(s.shard)) {
        if (task.task_id() <= s.after)
          continue;
        const auto what = at(s.from).tell(task);
        if (what && !at(s.to).receive(*what, at(s.from), reach_from(s.to)))
          break; // what it needs comes from another stream
        s.after = task.task_id();
        moved = true;
      }
    }
    return moved;
  }

  // --- healing

  void settle() {
    for (int i = 0; i < 100; ++i)
      if (!drain())
        return;
    throw violated("clusters go on telling each other of the same");
  }

  [[nodiscard]] bool all_told() {
    return std::all_of(streams_.begin(), streams_.end(), [&](const stream& s) {
      const auto queue = at(s.from).queue(s.shard);
      return queue.empty() || queue.back().task_id() <= s.after;
    });
  }

  void heal() {
    note("heal");
    calm_ = true;
    tell_of_domain();
    settle();
    // Loading a run after a fail-over ends what was in flight.
    for (auto& c : clusters_)
      c->end_decisions_in_flight();
    settle();
    require(all_told(), "a stream is stuck");
  }

  /// The active cluster's queues alone bring every run to its end.
  void finish() {
    int active = -1;
    for (int i = 0; i < count(); ++i)
      if (at(i).active())
        active = i;
    require(active >= 0, "a domain is active in one cluster");
    auto& c = at(active);
    for (int i = 0; i < 3000 && !all_closed(c); ++i) {
      if (auto decision = c.poll_decision()) {
        (void)c.answer(*decision, {complete()});
      } else if (auto work = c.poll_activity()) {
        (void)c.answer(*work, 0);
      } else if (!c.fire_due()) {
        const auto next = c.next_timer();
        require(next.has_value(), "nothing wakes a run that is open: " + open_runs(c));
        require(*next < world_.now_ns + 86'400 * ns_per_s, "only its time-out wakes a run: " + open_runs(c));
        world_.now_ns = std::max(world_.now_ns, *next);
      }
    }
    require(all_closed(c), "runs go on for ever: " + open_runs(c));
    settle();
    require(all_told(), "a stream is stuck at the end");
  }

  [[nodiscard]] static bool all_closed(cluster& c) {
    const auto ids = c.run_ids();
    return std::all_of(ids.begin(), ids.end(), [&](const uuid& id) { return c.run(id).closed(); });
  }

  [[nodiscard]] static std::string open_runs(cluster& c) {
    std::string out;
    for (const auto& id : c.run_ids())
      if (!c.run(id).closed())
        out += c.run(id).key().workflow_id + " " + id.str() + " " + branches_of(c.run(id)) + "\n" +
               c.run(id).head().ShortDebugString() + "\n";
    return out;
  }

  void compare(const std::string& when) {
    for (int i = 1; i < count(); ++i) {
      const auto unlike = difference(at(0), at(i));
      require(unlike.empty(), when + ": " + unlike);
    }
  }

  void check_end() {
    std::map<std::string, int> found;
    for (const auto& id : at(0).run_ids()) {
      std::set<std::string> in_run;
      for (const auto& e : at(0).events(id)) {
        require(!e.has_workflow_execution_timed_out_event_attributes(), "a run that went on did not time out");
        if (!e.has_workflow_execution_signaled_event_attributes())
          continue;
        const auto& request = e.workflow_execution_signaled_event_attributes().request_id();
        require(request.empty() || in_run.insert(request).second, "a run has signal " + request + " twice");
        ++found[request];
      }
    }
    for (const auto& request : signals_)
      lost_ += found.contains(request) ? 0 : 1;
  }

public:
  int lost_ = 0;

private:
  world world_;
  std::vector<std::unique_ptr<cluster>> clusters_;
  std::vector<std::vector<bool>> up_;
  std::vector<stream> streams_;
  std::vector<held_decision> decisions_;
  std::vector<held_activity> activities_;
  std::vector<std::string> signals_;
  int requests_ = 0;
  int failovers_ = 0;
  bool calm_ = false;
  std::string log_;
};

} // namespace cadenza::replication::test
