#include "replication/apply.hpp"

#include "messages/invariant.hpp"
#include "replication/settling.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace cadenza::replication {
namespace {

outcome<void> check(const foreign_batch& batch, const cluster_group& group) {
  if (batch.events == nullptr || batch.events->events().empty())
    return bad_request("A batch of another cluster has no events.");
  const auto& events = batch.events->events();
  const auto version = events[0].version();
  CADENZA_TRY([&]() -> outcome<void> {
    if (auto writer = group.cluster_of(version); !writer)
      return writer.error();
    return {};
  }());
  for (int i = 0; i < events.size(); ++i)
    if (events[i].version() != version || events[i].event_id() != events[0].event_id() + i)
      return bad_request("The events of a batch have one version and follow each other.");
  if (workflow::last_event_id(batch.items) != events.rbegin()->event_id() ||
      workflow::last_version(batch.items) != std::optional(version))
    return bad_request("The version history does not end with the batch.");
  for (int i = 1; i < batch.items.items_size(); ++i)
    if (batch.items.items(i).version() <= batch.items.items(i - 1).version() ||
        batch.items.items(i).event_id() <= batch.items.items(i - 1).event_id())
      return bad_request("Versions and event ids grow along a version history.");
  if (batch.new_run_events == nullptr)
    return {};
  const auto& next = batch.new_run_events->events();
  if (next.empty() || !next[0].has_workflow_execution_started_event_attributes() ||
      next[0].event_id() != first_event_id || next[0].version() != version)
    return bad_request("The first batch of the next run begins with its start.");
  if (!events.rbegin()->has_workflow_execution_continued_as_new_event_attributes() ||
      !uuid::parse(events.rbegin()->workflow_execution_continued_as_new_event_attributes().new_execution_run_id()))
    return bad_request("A batch with a next run ends with the event that names it.");
  return {};
}

/// Events of a branch that a run is built from: those of the run as it is may lie on another one.
class branch_events final : public workflow::event_source {
public:
  explicit branch_events(const std::vector<workflow::batch>& history) : history_(history) {}

  const api::HistoryEvent* find(std::int64_t event_id, std::int64_t) override {
    const auto behind = std::upper_bound(
        history_.begin(), history_.end(), event_id,
        [](std::int64_t id, const workflow::batch& stored) { return id < stored->events(0).event_id(); });
    if (behind == history_.begin())
      return nullptr;
    const auto& stored = **std::prev(behind);
    const auto at = event_id - stored.events(0).event_id();
    return at < stored.events_size() ? &stored.events(static_cast<int>(at)) : nullptr;
  }

private:
  const std::vector<workflow::batch>& history_;
};

/// Applies one batch.
class application {
public:
  application(const foreign_batch& batch, run_view& runs, const apply_context& context)
    : batch_(batch), runs_(runs), context_(context), settling_(batch, runs, context),
      version_(batch.events->events(0).version()) {}

  outcome<applied> carry_out() {
    auto* target = runs_.find(batch_.key.run_id);
    const auto& first = batch_.events->events(0);
    const bool begins = first.has_workflow_execution_started_event_attributes();
    if (target == nullptr)
      return begins ? create() : create_by_reset_or_ask();
    if (begins)
      return applied();
    auto at = place(target->head().version_histories(), batch_.items, first.event_id(),
                    batch_.events->events().rbegin()->event_id());
    if (!at)
      return at.error();
    switch (at->what) {
    case placement::kind::duplicate: return next_of_known();
    case placement::kind::gap: return ask(batch_.key.run_id, at->missing);
    case placement::kind::append:
    case placement::kind::fork: break;
    }
    const auto& histories = target->head().version_histories();
    const bool in_place = at->what == placement::kind::append && at->branch == histories.current();
    bool higher = false;
    if (!in_place) {
      auto won = wins(histories, version_);
      if (!won)
        return won.error();
      higher = *won;
    }
    // Own events that wait for a decision belong to the branch that was the own one so far.
    if ((higher || in_place) && !target->buffered().empty())
      return flush(*target);
    if (auto unread = look_back(*target, *at, in_place))
      return std::move(*unread);
    if (in_place)
      return append(*target);
    return higher ? rebuild(*target, *at) : put_aside(*target, *at);
  }

private:
  using transaction = workflow::transaction;

