#include "durable.hpp"

#include "program.hpp"

#include "actors/history/history_reader.hpp"
#include "workflow/replay.hpp"
#include "workflow/replay_difference.hpp"
#include "workflow/run.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <algorithm>
#include <set>
#include <vector>

namespace cadenza::simulation {
namespace {

namespace rec = record::v1;
using workflow::run;

constexpr int everything = 1'000'000;

/// One look at all of the store's tables, without time going on.
struct picture {
  struct stored_run {
    run_key key;
    int shard = 0;
    std::unique_ptr<run> state;
  };
  std::map<std::string, stored_run> runs; ///< by run id
  std::map<std::string, std::vector<rec::TransferTask>> transfer;
  std::map<std::string, std::vector<rec::TimerTask>> timers;
  std::map<std::string, std::set<std::int64_t>> backlog; ///< schedule ids, by run id
};

[[noreturn]] void fail(const run& r, const std::string& what) {
  throw violation("in the store: " + what + "; run " + r.key().workflow_id + "/" + r.key().run_id.str() + "\n" +
                  r.head().ShortDebugString());
}

picture take_picture(world& in) {
  picture out;
  auto& store = in.store();
  for (int shard = 0; shard < in.shards(); ++shard) {
    store.shards().scan_transfer(shard, 0, INT64_MAX, everything, [&](auto page) {
      for (const auto& row : page.rows) {
        rec::TransferTask task;
        task.ParseFromString(row.value);
        out.transfer[uuid::from_raw(task.run_id()).str()].push_back(std::move(task));
      }
    });
    store.shards().scan_timers(shard, 0, 0, INT64_MAX, everything, [&](auto page) {
      for (const auto& row : page.rows) {
        rec::TimerTask task;
        task.ParseFromString(row.value);
        out.timers[uuid::from_raw(task.run_id()).str()].push_back(std::move(task));
      }
    });
    store.shards().scan_runs(shard, {}, everything, [&](auto page) {
      for (const auto& row : page.rows)
        out.runs[row.first.run_id.str()] = {row.first, shard, nullptr};
    });
  }
  store.task_lists().scan_task_lists({}, {}, everything, [&](auto lists) {
    for (const auto& [key, row] : lists.rows) {
      store.task_lists().scan_tasks(key, 0, INT64_MAX, everything, [&](auto page) {
        for (const auto& task : page.rows) {
          rec::BacklogTask waiting;
          waiting.ParseFromString(task.value);
          out.backlog[uuid::from_raw(waiting.run_id()).str()].insert(waiting.schedule_id());
        }
      });
    }
  });
  for (auto& [id, stored] : out.runs) {
    store.shards().read_run(stored.shard, stored.key, [&, &stored = stored](storage::read_result<run_rows> rows) {
      auto state = run::load(stored.key, *rows.value);
      if (!state)
        throw violation("a stored run cannot be read: " + state.error().message);
      stored.state = std::make_unique<run>(*std::move(state));
    });
  }
  return out;
}

void check_replay(world& in, const picture::stored_run& stored) {
  const auto& r = *stored.state;
  const auto& branch = r.current_branch().branch();
  std::vector<workflow::batch> batches;
  actors::read_branch(in.store(), stored.shard, branch, first_event_id, r.next_event_id(), INT32_MAX, INT64_MAX,
                      [&](outcome<actors::history_slice> slice) {
                        if (!slice)
                          fail(r, "history cannot be read: " + slice.error().message);
                        auto parsed = actors::parse_batches(*slice);
                        if (!parsed)
                          fail(r, "history cannot be parsed: " + parsed.error().message);
                        batches = *std::move(parsed);
                      });
  workflow::environment env;
  env.now_ns = in.now_ns();
  dice chance(1);
  env.chance = &chance;
  env.domain = in.domain(domain_name);
  env.domains = in.engine().domains();
  workflow::rules rules;
  env.limits = &rules;
  if (!env.domain || batches.empty())
    return;
  const auto replayed = workflow::replay(r.key(), batches, branch, env);
  if (!replayed)
    fail(r, replayed.error().message);
  const auto& first = batches.front()->events(0).workflow_execution_started_event_attributes();
  const bool of_reset = first.original_execution_run_id() != r.key().run_id.str();
  const auto difference = workflow::difference_from_replay(r, **replayed, of_reset);
  if (!difference.empty())
    fail(r, difference);
  if ((*replayed)->next_event_id() != r.next_event_id())
    fail(r, "the history ends at " + std::to_string((*replayed)->next_event_id()));
}

class wake_ups {
public:
  wake_ups(const picture& all, const run& r, std::int64_t now_ns)
    : all_(all), r_(r), id_(r.key().run_id.str()), now_ns_(now_ns) {}

