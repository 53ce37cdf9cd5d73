#include "told_histories.hpp"

#include "program.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace cadenza::simulation {
namespace {

bool closes(const api::HistoryEvent& e) {
  return e.has_workflow_execution_completed_event_attributes() || e.has_workflow_execution_failed_event_attributes() ||
         e.has_workflow_execution_timed_out_event_attributes() ||
         e.has_workflow_execution_canceled_event_attributes() ||
         e.has_workflow_execution_terminated_event_attributes() ||
         e.has_workflow_execution_continued_as_new_event_attributes();
}

[[noreturn]] void fail(const told_run& run, const std::string& what) {
  std::string shape;
  for (const auto& e : run.history.events())
    shape += e.ShortDebugString() + '\n';
  throw violation(what + " in " + run.workflow_id + "/" + run.run_id + "\n" + shape);
}

void check_shape(const told_run& run) {
  const auto& events = run.history.events();
  if (events.empty() || !events[0].has_workflow_execution_started_event_attributes())
    fail(run, "no start");
  std::int64_t task_id = INT64_MIN;
  for (int i = 0; i < events.size(); ++i) {
    if (events[i].event_id() != i + 1)
      fail(run, "event ids are not dense");
    if (events[i].task_id() < task_id)
      fail(run, "task ids go back");
    task_id = events[i].task_id();
    if (closes(events[i]) != (i + 1 == events.size()))
      fail(run, "the end is not where it belongs");
  }
}

/// Each scheduled activity, timer and decision ends at most once; a scheduled id is never open twice.
void check_pairs(const told_run& run) {
  std::map<std::int64_t, int> activities;
  std::map<std::int64_t, int> timers;
  std::map<std::int64_t, int> decisions;
  const auto close = [&](std::map<std::int64_t, int>& of, std::int64_t id, const char* what) {
    const auto i = of.find(id);
    if (i == of.end() || ++i->second != 1)
      fail(run, std::string(what) + " ends twice, or never began");
  };
  for (const auto& e : run.history.events()) {
    if (e.has_activity_task_scheduled_event_attributes())
      activities[e.event_id()] = 0;
    else if (e.has_activity_task_completed_event_attributes())
      close(activities, e.activity_task_completed_event_attributes().scheduled_event_id(), "an activity");
    else if (e.has_activity_task_failed_event_attributes())
      close(activities, e.activity_task_failed_event_attributes().scheduled_event_id(), "an activity");
    else if (e.has_activity_task_timed_out_event_attributes())
      close(activities, e.activity_task_timed_out_event_attributes().scheduled_event_id(), "an activity");
    else if (e.has_timer_started_event_attributes())
      timers[e.event_id()] = 0;
    else if (e.has_timer_fired_event_attributes())
      close(timers, e.timer_fired_event_attributes().started_event_id(), "a timer");
    else if (e.has_decision_task_scheduled_event_attributes())
      decisions[e.event_id()] = 0;
    else if (e.has_decision_task_completed_event_attributes())
      close(decisions, e.decision_task_completed_event_attributes().scheduled_event_id(), "a decision");
    else if (e.has_decision_task_failed_event_attributes())
      close(decisions, e.decision_task_failed_event_attributes().scheduled_event_id(), "a decision");
    else if (e.has_decision_task_timed_out_event_attributes())
      close(decisions, e.decision_task_timed_out_event_attributes().scheduled_event_id(), "a decision");
  }
}

/// How often a fact is in one history.
int times_told(const fact& f, const told_run& run) {
  int out = 0;
  for (const auto& e : run.history.events()) {
    switch (f.what) {
    case fact::kind::start: out += e.has_workflow_execution_started_event_attributes() && run.run_id == f.mark; break;
    case fact::kind::signal:
      out += e.has_workflow_execution_signaled_event_attributes() &&
             e.workflow_execution_signaled_event_attributes().input().data() == f.mark;
      break;
    case fact::kind::cancel:
      out += e.has_workflow_execution_cancel_requested_event_attributes() &&
             e.workflow_execution_cancel_requested_event_attributes().request_id() == f.mark;
      break;
    case fact::kind::terminate:
      out += e.has_workflow_execution_terminated_event_attributes() &&
             e.workflow_execution_terminated_event_attributes().reason() == f.mark;
      break;
    case fact::kind::activity:
      out += e.has_activity_task_completed_event_attributes() &&
             e.activity_task_completed_event_attributes().result().data() == f.mark;
      break;
    case fact::kind::reset: out += e.has_workflow_execution_started_event_attributes() && run.run_id == f.mark; break;
    case fact::kind::decision:
      out += (e.has_decision_task_completed_event_attributes() &&
              e.decision_task_completed_event_attributes().identity() == f.mark) ||
             (e.has_decision_task_failed_event_attributes() &&
              e.decision_task_failed_event_attributes().identity() == f.mark);
      break;
    }
  }
  return out;
}

void check_fact(const fact& f, const runs& all) {
  static const char* const names[] = {"start",    "signal",   "cancel request", "termination",
                                      "activity", "decision", "reset"};
  const std::string name = names[static_cast<int>(f.what)] + (" " + f.mark);
  int total = 0;
  const told_run* last = nullptr;
  for (const auto& [id, run] : all) {
    if (run.workflow_id != f.workflow_id || (!f.run_id.empty() && f.run_id != id))
      continue;
    last = &run;
    const int times = times_told(f, run);
    if (times > 1)
      fail(run, "an acknowledged " + name + " is there " + std::to_string(times) + " times");
    total += times;
  }
  if (last == nullptr)
    throw violation("an acknowledged " + name + " is of run " + f.workflow_id + "/" + f.run_id +
                    ", which is not there");
  if (total == 0)
    fail(*last, "an acknowledged " + name + " is lost");
}

/// What a request has made, under its id. The events that a reset run shares with its base are the same ones: they have
/// the same task id.
struct request_traces {
  std::map<std::string, std::set<std::int64_t>> signals;
  std::map<std::string, std::set<std::int64_t>> cancels;
  std::map<std::string, std::set<std::string>> starts; ///< run ids
  std::map<std::string, std::set<std::string>> resets; ///< run ids