  applied ask(const uuid& run, event_range range) {
    applied out;
    out.what = applied::kind::missing;
    out.run = run;
    out.range = std::move(range);
    return out;
  }

  applied read_first(const rec::HistoryBranch& branch, std::int64_t behind_id) {
    applied out;
    out.what = applied::kind::unread;
    out.branch = branch;
    out.behind_id = behind_id;
    return out;
  }

  /// The event that announces the next run may have come by itself, when it was asked for: the run comes with the
  /// batch.
  outcome<applied> next_of_known() {
    if (batch_.new_run_events == nullptr)
      return applied();
    foreign_batch first;
    first.key = batch_.key;
    first.key.run_id = next_run_of(batch_);
    if (runs_.find(first.key.run_id) != nullptr)
      return applied();
    first.events = batch_.new_run_events;
    auto& end = *first.items.add_items();
    end.set_event_id(first.events->events().rbegin()->event_id());
    end.set_version(version_);
    return application(first, runs_, context_).carry_out();
  }

  /// Before a batch that loses, when it is the first of its version on its branch: what its branch had before is
  /// delivered again. Not nothing: it must be read first.
  std::optional<applied> look_back(const workflow::run& target, const placement& at, bool in_place) {
    const auto first_id = batch_.events->events(0).event_id();
    if (workflow::version_of(batch_.items, first_id - 1) == std::optional(version_))
      return std::nullopt;
    const auto* current = runs_.current();
    const bool is_current = current == &target;
    if (is_current && (in_place || version_ > target.last_write_version()))
      return std::nullopt;
    std::int64_t from_id = first_event_id;
    if (is_current) // what the current branch has is not lost
      if (const auto shared = workflow::lowest_common_ancestor(target.current_branch(), batch_.items))
        from_id = shared->event_id() + 1;
    if (from_id >= first_id)
      return std::nullopt;
    const auto& from = target.head().version_histories().branches(at.branch).branch();
    const auto* history = runs_.history(from, first_id);
    if (history == nullptr)
      return read_first(from, first_id);
    settling_.before_batch(*history, from_id);
    return std::nullopt;
  }

  outcome<applied> flush(workflow::run& target) {
    if (!context_.group.mine(target.last_write_version()) || !target.open() || !target.has_started_decision())
      return error(error_kind::internal_data_inconsistency, "events wait in a run that another cluster has written");
    const auto env = workflow::at_version(context_.env, target.last_write_version());
    transaction tx(target, env, runs_.events(target.key().run_id));
    workflow::fail_decision_by_failover(tx);
    applied out;
    out.what = applied::kind::again;
    CADENZA_TRY(settling_.write(tx, nullptr, out));
    return out;
  }

  // --- runs that are not there yet

  outcome<applied> create() {
    auto state = std::make_unique<workflow::run>(batch_.key);
    const auto env = workflow::at_version(context_.env, version_);
    transaction tx(*state, env, settling_.no_events());
    tx.write_passively();
    tx.set_version_histories(settling_.new_tree(batch_.key.run_id));
    CADENZA_TRY(tx.take_over(batch_.events));
    return settling_.finish(tx, std::move(state), {});
  }