  void check() const {
    if (r_.closed())
      return require(timer(rec::TIMER_DELETE_HISTORY, INT64_MAX, any), "nothing ever deletes the closed run");
    require(timer(rec::TIMER_WORKFLOW_TIMEOUT, INT64_MAX, any), "nothing ends the run in the end");
    check_decision();
    if (!r_.timers().empty()) {
      auto first = INT64_MAX;
      for (const auto& [id, t] : r_.timers())
        first = std::min(first, t.expiry_ns());
      require(timer(rec::TIMER_USER, first, any), "nothing fires the first timer");
    }
    check_activities();
    for (const auto& [id, child] : r_.children())
      check_child(id, child);
    for (const auto& [id, pending] : r_.signals())
      require(transfer(rec::TRANSFER_SIGNAL_EXTERNAL, [id = id](const auto& t) { return t.initiated_id() == id; }),
              "nothing sends signal " + std::to_string(id));
    for (const auto& [id, pending] : r_.cancel_requests())
      require(transfer(rec::TRANSFER_CANCEL_EXTERNAL, [id = id](const auto& t) { return t.initiated_id() == id; }),
              "nothing sends cancel request " + std::to_string(id));
  }

private:
  static bool any(const rec::TimerTask&) { return true; }

  void require(bool holds, const std::string& what) const {
    if (holds)
      return;
    std::string tasks;
    if (const auto found = all_.timers.find(id_); found != all_.timers.end())
      for (const auto& t : found->second)
        tasks += "\n  timer " + t.ShortDebugString();
    if (const auto found = all_.transfer.find(id_); found != all_.transfer.end())
      for (const auto& t : found->second)
        tasks += "\n  transfer " + t.ShortDebugString();
    fail(r_, what + tasks);
  }
  template <class Match> bool timer(rec::TimerType type, std::int64_t latest_ns, Match&& match) const {
    // Whole milliseconds; never in the past when they are made.
    if (latest_ns != INT64_MAX)
      latest_ns = std::max(latest_ns, now_ns_) + 2 * ns_per_ms;
    const auto found = all_.timers.find(id_);
    return found != all_.timers.end() && std::any_of(found->second.begin(), found->second.end(), [&](const auto& t) {
             return t.type() == type && t.fire_ns() <= latest_ns && match(t);
           });
  }
  template <class Match> bool transfer(rec::TransferType type, Match&& match) const {
    return transfer_of(id_, type, match);
  }
  template <class Match> bool transfer_of(const std::string& run_id, rec::TransferType type, Match&& match) const {
    const auto found = all_.transfer.find(run_id);
    return found != all_.transfer.end() && std::any_of(found->second.begin(), found->second.end(),
                                                       [&](const auto& t) { return t.type() == type && match(t); });
  }
  bool in_backlog(std::int64_t schedule_id) const {
    const auto found = all_.backlog.find(id_);
    return found != all_.backlog.end() && found->second.contains(schedule_id);
  }

  void check_decision() const {
    if (!r_.has_pending_decision()) {
      // A child whose parent has not told it to begin, or a back-off.
      if (r_.head().last_processed_event() == no_event_id && !r_.has_parent())
        require(timer(rec::TIMER_WORKFLOW_BACKOFF, INT64_MAX, any), "nothing schedules the first decision");
      return;
    }
    const auto& d = r_.head().decision();
    const auto of_decision = [&](const auto& t) {
      return t.event_id() == d.schedule_id() && t.attempt() == d.attempt();
    };
    if (r_.has_started_decision())
      return require(timer(rec::TIMER_DECISION_TIMEOUT, d.started_ns() + (d.timeout_s() + 1) * ns_per_s, of_decision),
                     "nothing times out the started decision");
    require(transfer(rec::TRANSFER_DECISION, [&](const auto& t) { return t.schedule_id() == d.schedule_id(); }) ||
                in_backlog(d.schedule_id()) || timer(rec::TIMER_DECISION_TIMEOUT, INT64_MAX, of_decision),
            "nothing dispatches the decision");
  }