  void add(const told_run& run, const api::HistoryEvent& e) {
    // Ids of different workflows may be equal: clients name signals as they like.
    const auto key = [&](const std::string& id) { return run.workflow_id + " " + id; };
    if (const auto& s = e.workflow_execution_signaled_event_attributes(); !s.request_id().empty())
      signals[key(s.request_id())].insert(e.task_id());
    if (const auto& c = e.workflow_execution_cancel_requested_event_attributes(); !c.request_id().empty())
      cancels[key(c.request_id())].insert(e.task_id());
    const auto& start = e.workflow_execution_started_event_attributes();
    if (start.original_execution_run_id() == run.run_id && start.continued_execution_run_id().empty())
      starts[key(start.request_id())].insert(run.run_id);
    if (const auto& f = e.decision_task_failed_event_attributes(); !f.new_run_id().empty())
      resets[key(f.request_id())].insert(f.new_run_id());
    if (const auto& o = e.decision_task_timed_out_event_attributes(); !o.new_run_id().empty())
      resets[key(o.request_id())].insert(o.new_run_id());
  }
};

/// A request is carried out once, whatever has become of the run that it met first: clients send everything again.
void check_doubles(const runs& all) {
  request_traces traces;
  for (const auto& [id, run] : all)
    for (const auto& e : run.history.events())
      traces.add(run, e);
  const auto once = [&](const auto& of, const char* what) {
    for (const auto& [id, where] : of) {
      if (where.size() < 2)
        continue;
      std::string shape;
      for (const auto& [run_id, run] : all)
        if (id.rfind(run.workflow_id + " ", 0) == 0)
          for (const auto& e : run.history.events())
            shape += run_id + ' ' + e.ShortDebugString() + '\n';
      throw violation(std::string(what) + " " + id + " was carried out " + std::to_string(where.size()) + " times\n" +
                      shape);
    }
  };
  once(traces.signals, "signal request");
  once(traces.cancels, "cancel request");
  once(traces.starts, "start");
  once(traces.resets, "reset");
}

/// A signal from one workflow to another arrives once, if the sender was told that it arrived at all.
void check_external_signals(const runs& all, const ledger& book) {
  struct count {
    int initiated = 0;
    int confirmed = 0;
    std::set<std::string> requests; ///< that arrived
  };
  const auto was_reset = [&](const std::string& id) {
    const auto story = book.workflows.find(id);
    return story != book.workflows.end() && story->second.resets > 0;
  };
  std::map<std::pair<std::string, std::string>, count> sent; // (source, target)
  for (const auto& [id, run] : all) {
    for (const auto& e : run.history.events()) {
      if (e.has_signal_external_workflow_execution_initiated_event_attributes())
        ++sent[{run.workflow_id,
                e.signal_external_workflow_execution_initiated_event_attributes().workflow_execution().workflow_id()}]
              .initiated;
      if (e.has_external_workflow_execution_signaled_event_attributes())
        ++sent[{run.workflow_id,
                e.external_workflow_execution_signaled_event_attributes().workflow_execution().workflow_id()}]
              .confirmed;
      const auto& input = e.workflow_execution_signaled_event_attributes().input().data();
      if (input.rfind("from:", 0) == 0)
        sent[{input.substr(5), run.workflow_id}].requests.insert(
            e.workflow_execution_signaled_event_attributes().request_id());
    }
  }
  for (const auto& [way, n] : sent) {
    const auto arrived = static_cast<int>(n.requests.size());
    if (was_reset(way.first) || was_reset(way.second) || (n.confirmed <= arrived && arrived <= n.initiated))
      continue;
    throw violation("of " + std::to_string(n.initiated) + " signals from " + way.first + " to " + way.second + ", " +
                    std::to_string(n.confirmed) + " were confirmed and " + std::to_string(arrived) + " arrived");
  }
}

/// A run made by a reset has all signals of the run it was made from.
void check_resets(const runs& all) {
  for (const auto& [id, run] : all) {
    std::string base;
    for (const auto& e : run.history.events()) {
      if (e.decision_task_failed_event_attributes().new_run_id() == id)
        base = e.decision_task_failed_event_attributes().base_run_id();
      if (e.decision_task_timed_out_event_attributes().new_run_id() == id)
        base = e.decision_task_timed_out_event_attributes().base_run_id();
    }
    if (base.empty())
      continue;
    if (!all.contains(base))
      fail(run, "the run it was reset from is not there");
    std::multiset<std::string> have;
    for (const auto& e : run.history.events())
      if (e.has_workflow_execution_signaled_event_attributes())
        have.insert(e.workflow_execution_signaled_event_attributes().input().data());
    for (const auto& e : all.at(base).history.events()) {
      if (!e.has_workflow_execution_signaled_event_attributes())
        continue;
      const auto mark = e.workflow_execution_signaled_event_attributes().input().data();
      const auto found = have.find(mark);
      if (found == have.end())
        fail(run, "signal " + mark + " of run " + base + " was not reapplied");
      have.erase(found);
    }
  }
}

/// The runs of a workflow id that nobody disturbed are one chain, and its end is a success.
void check_story(const std::string& workflow_id, const workflow_story& story, const runs& all) {
  std::map<std::string, std::string> next;
  std::vector<const told_run*> roots;
  for (const auto& [id, run] : all) {
    if (run.workflow_id != workflow_id)
      continue;
    const auto& start = run.history.events(0).workflow_execution_started_event_attributes();
    if (start.continued_execution_run_id().empty() && start.original_execution_run_id() == id)
      roots.push_back(&run);
    const auto& end = run.history.events(run.history.events_size() - 1);
    if (end.has_workflow_execution_continued_as_new_event_attributes())
      next[id] = end.workflow_execution_continued_as_new_event_attributes().new_execution_run_id();
  }
  if (roots.empty())
    throw violation("workflow " + workflow_id + " is not there");
  if (roots.size() > 1 && !story.restarted)
    fail(*roots[1], "nobody asked for a second start");
  if (story.disturbed)
    return;
  for (const auto& [id, run] : all) {
    if (run.workflow_id != workflow_id)
      continue;
    if (next.contains(id)) {
      if (!all.contains(next.at(id)))
        fail(run, "the next run " + next.at(id) + " is not there");
      continue;
    }
    const auto& end = run.history.events(run.history.events_size() - 1);
    const bool reset = end.workflow_execution_terminated_event_attributes().reason() == reset_reason;
    if (!(reset && story.resets > 0) && end.workflow_execution_completed_event_attributes().result().data() != "done")
      fail(run, "the workflow did not end well");
  }
}

} // namespace

void check_histories(const runs& all, const ledger& book) {
  for (const auto& [id, run] : all) {
    check_shape(run);
    check_pairs(run);
  }
  check_doubles(all);
  for (const auto& f : book.facts)
    check_fact(f, all);
  check_resets(all);
  check_external_signals(all, book);
  for (const auto& [id, story] : book.workflows)
    check_story(id, story, all);
}

} // namespace cadenza::simulation