  outcome<applied> create_by_reset_or_ask() {
    const auto* reset = workflow::reset_event(*batch_.events);
    if (reset == nullptr)
      return ask(batch_.key.run_id, up_to_batch({}));
    const bool failed = reset->has_decision_task_failed_event_attributes();
    const auto& failed_by = reset->decision_task_failed_event_attributes();
    const auto& timed_out_by = reset->decision_task_timed_out_event_attributes();
    const auto base_id = uuid::parse(failed ? failed_by.base_run_id() : timed_out_by.base_run_id());
    if (!base_id)
      return bad_request("The event of a reset does not name the run it began with.");
    if (!workflow::begins_own_part(*batch_.events,
                                   batch_.key.run_id)) // not its first own batch: that of the run it was made from
      return ask(batch_.key.run_id, up_to_batch({}));
    const auto first_id = batch_.events->events(0).event_id();
    rec::VersionItem last_shared;
    last_shared.set_event_id(first_id - 1);
    last_shared.set_version(workflow::version_of(batch_.items, first_id - 1).value_or(local_version));
    const auto* base = runs_.find(*base_id);
    const auto branch = base == nullptr ? std::nullopt : branch_with(base->head().version_histories(), last_shared);
    if (!branch)
      return ask_for_base(*base_id, base, last_shared);
    const auto& from = base->head().version_histories().branches(*branch).branch();
    const auto* history = runs_.history(from, first_id);
    if (history == nullptr)
      return read_first(from, first_id);
    return create_by_reset(*base, *branch, last_shared, *history);
  }

  /// The base must have its events up to the reset.
  applied ask_for_base(const uuid& base_id, const workflow::run* base, const rec::VersionItem& last_shared) {
    event_range range;
    if (base != nullptr)
      if (const auto known = nearest(base->head().version_histories(), batch_.items))
        range.after = known->shared;
    // Who wrote the event behind it in the base's own history is not known here; `serve` does not need it.
    range.before = last_shared;
    range.before->set_event_id(last_shared.event_id() + 1);
    return ask(base_id, range);
  }

  outcome<applied> create_by_reset(const workflow::run& base, int branch, const rec::VersionItem& last_shared,
                                   const std::vector<workflow::batch>& history) {
    auto state = std::make_unique<workflow::run>(batch_.key);
    const auto env = workflow::at_version(context_.env, version_);
    branch_events events(history);
    transaction tx(*state, env, events);
    tx.write_passively();
    auto histories = base.head().version_histories();
    auto forked = fork_branch(histories, branch, last_shared, context_.env.chance->new_uuid().raw());
    if (!forked)
      return forked.error();
    rec::VersionHistories own;
    *own.add_branches()->mutable_branch() = histories.branches(*forked).branch();
    tx.set_version_histories(std::move(own));
    CADENZA_TRY(workflow::replay_branch(tx, history));
    CADENZA_TRY(ends_at(tx, last_shared));
    workflow::begin_reset(tx, *batch_.events);
    tx.edit_fixed().set_jitter_s(base.fixed().jitter_s());
    CADENZA_TRY(tx.take_over(batch_.events));
    const auto tree = base.head().version_histories().branches(branch).branch().tree_id();
    return settling_.finish(tx, std::move(state), runs_.tree_version(tree));
  }

  event_range up_to_batch(std::optional<rec::VersionItem> after) const {
    event_range range;
    range.after = std::move(after);
    auto& before = range.before.emplace();
    before.set_event_id(batch_.events->events(0).event_id());
    before.set_version(version_);
    return range;
  }

  static outcome<void> ends_at(const transaction& tx, const rec::VersionItem& last) {
    if (tx.next_event_id() == last.event_id() + 1 && tx.state().last_write_version() == last.version())
      return {};
    return error(error_kind::internal_data_inconsistency,
                 "the stored history of " + tx.state().key().workflow_id + " ends before event " +
                     std::to_string(tx.next_event_id()) + ", not behind " + std::to_string(last.event_id()));
  }

  // --- runs that are there

  /// A reset's run that was sent from its first event on has had nothing of its own so far.
  void begin_if_reset(transaction& tx) {
    if (workflow::begins_own_part(*batch_.events, batch_.key.run_id))
      workflow::begin_reset(tx, *batch_.events);
  }

  outcome<applied> append(workflow::run& target) {
    const auto env = workflow::at_version(context_.env, version_);
    transaction tx(target, env, runs_.events(target.key().run_id));
    tx.write_passively();
    begin_if_reset(tx);
    CADENZA_TRY(tx.take_over(batch_.events));
    return settling_.finish(tx, nullptr, {});
  }

