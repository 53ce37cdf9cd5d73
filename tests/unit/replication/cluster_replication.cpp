#include "cluster_parts.hpp"

#include "messages/wire_time.hpp"
#include "workflow/replay_difference.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>

/// The other half of a cluster: what it tells the others and takes from them.
namespace cadenza::replication::test {

std::vector<rec::ReplicationTask> cluster::queue(int shard) const {
  std::vector<rec::ReplicationTask> out;
  for (const auto& task : queue_)
    if (shard_of(task.workflow_id()) == shard)
      out.push_back(task);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.task_id() < b.task_id(); });
  return out;
}

std::optional<cluster::message> cluster::tell(const rec::ReplicationTask& task) {
  const auto id = uuid::from_raw(task.run_id());
  require(has(id), "a task is about a run that is there");
  message out;
  if (task.type() == rec::REPLICATION_SYNC_ACTIVITY) {
    out.activity = tell_activity(run(id), task.scheduled_id());
    return out.activity ? std::optional(out) : std::nullopt;
  }
  const auto first_of = [&](const rec::HistoryBranch& on, std::int64_t first) {
    for (const auto& batch : branch(on))
      if (batch->events(0).event_id() == first)
        return std::make_shared<api::History>(*batch);
    throw violated("a task names a batch that is stored");
  };
  std::shared_ptr<api::History> next;
  if (task.has_new_run_branch())
    next = first_of(task.new_run_branch(), first_event_id);
  auto batch = replication::tell(run(id), first_of(task.branch(), task.first_event_id()), std::move(next));
  require(bool(batch), batch ? "" : "tell: " + batch.error().message);
  require(batch->events->events().rbegin()->event_id() + 1 == task.next_event_id(), "a task is about one whole batch");
  out.batch = std::move(*batch);
  return out;
}

std::optional<std::vector<foreign_batch>> cluster::resend(const uuid& id, const event_range& range) {
  if (!has(id))
    return std::nullopt;
  const auto& r = run(id);
  const auto served = serve(r.head().version_histories(), range);
  require(bool(served), served ? "" : "serve: " + served.error().message);
  std::vector<foreign_batch> out;
  for (const auto& batch : branch(r.head().version_histories().branches(served->branch).branch(), served->behind_id)) {
    if (batch->events(0).event_id() < served->first_id)
      continue;
    auto each = replication::tell(r, std::make_shared<api::History>(*batch), nullptr);
    require(bool(each), each ? "" : "tell: " + each.error().message);
    out.push_back(std::move(*each));
  }
  return out;
}

bool cluster::receive(const message& what, cluster& from, const reach& others, int depth) {
  require(depth < 8, "what is asked for again brings a batch nearer");
  return what.batch ? receive_batch(*what.batch, from, others, depth)
                    : receive_activity(*what.activity, from, others, depth);
}

bool cluster::fill_gap(const uuid& run_id, const event_range& range, cluster& from, const reach& others, int depth) {
  ++seen.asked;
  if (others(from.name()) == nullptr)
    return false;
  const auto batches = from.resend(run_id, range);
  require(batches.has_value(), "the sender has the run that is asked for");
  for (const auto& each : *batches)
    if (!receive({each, {}}, from, others, depth + 1))
      return false;
  return true;
}

bool cluster::send_signals(const applied& out, const foreign_batch& batch, const reach& others) {
  const auto owner = group_.cluster_of(version());
  require(bool(owner), "a domain is active somewhere");
  auto* target = *owner == name() ? this : others(*owner);
  return target != nullptr && target->take_signals(batch.key.workflow_id, batch.key.run_id, out.signals);
}

void cluster::count(const applied& out) {
  ++seen.applied;
  for (const auto& each : out.runs) {
    rec::Run head;
    require(head.ParseFromString(each.made.mutation.header), "a header can be read");
    seen.rebuilt += each.made.mutation.clear_pending ? 1 : 0;
    seen.zombies += head.state() == run_state::zombie ? 1 : 0;
    seen.conflicts += head.close_status() == close_status::terminated && !each.made.replication.empty() ? 1 : 0;
  }
}

