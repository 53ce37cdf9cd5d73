#include "cluster_parts.hpp"

#include "workflow/version_history.hpp"

#include <algorithm>

/// The other half of a cluster: what it tells the others and takes from them.
namespace cadenza::replication::test {

std::vector<rec::ReplicationTask> cluster::queue(int shard) const {
  std::vector<rec::ReplicationTask> out;
  for (const auto& [id, task] : queues_[static_cast<std::size_t>(shard)])
    out.push_back(task);
  return out;
}

std::optional<rec::ReplicationTask> cluster::task_after(int shard, std::int64_t id, int ahead) const {
  const auto& queue = queues_[static_cast<std::size_t>(shard)];
  auto next = queue.upper_bound(id);
  if (next == queue.end())
    return std::nullopt;
  for (; ahead > 0 && std::next(next) != queue.end(); --ahead)
    ++next;
  return next->second;
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
  if (task.has_new_run_branch() && world_.wrong != fault::forgets_next_runs)
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
  const auto all = branch(r.head().version_histories().branches(served->branch).branch(), served->behind_id);
  for (const auto& batch : range.after ? std::span(all) : needed_part(id, all)) {
    if (batch->events(0).event_id() < served->first_id)
      continue;
    auto each = replication::tell(r, std::make_shared<api::History>(*batch), nullptr);
    require(bool(each), each ? "" : "tell: " + each.error().message);
    out.push_back(std::move(*each));
  }
  return out;
}

std::span<const workflow::batch> cluster::needed_part(const uuid& id, std::span<const workflow::batch> all) const {
  const auto part = own_part(id, all);
  if (part.size() == all.size())
    return all;
  const auto& reset = *workflow::reset_event(*part.front());
  const auto base = uuid::parse(reset.has_decision_task_failed_event_attributes()
                                    ? reset.decision_task_failed_event_attributes().base_run_id()
                                    : reset.decision_task_timed_out_event_attributes().base_run_id());
  return base && has(*base) ? part : all;
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
  if (world_.wrong == fault::loses_signals)
    return true;
  const auto owner = group_.cluster_of(version());
  require(bool(owner), "a domain is active somewhere");
  auto* target = *owner == name() ? this : others(*owner);
  return target != nullptr && target->take_signals(batch.key.workflow_id, *out.origin, out.signals, out.winner);
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
        if (world_.crash_one_in > 0 && world_.one_in(world_.crash_one_in))
          return false;
        break;
      }
      if (world_.wrong == fault::keeps_its_branch && out->runs.front().made.mutation.clear_pending) {
        reload_all(batch.key.workflow_id);
        return true;
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

void cluster::note_dropped(const std::vector<api::HistoryEvent>& signals) {
  for (const auto& e : signals)
    world_.dropped.insert(e.workflow_execution_signaled_event_attributes().signal_name());
}

bool cluster::take_signals(const std::string& workflow_id, const known_run& from_run,
                           const std::vector<api::HistoryEvent>& events, const std::optional<known_run>& winner) {
  const auto id = current(workflow_id);
  const auto own = [&](const uuid& run_id) { return has(run_id) ? &run(run_id) : nullptr; };
  if (!id || (winner && world_.wrong != fault::believes_itself && !knows(own(winner->run), *winner)))
    return false;
  const auto environment = env();
  if (!check_start(&run(*id), *environment.domain, group_) || (run(*id).open() && !prepare(*id)))
    return false;
  auto& stored = runs_.at(*id);
  run_access runs(*this, workflow_id);
  auto out = reapply(*stored.state, runs, from_run, events, environment, ids_of(workflow_id));
  require(bool(out), out ? "" : out.error().message);
  switch (out->what) {
  case signals_applied::kind::nothing: break;
  case signals_applied::kind::written:
    ++seen.signals;
    commit_own(std::move(*out->made));
    break;
  case signals_applied::kind::reset:
    require(reset(*id, out->reset_to, std::move(out->signals), reapplication_reason),
            "a closed run can be reset to its last decision");
    break;
  case signals_applied::kind::dropped: note_dropped(out->signals); break;
  case signals_applied::kind::unread_event: throw violated("everything is at hand here");
  }
  return true;
}

} // namespace cadenza::replication::test