  /// The number of the branch that the batch goes to, made in `histories` when it is a new one.
  outcome<int> branch_for(rec::VersionHistories& histories, const placement& at) {
    if (at.what == placement::kind::append)
      return at.branch;
    return fork_branch(histories, at.branch, at.shared, context_.env.chance->new_uuid().raw());
  }

  outcome<applied> put_aside(workflow::run& target, const placement& at) {
    auto histories = target.head().version_histories();
    auto branch = branch_for(histories, at);
    if (!branch)
      return branch.error();
    const auto env = workflow::at_version(context_.env, target.last_write_version());
    transaction tx(target, env, runs_.events(target.key().run_id));
    tx.write_passively();
    tx.set_version_histories(std::move(histories));
    if (at.what == placement::kind::fork)
      tx.begin_branch(*branch, runs_.tree_version(target.current_branch().branch().tree_id()));
    tx.take_over_aside(*branch, batch_.events);
    return settling_.finish_aside(tx);
  }

  outcome<applied> rebuild(workflow::run& target, const placement& at) {
    auto histories = target.head().version_histories();
    auto branch = branch_for(histories, at);
    if (!branch)
      return branch.error();
    const auto& from = target.head().version_histories().branches(at.branch).branch();
    const auto* history = runs_.history(from, at.shared.event_id() + 1);
    if (history == nullptr)
      return read_first(from, at.shared.event_id() + 1);

    const auto& own = target.current_branch();
    const auto shared = workflow::lowest_common_ancestor(own, batch_.items);
    if (!shared)
      return shared.error();
    // Who relied on this run having had signals, before it ended, does so no more.
    if (runs_.current() != &target) {
      const auto* leaving = runs_.history(own.branch(), target.next_event_id());
      if (leaving == nullptr)
        return read_first(own.branch(), target.next_event_id());
      settling_.before_batch(*leaving, shared->event_id() + 1);
    }

    auto state = std::make_unique<workflow::run>(batch_.key);
    const auto env = workflow::at_version(context_.env, version_);
    branch_events events(*history);
    transaction tx(*state, env, events);
    tx.write_passively();
    tx.replace(target);
    histories.set_current(*branch);
    histories.mutable_branches(*branch)->clear_items(); // they come with the events
    tx.set_version_histories(std::move(histories));
    CADENZA_TRY(workflow::replay_branch(tx, *history));
    CADENZA_TRY(ends_at(tx, at.shared));
    begin_if_reset(tx);
    CADENZA_TRY(tx.take_over(batch_.events));
    tx.finish_replacing(target, shared->event_id());
    if (at.what == placement::kind::fork)
      tx.begin_branch(*branch, runs_.tree_version(target.current_branch().branch().tree_id()));
    return settling_.finish_rebuilt(tx, std::move(state));
  }

  const foreign_batch& batch_;
  run_view& runs_;
  const apply_context& context_;
  settling settling_;
  const std::int64_t version_;
};

} // namespace

bool newer(const workflow::run& a, const workflow::run& b) {
  const auto policy = [](const workflow::run& r) { return r.fixed().active_cluster_policy().SerializeAsString(); };
  if (policy(a) != policy(b))
    return std::pair(a.fixed().start_ns(), a.key().run_id) > std::pair(b.fixed().start_ns(), b.key().run_id);
  // One cluster writes a version, and has one open run of an id at a time. A reset ends the run before it by an event
  // that has a higher task id than its own.
  return std::tuple(a.last_write_version(), a.fixed().start_ns(), a.head().last_event_task_id()) >
         std::tuple(b.last_write_version(), b.fixed().start_ns(), b.head().last_event_task_id());
}

outcome<applied> apply(const foreign_batch& batch, run_view& runs, const apply_context& context) {
  CADENZA_TRY(check(batch, context.group));
  return application(batch, runs, context).carry_out();
}

} // namespace cadenza::replication
