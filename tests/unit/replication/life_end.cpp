#include "life.hpp"

#include <algorithm>

/// What holds when all is well again.
namespace cadenza::replication::test {

namespace {

std::string short_name(const api::HistoryEvent& e) {
  if (e.has_workflow_execution_signaled_event_attributes())
    return ":" + e.workflow_execution_signaled_event_attributes().signal_name();
  const auto* field = e.GetReflection()->GetOneofFieldDescriptor(e, e.GetDescriptor()->FindOneofByName("attributes"));
  const std::string name = field == nullptr ? "" : field->name();
  return ":" + name.substr(0, name.rfind("_event_attributes"));
}

} // namespace

void life::live(int rounds, int steps) {
  for (int round = 0; round < rounds; ++round) {
    calm_ = false;
    world_.crash_one_in = 10;
    for (int i = 0; i < steps; ++i)
      step();
    heal();
    compare("after healing");
    check_runs();
    replay_late();
  }
  finish();
  compare("at the end");
  check_runs();
  check_signals();
}

/// Everything that waits in the streams; false: there was nothing.
bool life::drain() {
  bool moved = false;
  for (auto& s : streams_)
    while (const auto task = at(s.from).task_after(s.shard, s.after)) {
      const auto what = at(s.from).tell(*task);
      if (what && !at(s.to).receive(*what, at(s.from), reach_from(s.to)))
        break; // what it needs comes from another stream
      s.after = task->task_id();
      moved = true;
    }
  return moved;
}

void life::settle() {
  for (int i = 0; i < 100; ++i)
    if (!drain())
      return;
  throw violated("clusters go on telling each other of the same");
}

bool life::all_told() {
  return std::all_of(streams_.begin(), streams_.end(),
                     [&](const stream& s) { return !at(s.from).task_after(s.shard, s.after); });
}

/// A graceful fail-over to a cluster is over when all others know of it and have told it everything.
bool life::drained_to(int to) {
  for (int i = 0; i < count(); ++i)
    if (at(i).version() != at(to).version())
      return false;
  for (auto& c : clusters_)
    c->end_decisions_in_flight();
  return std::all_of(streams_.begin(), streams_.end(),
                     [&](const stream& s) { return s.to != to || !at(s.from).task_after(s.shard, s.after); });
}

cluster& life::active() {
  for (auto& c : clusters_)
    if (c->active())
      return *c;
  throw violated("a domain is active in one cluster");
}

void life::heal() {
  note("| heal ");
  calm_ = true;
  world_.crash_one_in = 0;
  tell_of_domain();
  for (auto& c : clusters_)
    c->set_pending(false);
  settle();
  // Looking at a run after a fail-over ends what was in flight.
  for (auto& c : clusters_)
    c->end_decisions_in_flight();
  settle();
  answer_all_decisions();
  settle();
  require(all_told(), "a stream is stuck");
}

/// What waits behind a decision has no place in a history yet, so it cannot be the same elsewhere.
void life::answer_all_decisions() {
  auto& c = active();
  for (const auto& id : c.run_ids()) {
    const auto& r = c.run(id);
    if (!r.open() || !r.has_started_decision())
      continue;
    const auto& d = r.head().decision();
    require(c.answer(held_decision{id, d.schedule_id(), d.attempt()}, {}), "a worker's answer is taken");
  }
}

void life::compare(const std::string& when) {
  for (int i = 1; i < count(); ++i) {
    const auto unlike = difference(at(0), at(i));
    require(unlike.empty(), when + ": " + unlike);
  }
}

/// Each workflow id has at most one open run, which is its current one, and no run is a zombie for ever.
void life::check_runs() {
  for (auto& c : clusters_)
    for (const auto& id : c->run_ids()) {
      const auto& r = c->run(id);
      require(r.closed() || r.open(), "run " + id.str() + " is a zombie for ever in " + c->name());
      require(r.closed() || c->current(r.key().workflow_id) == id,
              "open run " + id.str() + " is not the current one in " + c->name());
      require(r.closed() == (c->lists().at(id).close_ns() > 0), "the lists of " + c->name() + " say otherwise");
    }
}

/// What comes late once more changes nothing anywhere.
void life::replay_late() {
  for (const auto& m : late_)
    (void)at(m.to).receive(m.what, at(m.from), reach_from(m.to));
  if (late_.size() > 30) // the others go on being late
    late_.clear();
  require(all_told(), "what is known already makes somebody write");
  compare("after old messages");
}

void life::finish() {
  note("| finish ");
  auto& c = active();
  run_dry(c, false);
  check_idle(c);
  settle();
  compare("when nothing moves");
  run_dry(c, true);
  for (const auto& id : c.run_ids())
    require(c.run(id).closed(), "a run goes on for ever: " + id.str() + " " + branches_of(c.run(id)));
  settle();
  require(all_told(), "a stream is stuck at the end");
}

/// Carries out all that waits in the active cluster, by its own queues alone: until nothing moves within an hour, or
/// until every run has come to its end.
void life::run_dry(cluster& c, bool to_the_end) {
  if (to_the_end)
    for (const auto& id : c.run_ids())
      if (const auto& r = c.run(id); r.open()) {
        if (r.fixed().cron_schedule().empty())
          require(c.signal(id, "end " + id.str(), "end"), "an open run takes signals");
        else
          require(c.terminate(id), "an open run can be terminated");
      }
  const auto until = c.now_ns() + 3'600 * ns_per_s;
  for (int i = 0; i < 5'000; ++i) {
    if (auto decision = c.poll_decision()) {
      std::vector<api::Decision> what;
      if (to_the_end)
        what.push_back(complete());
      (void)c.answer(*decision, std::move(what));
    } else if (auto work = c.poll_activity()) {
      (void)c.answer(*work, 0);
    } else if (!c.fire_due()) {
      const auto next = c.next_timer();
      if (!next || *next > until)
        return;
      world_.now_ns += std::max<std::int64_t>(0, *next - c.now_ns());
    }
  }
  throw violated("runs go on for ever");
}

/// Nothing is left that something should have moved.
void life::check_idle(cluster& c) {
  for (const auto& id : c.run_ids()) {
    const auto& r = c.run(id);
    if (r.closed())
      continue;
    const auto stuck = [&](const std::string& what) {
      return what + " of run " + id.str() + " " + branches_of(r) + " is stuck: " + r.head().ShortDebugString();
    };
    require(!r.has_pending_decision(), stuck("a decision"));
    require(r.has_processed_or_pending_decision(), stuck("the first decision"));
    require(r.activities().empty(), stuck("an activity"));
    require(r.timers().empty(), stuck("a timer"));
    require(r.buffered().empty(), stuck("an event"));
  }
}

std::string life::describe() {
  std::string out;
  for (auto& c : clusters_) {
    out += "cluster " + c->name() + ", version " + std::to_string(c->version()) + "\n";
    for (const auto& id : c->run_ids()) {
      const auto& r = c->run(id);
      out += "  " + r.key().workflow_id + " " + id.str().substr(0, 8) + " state " + std::to_string(r.head().state()) +
             (c->current(r.key().workflow_id) == id ? " current " : " ") + branches_of(r) + "\n";
      for (const auto& branch : r.head().version_histories().branches()) {
        out += "   ";
        for (const auto& batch : c->branch(branch.branch(), branch.items().rbegin()->event_id() + 1)) {
          out += " |";
          for (const auto& e : batch->events())
            out += " " + std::to_string(e.event_id()) + "@" + std::to_string(e.version()) + short_name(e);
        }
        out += "\n";
      }
    }
  }
  return out;
}

void life::check_signals() {
  std::set<std::string> found;
  std::set<std::string> known_by_id;
  for (const auto& sent : signals_)
    if (!sent.request_id.empty())
      known_by_id.insert(sent.name);
  for (const auto& id : at(0).run_ids()) {
    const auto events = at(0).events(id);
    const auto& end = events.back();
    const bool lost = end.workflow_execution_terminated_event_attributes().identity() == "worker-service";
    std::set<std::string> in_run;
    for (const auto& e : events) {
      require(!e.has_workflow_execution_timed_out_event_attributes(), "a run that went on did not time out");
      if (!e.has_workflow_execution_signaled_event_attributes())
        continue;
      const auto& a = e.workflow_execution_signaled_event_attributes();
      require(!known_by_id.contains(a.signal_name()) || in_run.insert(a.signal_name()).second,
              "run " + id.str() + " has signal " + a.signal_name() + " twice");
      if (!lost) // what only a run has that has lost its place to another one, nobody decides on
        found.insert(a.signal_name());
    }
  }
  for (const auto& sent : signals_)
    require(found.contains(sent.name) || world_.dropped.contains(sent.name), "signal " + sent.name + " is lost");
}

} // namespace cadenza::replication::test