bool cluster::receive_batch(const foreign_batch& batch, cluster& from, const reach& others, int depth) {
  bool signals_sent = false;
  for (int i = 0; i < 6; ++i) {
    const auto environment = env();
    run_access runs(*this, batch.key.workflow_id);
    // What is applied must not be what the sender holds.
    foreign_batch copy{batch.key, batch.items, std::make_shared<api::History>(*batch.events),
                       batch.new_run_events ? std::make_shared<api::History>(*batch.new_run_events) : nullptr};
    auto out = apply(copy, runs, {environment, group_, ids_of(batch.key.workflow_id)});
    require(bool(out), out ? "" : name() + " applies " + batch.key.run_id.str() + ": " + out.error().message);
    switch (out->what) {
    case applied::kind::nothing: ++seen.duplicates; return true;
    case applied::kind::missing:
      if (!fill_gap(out->run, out->range, from, others, depth))
        return false;
      break;
    case applied::kind::again:
      ++seen.flushed;
      commit(std::move(*out), batch.key.workflow_id);
      break;
    case applied::kind::written:
      if (!out->signals.empty() && !signals_sent) {
        // They come first, and may change the very runs that were looked at.
        reload_all(batch.key.workflow_id);
        if (!send_signals(*out, batch, others))
          return false;
        signals_sent = true;
        break;
      }
      count(*out);
      seen.aside += out->signals.empty() ? 0 : 1;
      commit(std::move(*out), batch.key.workflow_id);
      return true;
    default: throw violated("everything is at hand here");
    }
  }
  throw violated("a batch is applied after what it asked for is there");
}

bool cluster::receive_activity(const foreign_activity& activity, cluster& from, const reach& others, int depth) {
  for (int i = 0; i < 4; ++i) {
    auto* r = has(activity.key.run_id) ? &run(activity.key.run_id) : nullptr;
    stored_events none(*this, activity.key.run_id);
    const auto environment = env();
    auto out = apply(activity, r, none, environment, group_, ids_of(activity.key.workflow_id));
    require(bool(out), out ? "" : "activity: " + out.error().message);
    switch (out->what) {
    case activity_applied::kind::nothing: return true;
    case activity_applied::kind::written:
      ++seen.synced;
      commit(std::move(*out->made), nullptr);
      return true;
    case activity_applied::kind::missing:
      if (!fill_gap(activity.key.run_id, out->missing, from, others, depth))
        return false;
    }
  }
  // The sender's history has gone another way since: it will tell of the activity again.
  return true;
}

bool cluster::take_signals(const std::string& workflow_id, const uuid& from_run,
                           const std::vector<api::HistoryEvent>& events) {
  const auto id = current(workflow_id);
  if (!id)
    return false;
  if (!prepare(*id) && !(run(*id).closed() && active()))
    return false;
  auto& stored = runs_.at(*id);
  const auto environment = env();
  auto out = reapply(*stored.state, *stored.events, from_run, events, environment, ids_of(workflow_id));
  require(bool(out), out ? "" : out.error().message);
  if (out->what == signals_applied::kind::written) {
    ++seen.signals;
    commit_own(std::move(*out->made));
  } else if (out->what == signals_applied::kind::reset) {
    if (check_active(nullptr, *environment.domain, group_))
      require(reset(*id, out->reset_to, std::move(out->signals), true, reapplication_reason),
              "a closed run can be reset to its last decision");
  }
  return true;
}

// --- comparing

std::unique_ptr<workflow::run> cluster::comparable_run(const uuid& id) const {
  auto rows = runs_.at(id).rows;
  rec::Run head;
  require(head.ParseFromString(rows.header), "a header can be read");
  auto& histories = *head.mutable_version_histories();
  rec::VersionBranch own = histories.branches(histories.current());
  own.clear_branch();
  histories.Clear();
  *histories.add_branches() = std::move(own);
  head.clear_checksum();
  rows.header = head.SerializeAsString();
  auto made = workflow::run::load(runs_.at(id).state->key(), rows);
  require(bool(made), made ? "" : made.error().message);
  return std::make_unique<workflow::run>(std::move(*made));
}

std::string branches_of(const workflow::run& r) {
  std::string out;
  const auto& histories = r.head().version_histories();
  for (int i = 0; i < histories.branches_size(); ++i) {
    out += i > 0 ? " |" : "";
    for (const auto& item : histories.branches(i).items())
      out += (out.empty() ? "" : " ") + std::to_string(item.event_id()) + "@" + std::to_string(item.version());
    out += i == histories.current() ? "*" : "";
  }
  return out;
}

