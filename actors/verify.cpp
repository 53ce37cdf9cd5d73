#include "actors/verify_parts.hpp"

#include "actors/visibility_rebuild.hpp"
#include "workflow/start.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace cadenza::actors {

const char* name_of(finding::kind kind) {
  switch (kind) {
    case finding::kind::state: return "state";
    case finding::kind::history: return "history";
    case finding::kind::current: return "current";
    case finding::kind::branch: return "branch";
    case finding::kind::task: return "task";
    case finding::kind::wake_up: return "wake-up";
    case finding::kind::visibility: return "visibility";
    case finding::kind::shard: return "shard";
  }
  return "unknown";
}

namespace verifying {
namespace {

constexpr std::size_t findings_max = 10'000;
constexpr int page_rows = 1000;

using branch_key = std::pair<uuid, uuid>; ///< tree, branch

workflow::directory_ptr read_domains(const verify_source& from) {
  const auto read =
    wait_for<storage::page<storage::domain_row>>([&](auto done) { from.store->read_domains(std::move(done)); });
  if (read.outcome != storage::status::committed)
    throw stopped{error{error_kind::internal_data_inconsistency, "the domains cannot be read: " + read.message}};
  auto out = std::make_shared<workflow::domain_directory>();
  for (const auto& stored : read.rows) {
    auto view = std::make_shared<workflow::domain_view>();
    view->id = stored.id;
    view->name = stored.name;
    if (!view->row.ParseFromString(stored.value))
      continue;
    out->by_name[stored.name] = view;
    out->by_id[stored.id] = view;
  }
  return out;
}

/// What goes through all shards.
struct totals {
  std::unordered_map<uuid, std::int64_t> listable; ///< runs that belong into the lists and were not missed there, by domain
  std::set<uuid> leaving;                          ///< runs whose removal from the lists is under way
};

/// The check of one shard.
class shard_check {
public:
  shard_check(context& with, int shard, const backlog& waiting, totals& all, bool repair)
    : with_(with), shard_(shard), waiting_(waiting), all_(all), repair_(repair), tasks_(with, shard),
      mend_(with, shard, tasks_) {}

  void check() {
    read_branches();
    check_runs();
    if (!with_.from.live)
      check_branches(); // may bring back a run that a current-run row names
    check_current_rows();
    check_tasks();
  }

private:
  struct known_run {
    run_key key;
    bool readable = false;
    int state = 0;
    int close_status = 0;
  };
  struct known_branch {
    rec::HistoryTree row;
    bool used = false;
  };

  /// Notes a finding; `mend` says how to mend it, and is only called when that is wanted.
  template <class Mend> bool tell(finding::kind what, const run_key& run, std::string text, Mend&& mend) {
    bool mended = false;
    if (repair_) {
      const outcome<void> done = mend();
      mended = static_cast<bool>(done);
      if (!done)
        text += " (not mended: " + done.error().message + ")";
    }
    with_.found(what, shard_, run, text, mended);
    return mended;
  }
  static outcome<void> not_possible(const char* why) { return error{error_kind::internal_service, why}; }

  // --- branches
  void read_branches() {
    const auto problem = for_each<storage::branch_row>(
      [&](const std::string& token, auto done) {
        with_.store().scan_trees(shard_, token, page_rows, std::move(done));
      },
      [&](const storage::branch_row& stored) {
        known_branch branch;
        if (!branch.row.ParseFromString(stored.value) || branch.row.branch().tree_id() != stored.tree_id.raw()
            || branch.row.branch().branch_id() != stored.branch_id.raw()) {
          with_.found(finding::kind::branch, shard_, {},
                      "the row of branch " + stored.branch_id.str() + " of tree " + stored.tree_id.str()
                        + " cannot be read");
          return;
        }
        for (const auto& a : branch.row.branch().ancestors())
          shared_.emplace(stored.tree_id, uuid::from_raw(a.branch_id()));
        by_owner_[uuid::from_raw(branch.row.run_id())].emplace_back(stored.tree_id, stored.branch_id);
        branches_.emplace(branch_key{stored.tree_id, stored.branch_id}, std::move(branch));
      });
    if (problem)
      with_.found(finding::kind::branch, shard_, {}, "the branches cannot be read: " + *problem);
  }

  /// In a store that changes the row may be younger than the scan.
  bool has_row(const branch_key& key) {
    if (branches_.contains(key))
      return true;
    const auto rows = wait_for<storage::page<std::string>>(
      [&](auto done) { with_.store().read_tree(shard_, key.first, std::move(done)); });
    return std::any_of(rows.rows.begin(), rows.rows.end(), [&](const std::string& bytes) {
      rec::HistoryTree row;
      return row.ParseFromString(bytes) && row.branch().branch_id() == key.second.raw();
    });
  }

