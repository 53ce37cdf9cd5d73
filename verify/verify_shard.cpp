#include "verify/verify_shard.hpp"

#include <algorithm>

/// Runs, current-run rows and tasks of one shard.
namespace cadenza::actors::verifying {

void shard_check::check() {
  read_branches();
  check_runs();
  if (!scan_.from.live)
    check_branches(); // may bring back a run that a current-run row names
  check_current_rows();
  check_tasks();
}

// ---------------------------------------------------------------- runs

void shard_check::check_runs() {
  const auto problem = for_each<std::pair<run_key, run_rows>>(
      [&](const std::string& token, auto done) {
        scan_.store().shards().scan_runs(shard_, token, page_rows, std::move(done));
      },
      [&](const std::pair<run_key, run_rows>& stored) {
        scan_.check_stopping();
        check_run(stored.first);
      });
  if (problem)
    scan_.unreadable(shard_, {}, "the runs", *problem);
}

void shard_check::check_run(const run_key& key) {
  auto look = look_at_run(scan_, shard_, key);
  if (look.gone)
    return;
  ++scan_.report.runs;
  scan_.report.events += look.events;
  auto* tasks = tasks_.find(key.run_id);
  if (tasks != nullptr)
    tasks->seen = true;
  auto& known = runs_[key.run_id];
  known = {key, look.state.has_value(), look.head.state(), look.head.close_status()};
  note_branches(key, look.head);
  if (look.state && listable(*look.state))
    ++all_.listable[key.domain_id];
  bool whole = look.wrong.empty();
  for (const auto& [what, text] : look.wrong) {
    // Once the state is as its history says, it is so in all respects.
    const bool mended = tell(what, key, text, [&] {
      return what == finding::kind::history ? not_possible("events cannot be made up") : rebuild(key, look);
    });
    if (mended)
      return;
  }
  if (!look.state)
    return;
  if (whole && !scan_.from.live && tasks_.complete) {
    auto text = unwoken(*look.state, tasks, waiting_, scan_.from.time->now_ns());
    const bool has_others = look.state->has_parent() || !look.state->children().empty();
    if (text.empty() && scan_.transfer_lost && look.state->closed() && has_others)
      text = "its end may not have been told to its parent and children";
    if (!text.empty())
      tell(finding::kind::wake_up, key, text, [&] { return mend_.refresh(*look.state); });
  }
  if (look.state->open())
    check_is_current(*look.state);
  check_listed(*look.state, tasks);
}

outcome<void> shard_check::rebuild(const run_key& key, const run_look& look) {
  const bool buffered = std::any_of(look.rows.pending.begin(), look.rows.pending.end(),
                                    [](const auto& row) { return row.kind == pending_kind::buffered; });
  if (buffered)
    return not_possible("events wait in its buffer that its history does not have");
  if (!scan_.domains->find(key.domain_id))
    return not_possible("its domain does not exist");
  const auto& histories = look.head.version_histories();
  // A version that cannot be trusted is no condition: such a run is written as if there were none.
  const auto stored = look.state ? look.head.row_version() : 0;
  if (histories.current() >= 0 && histories.current() < histories.branches_size())
    return mend_.rebuild(key, histories.branches(histories.current()).branch(), 0, stored);
  const auto owned = by_owner_.find(key.run_id);
  if (owned == by_owner_.end())
    return not_possible("nothing tells where its history is");
  const auto& id = owned->second.back();
  const auto& branch = branches_[id];
  const auto done = mend_.rebuild(key, branch.row.branch(), 0, 0);
  if (done)
    branches_[id].used = true;
  return done;
}

shard_check::current_row shard_check::read_current(const workflow_key& key) {
  const auto row = wait_for<storage::read_result<storage::current_row>>(
      [&](auto done) { scan_.store().shards().read_current(shard_, key, std::move(done)); });
  current_row out;
  if (const auto why = unread(row); !why.empty()) {
    out.readable = false;
    scan_.unreadable(shard_, {key.domain_id, key.workflow_id, {}}, "its current-run row", why);
  } else if (rec::CurrentRun parsed; row.value && parsed.ParseFromString(row.value->value)) {
    out.row = std::move(parsed);
  }
  return out;
}

bool shard_check::exists(const run_key& key) {
  const auto read = wait_for<storage::read_result<run_rows>>(
      [&](auto done) { scan_.store().shards().read_run(shard_, key, std::move(done)); });
  return read.outcome == storage::status::corrupted || read.value.has_value();
}

void shard_check::check_is_current(const workflow::run& run) {
  const auto& key = run.key();
  const auto read = read_current({key.domain_id, key.workflow_id});
  const auto& current = read.row;
  if (!read.readable || (current && current->run_id() == key.run_id.raw()))
    return;
  if (scan_.from.live && !still_open(key))
    return; // it closed and another followed
  const run_key other{key.domain_id, key.workflow_id, current ? uuid::from_raw(current->run_id()) : uuid{}};
  const bool taken = current && exists(other);
  const auto text = !current ? "it is open, and its workflow id has no current run"
                             : "it is open, and the current run of its workflow id is " + other.run_id.str();
  tell(finding::kind::current, key, text,
       [&] { return taken ? not_possible("two runs claim the workflow id") : mend_.set_current(run); });
}

bool shard_check::still_open(const run_key& key) {
  const auto look = look_at_run(scan_, shard_, key);
  return look.state && look.state->open();
}

void shard_check::check_listed(const workflow::run& run, const run_tasks* tasks) {
  if (scan_.from.lists == nullptr || !scan_.lists_usable)
    return;
  // Until its tasks are carried out the lists may lag behind, unless they are written with the run.
  const bool behind = !scan_.store().able_to().keeps_lists;
  const auto shows = [](const task_brief& t) {
    return t.type == rec::TRANSFER_RECORD_STARTED || t.type == rec::TRANSFER_UPSERT || t.type == rec::TRANSFER_CLOSE ||
           t.type == rec::TRANSFER_DELETE_VISIBILITY;
  };
  if (behind && tasks != nullptr && std::any_of(tasks->transfer.begin(), tasks->transfer.end(), shows))
    return;
  const auto text = unlike_lists(scan_, run, scan_.from.time->now_ns());
  if (!text) {
    scan_.lists_usable = false;
    scan_.found(finding::kind::visibility, shard_, {}, "visibility records cannot be read: " + text.error().message);
  } else if (!text->empty()) {
    scan_.found(finding::kind::visibility, shard_, run.key(), *text);
    if (*text == in_no_list)
      --all_.listable[run.key().domain_id];
  }
}

// ---------------------------------------------------------------- current-run rows

void shard_check::check_current_rows() {
  const auto problem = for_each<std::pair<workflow_key, storage::current_row>>(
      [&](const std::string& token, auto done) {
        scan_.store().shards().scan_current(shard_, token, page_rows, std::move(done));
      },
      [&](const std::pair<workflow_key, storage::current_row>& stored) {
        const auto& [workflow, row] = stored;
        rec::CurrentRun current;
        const auto run = current.ParseFromString(row.value) ? uuid::parse_raw(current.run_id()) : std::nullopt;
        if (!run)
          return scan_.found(finding::kind::current, shard_, {workflow.domain_id, workflow.workflow_id, std::nullopt},
                             "the current-run row cannot be read");
        if (row.run_id != *run || row.state != current.state() ||
            row.last_write_version != current.last_write_version())
          return scan_.found(finding::kind::current, shard_, {workflow.domain_id, workflow.workflow_id, *run},
                             "the current-run row says in its record what it does not say beside it");
        check_current_row({workflow.domain_id, workflow.workflow_id, *run}, current);
      });
  if (problem)
    scan_.unreadable(shard_, {}, "the current-run rows", *problem);
}

void shard_check::check_current_row(const run_key& key, const rec::CurrentRun& current) {
  const auto known = runs_.find(key.run_id);
  if (known != runs_.end() && (!known->second.readable || (known->second.state == current.state() &&
                                                           known->second.close_status == current.close_status())))
    return;
  // Seen from near: either may have been written since.
  const auto look = look_at_run(scan_, shard_, key);
  const auto now = read_current({key.domain_id, key.workflow_id}).row;
  if (!now || now->run_id() != key.run_id.raw())
    return;
  if (look.gone) {
    if (scan_.from.live && exists(key))
      return;
    tell(finding::kind::current, key, "it is the current run of its workflow id and not there",
         [&] { return mend_.drop_current(key); });
    return;
  }
  if (!look.state)
    return;
  const auto& head = look.state->head();
  if (head.state() == now->state() && head.close_status() == now->close_status())
    return;
  if (scan_.from.live)
    return; // both move in one commit: it was between the two reads
  tell(finding::kind::current, key, "the current-run row tells another state than the run has",
       [&] { return mend_.set_current(*look.state); });
}

// ---------------------------------------------------------------- tasks

void shard_check::check_tasks() {
  if (!tasks_.bad_transfer.empty() || !tasks_.bad_timers.empty())
    tell(finding::kind::task, {},
         std::to_string(tasks_.bad_transfer.size()) + " transfer and " + std::to_string(tasks_.bad_timers.size()) +
             " timer tasks cannot be read",
         [&] { return mend_.drop_tasks(tasks_.bad_transfer, tasks_.bad_timers); });
  std::optional<shard_tasks> again; // a second look at what changes
  for (auto& [id, tasks] : tasks_.by_run()) {
    if (tasks.seen || runs_.contains(id))
      continue;
    scan_.check_stopping();
    if (exists(tasks.run))
      continue; // it came after the scan, or was mended
    if (of_removed(tasks)) {
      all_.leaving.insert(id);
      continue;
    }
    const run_tasks* wrong = &tasks;
    if (scan_.from.live) {
      if (!again)
        again.emplace(scan_, shard_, true);
      wrong = again->find(id);
      if (wrong == nullptr || of_removed(*wrong) || exists(tasks.run))
        continue;
    }
    dangling(*wrong);
  }
}

bool shard_check::of_removed(const run_tasks& tasks) {
  return std::any_of(tasks.transfer.begin(), tasks.transfer.end(), [](const task_brief& t) {
    return t.type == rec::TRANSFER_DELETE_VISIBILITY || t.type == rec::TRANSFER_DELETE_HISTORY;
  });
}

void shard_check::dangling(const run_tasks& tasks) {
  std::vector<std::int64_t> transfer;
  for (const auto& t : tasks.transfer)
    transfer.push_back(t.task_id);
  std::vector<timer_row> timers;
  for (const auto& t : tasks.timers)
    timers.push_back({t.fire_ns, t.task_id, {}});
  if (transfer.empty()) {
    // Timers of runs that were deleted stay until their time comes.
    scan_.report.left_over += static_cast<std::int64_t>(timers.size());
    if (repair_ && !mend_.drop_tasks({}, std::move(timers)))
      return;
    return;
  }
  const auto text = std::to_string(transfer.size()) + " transfer tasks are there, the first of type " +
                    rec::TransferType_Name(static_cast<rec::TransferType>(tasks.transfer.front().type)) + ", id " +
                    std::to_string(transfer.front()) + ", but not the run";
  tell(finding::kind::task, tasks.run, text, [&] { return mend_.drop_tasks(std::move(transfer), std::move(timers)); });
}

} // namespace cadenza::actors::verifying