  void check_activities() const {
    auto first = INT64_MAX;
    for (const auto& [id, a] : r_.activities()) {
      auto due = a.scheduled_ns() + a.schedule_to_close_s() * ns_per_s;
      if (a.started_id() == no_event_id) {
        due = std::min(due, a.scheduled_ns() + a.schedule_to_start_s() * ns_per_s);
        const bool waits = transfer(rec::TRANSFER_ACTIVITY, [id = id](const auto& t) { return t.schedule_id() == id; });
        const bool backs_off = timer(rec::TIMER_ACTIVITY_RETRY, a.scheduled_ns(), [id = id, &a = a](const auto& t) {
          return t.event_id() == id && t.attempt() == a.attempt();
        });
        require(waits || backs_off || in_backlog(id), "nothing dispatches activity " + std::to_string(id));
      } else {
        due = std::min(due, a.started_ns() + a.start_to_close_s() * ns_per_s);
        if (a.heartbeat_s() > 0)
          due = std::min(due, std::max(a.started_ns(), a.last_heartbeat_ns()) + a.heartbeat_s() * ns_per_s);
      }
      first = std::min(first, due);
    }
    if (first != INT64_MAX)
      require(timer(rec::TIMER_ACTIVITY_TIMEOUT, first, any), "nothing times out the activities");
  }

  void check_child(std::int64_t initiated_id, const rec::PendingChild& child) const {
    if (child.started_id() == no_event_id)
      return require(
          transfer(rec::TRANSFER_START_CHILD, [&](const auto& t) { return t.initiated_id() == initiated_id; }),
          "nothing starts child " + child.started_workflow_id());
    // Somebody will tell of the child's end: it is open, or its close task is there.
    for (const auto& [id, stored] : all_.runs) {
      const auto& other = *stored.state;
      if (other.key().workflow_id != child.started_workflow_id() || other.fixed().parent_run_id() != id_ ||
          other.fixed().parent_initiated_id() != initiated_id)
        continue;
      if (other.open() || transfer_of(id, rec::TRANSFER_CLOSE, [](const auto&) { return true; }))
        return;
    }
    require(false, "nothing tells of the end of child " + child.started_workflow_id());
  }

  const picture& all_;
  const run& r_;
  const std::string id_;
  const std::int64_t now_ns_;
};

void check_current(world& in, const picture& all) {
  std::map<std::string, int> open;
  for (const auto& [id, stored] : all.runs) {
    in.store().shards().read_current(stored.shard, {stored.key.domain_id, stored.key.workflow_id},
                                     [&, &id = id, &stored = stored](storage::read_result<storage::current_row> row) {
                                       rec::CurrentRun current;
                                       if (!row.value || !current.ParseFromString(row.value->value))
                                         fail(*stored.state, "its workflow id has no current run");
                                       const auto current_id = uuid::from_raw(current.run_id()).str();
                                       if (!all.runs.contains(current_id))
                                         fail(*stored.state, "the current run " + current_id + " is not there");
                                       if (stored.state->open() && current_id != id)
                                         fail(*stored.state, "it is open and not the current run");
                                       if (current_id == id && current.state() != stored.state->head().state())
                                         fail(*stored.state, "the current-run row tells another state");
                                     });
  }
}

} // namespace

void durable_checks::look() {
  const auto peek = in_.peek();
  const auto all = take_picture(in_);
  for (const auto& [id, stored] : all.runs) {
    auto& version = seen_[id];
    if (version != stored.state->head().row_version()) {
      version = stored.state->head().row_version();
      ++replays_;
      check_replay(in_, stored);
    }
    wake_ups(all, *stored.state, in_.now_ns()).check();
  }
  check_current(in_, all);
}

} // namespace cadenza::simulation