  void note_branches(const run_key& key, const rec::Run& head) {
    for (const auto& b : head.version_histories().branches()) {
      const branch_key id{uuid::from_raw(b.branch().tree_id()), uuid::from_raw(b.branch().branch_id())};
      if (!has_row(id))
        tell(finding::kind::branch, key, "branch " + id.second.str() + " of its history has no row",
             [&] { return mend_.write_branch(key, b.branch()); });
      for (const auto& a : b.branch().ancestors())
        shared_.emplace(id.first, uuid::from_raw(a.branch_id()));
      branches_[id].used = true;
    }
  }

  void check_branches() {
    for (auto& [id, branch] : branches_) {
      if (branch.used)
        continue;
      const run_key owner{uuid::from_raw(branch.row.domain_id()), branch.row.workflow_id(),
                          uuid::from_raw(branch.row.run_id())};
      if (runs_.contains(owner.run_id)) {
        with_.found(finding::kind::branch, shard_, owner, "branch " + id.second.str() + " is not among those of its run");
        continue;
      }
      branch.used = true;
      const bool empty = end_is_first(branch.row.branch());
      tell(finding::kind::state, owner, "its rows are lost, its history is there", [&]() -> outcome<void> {
        if (empty)
          return mend_.drop_branch_row(id.first, id.second);
        return mend_.rebuild(owner, branch.row.branch(), 0, 0);
      });
    }
    const auto problem = for_each<branch_key>(
      [&](const std::string& token, auto done) {
        with_.store().scan_branches(shard_, token, page_rows, std::move(done));
      },
      [&](const branch_key& id) {
        if (branches_.contains(id) || shared_.contains(id))
          return;
        tell(finding::kind::branch, {}, "no run reads branch " + id.second.str() + " of tree " + id.first.str(),
             [&] { return mend_.drop_nodes(id.first, id.second); });
      });
    if (problem)
      with_.found(finding::kind::history, shard_, {}, "the histories cannot be read: " + *problem);
  }

  /// A branch without any node of its own.
  bool end_is_first(const rec::HistoryBranch& branch) {
    storage::history_query query;
    query.tree_id = uuid::from_raw(branch.tree_id());
    query.branch_id = uuid::from_raw(branch.branch_id());
    query.to = INT64_MAX;
    query.max_nodes = 1;
    return branch.ancestors().empty()
           && wait_for<storage::page<storage::history_node>>([&](auto done) {
                with_.store().read_history(shard_, query, std::move(done));
              }).rows.empty();
  }

  // --- runs
  void check_runs() {
    const auto problem = for_each<std::pair<run_key, run_rows>>(
      [&](const std::string& token, auto done) {
        with_.store().scan_runs(shard_, token, page_rows, std::move(done));
      },
      [&](const std::pair<run_key, run_rows>& stored) {
        with_.check_stopping();
        check_run(stored.first);
      });
    if (problem)
      with_.found(finding::kind::state, shard_, {}, "the runs cannot be read: " + *problem);
  }

  void check_run(const run_key& key) {
    auto look = look_at_run(with_, shard_, key);
    if (look.gone)
      return;
    ++with_.report.runs;
    with_.report.events += look.events;
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
    if (whole && !with_.from.live)
      if (const auto text = unwoken(*look.state, tasks, waiting_, with_.from.time->now_ns()); !text.empty())
        tell(finding::kind::wake_up, key, text, [&] { return mend_.refresh(*look.state); });
    if (look.state->open())
      check_is_current(*look.state);
    check_listed(*look.state, tasks);
  }