namespace {

std::set<std::string> set_of_branches(const workflow::run& r) {
  std::set<std::string> out;
  for (const auto& branch : r.head().version_histories().branches()) {
    auto text = std::string();
    for (const auto& item : branch.items())
      text += std::to_string(item.event_id()) + "@" + std::to_string(item.version()) + " ";
    out.insert(text);
  }
  return out;
}

rec::VisibilityRecord comparable(rec::VisibilityRecord record) {
  record.clear_update_ns();
  record.clear_shard();
  if (record.close_status() == 0)
    record.clear_history_length(); // as it was when the record was made
  return record;
}

std::string unlike_activities(const workflow::run& a, const workflow::run& b) {
  for (const auto& [id, one] : a.activities()) {
    const auto& two = *b.activities().find(id);
    if (one.attempt() != two.attempt() || one.scheduled_ns() != two.scheduled_ns() ||
        (one.started_id() == no_event_id) != (two.started_id() == no_event_id) ||
        one.last_heartbeat_ns() != two.last_heartbeat_ns() || one.details() != two.details() ||
        one.last_failure_reason() != two.last_failure_reason())
      return "activity " + std::to_string(id) + ":\n" + one.ShortDebugString() + "\n" + two.ShortDebugString();
  }
  return {};
}

std::string unlike_runs(cluster& a, cluster& b, const uuid& id) {
  if (set_of_branches(a.run(id)) != set_of_branches(b.run(id)))
    return "branches: " + branches_of(a.run(id)) + " / " + branches_of(b.run(id));
  const auto left_run = a.comparable_run(id);
  const auto right_run = b.comparable_run(id);
  const auto& one = *left_run;
  const auto& two = *right_run;
  const auto left = a.events(id);
  const auto right = b.events(id);
  if (left.size() != right.size())
    return "histories of " + std::to_string(left.size()) + " and " + std::to_string(right.size()) + " events";
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].SerializeAsString() != right[i].SerializeAsString())
      return "event " + left[i].ShortDebugString() + "\n" + right[i].ShortDebugString();
  if (one.head().state() != two.head().state() || one.head().close_status() != two.head().close_status())
    return "states " + std::to_string(one.head().state()) + " and " + std::to_string(two.head().state());
  auto out = workflow::difference_from_replay(one, two, false);
  if (out.empty())
    out = workflow::difference_from_replay(two, one, false);
  if (out.empty() && one.buffered().empty() && two.buffered().empty() && !one.closed())
    out = unlike_activities(one, two);
  return out;
}

} // namespace

std::string difference(cluster& a, cluster& b) {
  const auto names = a.name() + " and " + b.name() + ": ";
  if (a.run_ids() != b.run_ids())
    return names + "not the same runs";
  for (const auto& id : a.run_ids())
    if (auto out = unlike_runs(a, b, id); !out.empty())
      return names + "run " + id.str() + ": " + out;
  if (a.current_rows().size() != b.current_rows().size())
    return names + "not the same workflow ids";
  for (const auto& [id, row] : a.current_rows()) {
    const auto& other = b.current_row(id);
    if (row.run_id() != other.run_id() || row.state() != other.state() || row.close_status() != other.close_status() ||
        row.last_write_version() != other.last_write_version() || row.start_version() != other.start_version())
      return names + "current run of " + id + ": " + row.ShortDebugString() + "\n" + other.ShortDebugString();
  }
  for (const auto& [id, record] : a.lists()) {
    const auto other = b.lists().find(id);
    if (other == b.lists().end())
      return names + "run " + id.str() + " is not in the lists";
    if (comparable(record).SerializeAsString() != comparable(other->second).SerializeAsString())
      return names + "lists: " + record.ShortDebugString() + "\n" + other->second.ShortDebugString();
  }
  return a.lists().size() == b.lists().size() ? std::string() : names + "lists of different lengths";
}

// --- decisions

api::Decision complete() {
  api::Decision d;
  d.mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data("done");
  return d;
}

api::Decision activity(const std::string& id, bool retried) {
  api::Decision d;
  auto& a = *d.mutable_schedule_activity_task_decision_attributes();
  a.set_activity_id(id);
  a.mutable_activity_type()->set_name("act");
  a.mutable_task_list()->set_name("list");
  workflow::set_seconds(*a.mutable_schedule_to_start_timeout(), 60);
  workflow::set_seconds(*a.mutable_start_to_close_timeout(), 60);
  workflow::set_seconds(*a.mutable_schedule_to_close_timeout(), 90);
  if (retried) {
    auto& p = *a.mutable_retry_policy();
    workflow::set_seconds(*p.mutable_initial_interval(), 2);
    p.set_backoff_coefficient(1.5);
    p.set_maximum_attempts(4);
  }
  return d;
}

api::Decision timer(const std::string& id, std::int64_t seconds) {
  api::Decision d;
  auto& a = *d.mutable_start_timer_decision_attributes();
  a.set_timer_id(id);
  workflow::set_seconds(*a.mutable_start_to_fire_timeout(), seconds);
  return d;
}

api::Decision again() {
  api::Decision d;
  d.mutable_continue_as_new_workflow_execution_decision_attributes()->set_initiator(
      api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
  return d;
}

} // namespace cadenza::replication::test
