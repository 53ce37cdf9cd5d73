#include "cluster_parts.hpp"

#include "tests/unit/workflow/stored_rows.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>

namespace cadenza::replication::test {

using workflow::test::apply_mutation;

cluster::cluster(world& w, cluster_group group, int shards, std::vector<std::string> names)
  : world_(w), group_(std::move(group)), shards_(shards), chance_(w) {
  auto& domain = *row_.mutable_domain();
  domain.set_id(w.domain_id.str());
  domain.set_name("global");
  domain.set_status(api::DOMAIN_STATUS_REGISTERED);
  domain.set_is_global_domain(true);
  domain.mutable_workflow_execution_retention_period()->set_seconds(86'400);
  for (const auto& each : names)
    domain.add_clusters()->set_cluster_name(each);
  queues_.resize(static_cast<std::size_t>(shards));
  for (int i = 0; i < shards; ++i)
    ids_.push_back(std::make_unique<ids>(1'000'000LL * (i + 1)));
}

cluster::~cluster() = default;

workflow::environment cluster::env() {
  auto view = std::make_shared<workflow::domain_view>();
  view->id = world_.domain_id;
  view->name = "global";
  view->row = row_;
  auto directory = std::make_shared<workflow::domain_directory>();
  directory->put(view);
  workflow::environment out;
  out.now_ns = now_ns();
  out.chance = &chance_;
  out.domain = view;
  out.domains = directory;
  out.limits = &world_.limits;
  out.current_cluster = name();
  return out;
}

int cluster::shard_of(const std::string& workflow_id) const {
  return static_cast<int>(std::hash<std::string>{}(workflow_id) % static_cast<std::size_t>(shards_));
}
workflow::task_id_source& cluster::ids_of(const std::string& workflow_id) {
  return *ids_[static_cast<std::size_t>(shard_of(workflow_id))];
}

std::vector<uuid> cluster::run_ids() const {
  std::vector<uuid> out;
  for (const auto& [id, run] : runs_)
    out.push_back(id);
  return out;
}

std::optional<uuid> cluster::current(const std::string& workflow_id) const {
  const auto i = current_.find(workflow_id);
  return i == current_.end() ? std::nullopt : std::optional(uuid::from_raw(i->second.run_id()));
}

std::vector<workflow::batch> cluster::branch(const rec::HistoryBranch& of, std::int64_t behind) {
  std::vector<workflow::batch> out;
  const auto add = [&](const std::string& id, std::int64_t begin, std::int64_t end) {
    const auto& nodes = nodes_[{of.tree_id(), id}];
    for (auto i = nodes.lower_bound(begin); i != nodes.end() && i->first < std::min(end, behind); ++i)
      out.push_back(i->second.second);
  };
  std::int64_t begin = first_event_id;
  for (const auto& range : of.ancestors()) {
    add(range.branch_id(), range.begin_node(), range.end_node());
    begin = range.end_node();
  }
  add(of.branch_id(), begin, INT64_MAX);
  return out;
}

const api::HistoryEvent* cluster::event_on(const rec::HistoryBranch& of, std::int64_t id) {
  auto name = of.branch_id();
  for (const auto& range : of.ancestors())
    if (id >= range.begin_node() && id < range.end_node())
      name = range.branch_id();
  const auto nodes = nodes_.find({of.tree_id(), name});
  if (nodes == nodes_.end())
    return nullptr;
  const auto behind = nodes->second.upper_bound(id);
  if (behind == nodes->second.begin())
    return nullptr;
  const auto& stored = *std::prev(behind)->second.second; // the store keeps the batch
  const auto at = id - stored.events(0).event_id();
  return at < stored.events_size() ? &stored.events(static_cast<int>(at)) : nullptr;
}

std::vector<api::HistoryEvent> cluster::events(const uuid& id) {
  std::vector<api::HistoryEvent> out;
  for (const auto& batch : branch(run(id).current_branch().branch()))
    out.insert(out.end(), batch->events().begin(), batch->events().end());
  for (std::size_t i = 0; i < out.size(); ++i)
    require(out[i].event_id() == static_cast<std::int64_t>(i) + 1, "event ids of a branch follow each other");
  require(workflow::last_event_id(run(id).current_branch()) == static_cast<std::int64_t>(out.size()),
          "the version history ends with the last stored event");
  return out;
}

// --- writing

void cluster::reload(const uuid& id) {
  auto& stored = runs_.at(id);
  auto again = workflow::run::load(stored.state->key(), stored.rows);
  require(bool(again), again ? "" : "load: " + again.error().message);
  *stored.state = std::move(*again);
}

void cluster::reload_all(const std::string& workflow_id) {
  for (const auto& [id, stored] : runs_)
    if (stored.state->key().workflow_id == workflow_id)
      reload(id);
}

void cluster::restart() {
  for (const auto& [id, stored] : runs_) {
    const auto head = stored.state->head().SerializeAsString();
    reload(id);
    require(stored.state->head().SerializeAsString() == head, "what is in memory is what is stored");
  }
}

void cluster::commit(workflow::changes&& made, std::unique_ptr<workflow::run> state) {
  const auto& key = made.mutation.key;
  auto& stored = runs_[key.run_id];
  if (made.mutation.expected_version) {
    rec::Run before;
    require(before.ParseFromString(stored.rows.header) && before.row_version() == *made.mutation.expected_version,
            "a run is written under the version it was read with");
  } else {
    require(stored.rows.header.empty() && state != nullptr, "a new run is written once");
  }
  if (state)
    stored.state = std::move(state);
  if (!stored.events)
    stored.events = std::make_unique<stored_events>(*this, key.run_id);
  apply_mutation(stored.rows, made.mutation);
  if (made.new_branch)
    ++trees_[made.new_branch->tree_id.raw()];
  for (const auto& node : made.history) {
    auto parsed = std::make_shared<api::History>();
    require(parsed->ParseFromString(node.batch), "a stored batch can be read");
    auto& at = nodes_[{node.tree_id.raw(), node.branch_id.raw()}][node.first_event_id];
    require(node.txn_id > at.first, "what is written later has a higher id");
    at = {node.txn_id, std::move(parsed)};
  }
  for (const auto& task : made.replication)
    if (world_.wrong != fault::hides_attempts || task.type() != rec::REPLICATION_SYNC_ACTIVITY)
      queues_[static_cast<std::size_t>(shard_of(task.workflow_id()))].emplace(task.task_id(), task);
  for (const auto& task : made.timers)
    if (task.type() != rec::TIMER_DELETE_HISTORY)
      timers_.push_back(task);
  for (const auto& task : made.transfer) {
    if (task.type() == rec::TRANSFER_DECISION || task.type() == rec::TRANSFER_ACTIVITY) {
      transfer_.push_back(task);
    } else if (task.has_visibility() && task.task_id() > listed_by_[key.run_id]) {
      listed_by_[key.run_id] = task.task_id();
      lists_[key.run_id] = task.visibility();
    }
  }
}

void cluster::commit_own(workflow::changes&& made) {
  const auto workflow_id = made.mutation.key.workflow_id;
  if (made.current)
    current_[workflow_id] = *made.current;
  auto next = std::move(made.next);
  commit(std::move(made), nullptr);
  if (next)
    commit(std::move(next->made), std::move(next->state));
}

void cluster::commit(applied&& out, const std::string& workflow_id) {
  if (out.current) {
    require(out.current_before == current(workflow_id), "the current run is the one the rules have seen");
    current_[workflow_id] = *out.current;
  }
  for (auto& each : out.runs)
    commit(std::move(each.made), std::move(each.state));
}

} // namespace cadenza::replication::test