  outcome<void> rebuild(const run_key& key, const run_look& look) {
    const bool buffered = std::any_of(look.rows.pending.begin(), look.rows.pending.end(),
                                      [](const auto& row) { return row.kind == pending_kind::buffered; });
    if (buffered)
      return not_possible("events wait in its buffer that its history does not have");
    if (!with_.domains->find(key.domain_id))
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

  std::optional<rec::CurrentRun> read_current(const workflow_key& key) {
    const auto row = wait_for<storage::read_result<std::string>>(
      [&](auto done) { with_.store().read_current(shard_, key, std::move(done)); });
    rec::CurrentRun out;
    if (!row.value || !out.ParseFromString(*row.value))
      return std::nullopt;
    return out;
  }

  bool exists(const run_key& key) {
    const auto read = wait_for<storage::read_result<run_rows>>(
      [&](auto done) { with_.store().read_run(shard_, key, std::move(done)); });
    return read.outcome == storage::status::corrupted || read.value.has_value();
  }

  void check_is_current(const workflow::run& run) {
    const auto& key = run.key();
    const auto current = read_current({key.domain_id, key.workflow_id});
    if (current && current->run_id() == key.run_id.raw())
      return;
    if (with_.from.live && !still_open(key))
      return; // it closed and another followed
    const run_key other{key.domain_id, key.workflow_id, current ? uuid::from_raw(current->run_id()) : uuid{}};
    const bool taken = current && exists(other);
    const auto text = !current ? "it is open, and its workflow id has no current run"
                               : "it is open, and the current run of its workflow id is " + other.run_id.str();
    tell(finding::kind::current, key, text,
         [&] { return taken ? not_possible("two runs claim the workflow id") : mend_.set_current(run); });
  }

  bool still_open(const run_key& key) {
    const auto look = look_at_run(with_, shard_, key);
    return look.state && look.state->open();
  }

  void check_listed(const workflow::run& run, const run_tasks* tasks) {
    if (with_.from.lists == nullptr || !with_.lists_usable)
      return;
    // Until its tasks are carried out the lists may lag behind.
    const auto shows = [](const task_brief& t) {
      return t.type == rec::TRANSFER_RECORD_STARTED || t.type == rec::TRANSFER_UPSERT || t.type == rec::TRANSFER_CLOSE
             || t.type == rec::TRANSFER_DELETE_VISIBILITY;
    };
    if (tasks != nullptr && std::any_of(tasks->transfer.begin(), tasks->transfer.end(), shows))
      return;
    const auto text = unlike_lists(with_, run, with_.from.time->now_ns());
    if (!text) {
      with_.lists_usable = false;
      with_.found(finding::kind::visibility, shard_, {}, "the lists cannot be read: " + text.error().message);
    } else if (!text->empty()) {
      with_.found(finding::kind::visibility, shard_, run.key(), *text);
      if (*text == in_no_list)
        --all_.listable[run.key().domain_id];
    }
  }

  // --- current-run rows
  void check_current_rows() {
    const auto problem = for_each<std::pair<workflow_key, std::string>>(
      [&](const std::string& token, auto done) {
        with_.store().scan_current(shard_, token, page_rows, std::move(done));
      },
      [&](const std::pair<workflow_key, std::string>& stored) {
        const auto& [workflow, value] = stored;
        rec::CurrentRun current;
        const run_key key{workflow.domain_id, workflow.workflow_id,
                          current.ParseFromString(value) ? uuid::from_raw(current.run_id()) : uuid{}};
        if (key.run_id.empty())
          return with_.found(finding::kind::current, shard_, key, "the current-run row cannot be read");
        check_current_row(key, current);
      });
    if (problem)
      with_.found(finding::kind::current, shard_, {}, "the current-run rows cannot be read: " + *problem);
  }

  void check_current_row(const run_key& key, const rec::CurrentRun& current) {
    const auto known = runs_.find(key.run_id);
    if (known != runs_.end()
        && (!known->second.readable
            || (known->second.state == current.state() && known->second.close_status == current.close_status())))
      return;
    // Seen from near: either may have been written since.
    const auto look = look_at_run(with_, shard_, key);
    const auto now = read_current({key.domain_id, key.workflow_id});
    if (!now || now->run_id() != key.run_id.raw())
      return;
    if (look.gone) {
      if (with_.from.live && exists(key))
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
    if (with_.from.live)
      return; // both move in one commit: it was between the two reads
    tell(finding::kind::current, key, "the current-run row tells another state than the run has",
         [&] { return mend_.set_current(*look.state); });
  }

  // --- tasks
  void check_tasks() {
    if (!tasks_.bad_transfer.empty() || !tasks_.bad_timers.empty())
      tell(finding::kind::task, {},
           std::to_string(tasks_.bad_transfer.size()) + " transfer and " + std::to_string(tasks_.bad_timers.size())
             + " timer tasks cannot be read",
           [&] { return mend_.drop_tasks(tasks_.bad_transfer, tasks_.bad_timers); });
    std::optional<shard_tasks> again; // a second look at what changes
    for (auto& [id, tasks] : tasks_.by_run()) {
      if (tasks.seen || runs_.contains(id))
        continue;
      with_.check_stopping();
      if (exists(tasks.run))
        continue; // it came after the scan, or was mended
      if (of_removed(tasks)) {
        all_.leaving.insert(id);
        continue;
      }
      const run_tasks* wrong = &tasks;
      if (with_.from.live) {
        if (!again)
          again.emplace(with_, shard_);
        wrong = again->find(id);
        if (wrong == nullptr || of_removed(*wrong) || exists(tasks.run))
          continue;
      }
      dangling(*wrong);
    }
  }

  /// The run was deleted, and what it left is older than its deletion.
  static bool of_removed(const run_tasks& tasks) {
    return std::any_of(tasks.transfer.begin(), tasks.transfer.end(),
                       [](const task_brief& t) { return t.type == rec::TRANSFER_DELETE_VISIBILITY; });
  }

  void dangling(const run_tasks& tasks) {
    std::vector<std::int64_t> transfer;
    for (const auto& t : tasks.transfer)
      transfer.push_back(t.task_id);
    std::vector<timer_row> timers;
    for (const auto& t : tasks.timers)
      timers.push_back({t.fire_ns, t.task_id, {}});
    if (transfer.empty()) {
      // Timers of runs that were deleted stay until their time comes.
      with_.report.left_over += static_cast<std::int64_t>(timers.size());
      if (repair_ && !mend_.drop_tasks({}, std::move(timers)))
        return;
      return;
    }
    const auto text = std::to_string(transfer.size()) + " transfer tasks are there, the first of type "
                      + rec::TransferType_Name(static_cast<rec::TransferType>(tasks.transfer.front().type)) + ", id "
                      + std::to_string(transfer.front()) + ", but not the run";
    tell(finding::kind::task, tasks.run, text,
         [&] { return mend_.drop_tasks(std::move(transfer), std::move(timers)); });
  }

  context& with_;
  const int shard_;
  const backlog& waiting_;
  totals& all_;
  const bool repair_;
  shard_tasks tasks_;
  mender mend_;

  std::unordered_map<uuid, known_run> runs_;
  std::map<branch_key, known_branch> branches_;
  std::unordered_map<uuid, std::vector<branch_key>> by_owner_; ///< by run id, as the rows tell
  std::set<branch_key> shared_;                                ///< ancestors of other branches
};

void check_store(context& with, bool repair) {
  const auto waiting = with.from.live ? backlog{} : read_backlog(with);
  totals all;
  for (int shard = 0; shard < with.from.shard_count; ++shard)
    shard_check(with, shard, waiting, all, repair).check();
  if (with.from.lists == nullptr || !with.lists_usable)
    return;
  if (const auto done = check_extra_listed(with, all.listable, all.leaving); !done)
    with.found(finding::kind::visibility, 0, {}, "the lists cannot be read: " + done.error().message);
}

/// Lists are derived: what is wrong with them is mended by making them anew.
void rebuild_lists(context& with, storage::visibility_store& lists) {
  rebuild_source runs;
  runs.store = with.from.store;
  runs.shard_count = with.from.shard_count;
  runs.log = [](int, const std::string&) {};
  runs.stopping = with.from.stopping;
  if (const auto cleared = lists.clear(); !cleared)
    return;
  if (const auto made = rebuild_visibility(runs, lists); !made)
    return;
  if (const auto kept = lists.make_durable(); !kept)
    return;
  for (auto& f : with.report.findings)
    if (f.what == finding::kind::visibility)
      f.mended = true;
  with.report.mended += with.lists_found;
}

outcome<verify_report> run_check(const verify_source& from, bool repair, storage::visibility_store* lists) {
  verify_report report;
  try {
    context with{from, report, read_domains(from)};
    check_store(with, repair);
    if (repair && lists != nullptr && with.lists_found > 0)
      rebuild_lists(with, *lists);
  } catch (const stopped& why) {
    return why.reason;
  }
  return report;
}

} // namespace

void context::found(finding::kind what, int shard, const run_key& run, const std::string& text, bool mended) {
  ++report.found;
  report.mended += mended ? 1 : 0;
  lists_found += what == finding::kind::visibility ? 1 : 0;
  if (report.findings.size() >= findings_max)
    return;
  report.findings.push_back({what, shard, run.domain_id.empty() ? std::string() : domain_name(run.domain_id),
                             run.workflow_id, run.run_id.str(), text, mended});
}

} // namespace verifying

outcome<verify_report> verify(const verify_source& from) { return verifying::run_check(from, false, nullptr); }

outcome<verify_report> verify_and_repair(const verify_source& from, storage::visibility_store* lists) {
  return verifying::run_check(from, true, lists);
}

} // namespace cadenza::actors
