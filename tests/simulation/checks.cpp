#include "checks.hpp"

#include "program.hpp"

#include "cadenza/record/v1/run.pb.h"
#include "cadenza/record/v1/task.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>

namespace cadenza::simulation {
namespace {

constexpr std::int64_t patience_ns = 60 * ns_per_s;

struct told_run {
  std::string workflow_id;
  std::string run_id;
  api::History history;
};

using runs = std::map<std::string, told_run>; ///< by run id

/// Waits for the answer of a store.
template <class Result, class Ask> Result wait_for(world& in, const std::string& what, Ask&& ask) {
  std::optional<Result> result;
  ask([&result](Result r) { result = std::move(r); });
  in.run_until(
      what, [&] { return result.has_value(); }, patience_ns);
  if (result->outcome != storage::status::committed)
    throw violation(what + ": " + result->message);
  return *std::move(result);
}

template <class Response, class Ask> Response ask(world& in, const std::string& what, Ask&& send) {
  std::optional<outcome<Response>> result;
  send(in.call<Response>(what, [&result](const outcome<Response>& answer) { result = answer; }));
  in.run_until(
      what, [&] { return result.has_value(); }, patience_ns);
  if (!*result)
    throw violation(what + " failed: " + result->error().message);
  return **result;
}

api::History history_of(world& in, const run_key& key) {
  api::History out;
  std::string page;
  do {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->set_domain(domain_name);
    request->mutable_workflow_execution()->set_workflow_id(key.workflow_id);
    request->mutable_workflow_execution()->set_run_id(key.run_id.str());
    request->set_page_size(static_cast<int>(in.chance().between(1, 30)));
    request->set_next_page_token(page);
    const auto answer =
        ask<api::GetWorkflowExecutionHistoryResponse>(in, "history of " + key.workflow_id, [&](actors::call_ptr call) {
          in.engine().get_history(in.domain(domain_name), request, std::move(call));
        });
    out.MergeFrom(answer.history());
    page = answer.next_page_token();
  } while (!page.empty());
  return out;
}

runs read_runs(world& in) {
  runs out;
  for (int shard = 0; shard < in.shards(); ++shard) {
    std::string page;
    do {
      using rows = storage::page<std::pair<run_key, run_rows>>;
      const auto found = wait_for<rows>(in, "runs of a shard",
                                        [&](auto done) { in.store().scan_runs(shard, page, 100, std::move(done)); });
      for (const auto& [key, stored] : found.rows)
        out.emplace(key.run_id.str(), told_run{key.workflow_id, key.run_id.str(), history_of(in, key)});
      page = found.next;
    } while (!page.empty());
  }
  return out;
}

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
  static const char* const names[] = {"start", "signal", "cancel request", "termination", "activity", "decision"};
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

/// The runs of a workflow id that nobody disturbed are one chain, and its end is a success.
void check_story(const std::string& workflow_id, const workflow_story& story, const runs& all) {
  std::map<std::string, std::string> next;
  std::vector<const told_run*> roots;
  for (const auto& [id, run] : all) {
    if (run.workflow_id != workflow_id)
      continue;
    if (run.history.events(0).workflow_execution_started_event_attributes().continued_execution_run_id().empty())
      roots.push_back(&run);
    const auto& end = run.history.events(run.history.events_size() - 1);
    if (end.has_workflow_execution_continued_as_new_event_attributes())
      next[id] = end.workflow_execution_continued_as_new_event_attributes().new_execution_run_id();
  }
  if (roots.empty())
    throw violation("workflow " + workflow_id + " is not there");
  const bool renewed = story.program.find('n') != std::string::npos;
  if (roots.size() > 1 && !renewed)
    fail(*roots[1], "a start under one request id made two runs");
  for (const auto* root : roots) {
    std::string id = root->run_id;
    while (next.contains(id)) {
      id = next.at(id);
      if (!all.contains(id))
        fail(*root, "the next run " + id + " is not there");
    }
    const auto& run = all.at(id);
    const auto& end = run.history.events(run.history.events_size() - 1);
    if (!story.disturbed && end.workflow_execution_completed_event_attributes().result().data() != "done")
      fail(run, "the workflow did not end well");
  }
}

void check_queues(world& in) {
  const auto drained = [&] {
    for (int shard = 0; shard < in.shards(); ++shard) {
      std::optional<storage::page<transfer_row>> found;
      in.store().scan_transfer(shard, 0, INT64_MAX, 100, [&found](auto page) { found = std::move(page); });
      in.run_until(
          "transfer tasks", [&] { return found.has_value(); }, patience_ns);
      if (!found->rows.empty())
        return false;
    }
    return true;
  };
  for (int i = 0; !drained(); ++i) {
    if (i > 60) {
      std::string names;
      for (int shard = 0; shard < in.shards(); ++shard) {
        const auto found = wait_for<storage::page<transfer_row>>(in, "transfer tasks", [&](auto done) {
          in.store().scan_transfer(shard, 0, INT64_MAX, 100, std::move(done));
        });
        for (const auto& row : found.rows) {
          record::v1::TransferTask task;
          task.ParseFromString(row.value);
          names += "\nshard " + std::to_string(shard) + ": " + task.ShortDebugString();
        }
      }
      throw violation("transfer tasks are never done:" + names);
    }
    bool waited = false;
    in.later(ns_per_s, [&waited] { waited = true; });
    in.run_until(
        "cleanup", [&] { return waited; }, patience_ns);
  }
}

void check_lists(world& in, const runs& all) {
  auto open = std::make_shared<api::CountWorkflowExecutionsRequest>();
  open->set_query("CloseTime = missing");
  const auto still_open = ask<api::CountWorkflowExecutionsResponse>(in, "count of open runs", [&](auto call) {
    in.engine().count_by_query(in.domain(domain_name), open, std::move(call));
  });
  if (still_open.count() != 0)
    throw violation(std::to_string(still_open.count()) + " closed runs are listed as open");
  const auto every = ask<api::CountWorkflowExecutionsResponse>(in, "count of runs", [&](auto call) {
    in.engine().count_by_query(in.domain(domain_name), std::make_shared<api::CountWorkflowExecutionsRequest>(),
                               std::move(call));
  });
  if (every.count() != static_cast<std::int64_t>(all.size()))
    throw violation(std::to_string(every.count()) + " runs are listed of " + std::to_string(all.size()));
}

} // namespace

void check_everything(world& in, const ledger& book) {
  const auto all = read_runs(in);
  for (const auto& [id, run] : all) {
    check_shape(run);
    check_pairs(run);
  }
  for (const auto& f : book.facts)
    check_fact(f, all);
  for (const auto& [id, story] : book.workflows)
    check_story(id, story, all);
  check_queues(in);
  check_lists(in, all);
}

} // namespace cadenza::simulation
