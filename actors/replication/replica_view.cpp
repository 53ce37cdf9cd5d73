#include "actors/replication/replica_view.hpp"

#include "messages/invariant.hpp"

#include <algorithm>
#include <iterator>

namespace cadenza::actors {

namespace rec = record::v1;
namespace api = uber::cadence::api::v1;

/// Events of a run's current branch, batch by batch.
class replica_view::cached_events final : public workflow::event_source {
public:
  cached_events(replica_view& view, uuid run, rec::HistoryBranch branch)
    : view_(view), run_(run), branch_(std::move(branch)), bytes_(branch_.SerializeAsString()) {}

  const api::HistoryEvent* find(std::int64_t event_id, std::int64_t batch_first_id) override {
    const auto at = view_.batches_.find({bytes_, batch_first_id});
    if (at == view_.batches_.end()) {
      view_.needs_.events.push_back({run_, branch_, event_id, batch_first_id});
      return nullptr;
    }
    if (!at->second)
      return nullptr;
    const auto& events = at->second->events();
    const auto found =
        std::find_if(events.begin(), events.end(), [&](const auto& e) { return e.event_id() == event_id; });
    return found == events.end() ? nullptr : &*found;
  }

private:
  replica_view& view_;
  const uuid run_;
  const rec::HistoryBranch branch_;
  const std::string bytes_; ///< of the branch
};

replica_view::replica_view(workflow_key key) : key_(std::move(key)) {}
replica_view::~replica_view() = default;

void replica_view::want(const uuid& run_id) {
  if (std::find(needs_.runs.begin(), needs_.runs.end(), run_id) == needs_.runs.end())
    needs_.runs.push_back(run_id);
}

void replica_view::want_run(const uuid& run_id) {
  if (!runs_.contains(run_id))
    want(run_id);
}

void replica_view::want_current() {
  if (!current_known_)
    needs_.current = true;
  else if (current_)
    want_run(*current_);
}

workflow::run* replica_view::find(const uuid& run_id) {
  const auto at = runs_.find(run_id);
  if (at == runs_.end()) {
    want(run_id);
    return nullptr;
  }
  return at->second.state.get();
}

workflow::run* replica_view::current() {
  if (!current_known_)
    needs_.current = true;
  return current_ ? find(*current_) : nullptr;
}

workflow::event_source& replica_view::events(const uuid& run_id) {
  const auto at = runs_.find(run_id);
  CADENZA_ASSERT(at != runs_.end() && at->second.events, "events are looked for of runs that are at hand");
  return *at->second.events;
}

const std::vector<workflow::batch>* replica_view::history(const rec::HistoryBranch& branch, std::int64_t behind_id) {
  const auto at = histories_.find({branch.SerializeAsString(), behind_id});
  if (at != histories_.end())
    return &at->second;
  needs_.histories.push_back({branch, behind_id});
  return nullptr;
}

std::int64_t replica_view::tree_version(const std::string& tree_id) {
  const auto at = trees_.find(tree_id);
  if (at != trees_.end())
    return at->second;
  needs_.trees.push_back(tree_id);
  return 0;
}

void replica_view::put_current(std::optional<uuid> run_id) {
  current_known_ = true;
  current_ = run_id;
  want_current();
}

void replica_view::put_run(const uuid& run_id, std::unique_ptr<workflow::run> state) {
  auto& held = runs_[run_id];
  held = {};
  if (!state)
    return;
  held.events = std::make_unique<cached_events>(*this, run_id, state->current_branch().branch());
  held.state = std::move(state);
}

void replica_view::put_tree(const std::string& tree_id, std::int64_t version) { trees_.try_emplace(tree_id, version); }

void replica_view::put_history(const wanted_history& of, std::vector<workflow::batch> batches) {
  histories_[{of.branch.SerializeAsString(), of.behind_id}] = std::move(batches);
}

void replica_view::put_event(const wanted_event& of, workflow::batch batch) {
  batches_[{of.branch.SerializeAsString(), of.batch_first_id}] = std::move(batch);
}

void replica_view::stored(const uuid& run_id, std::unique_ptr<workflow::run> made) {
  const auto at = runs_.find(run_id);
  CADENZA_ASSERT(made || (at != runs_.end() && at->second.state), "a run that was changed is at hand");
  // The branch may be another one by now, and batches of before it need not be on it.
  put_run(run_id, made ? std::move(made) : std::move(at->second.state));
}

void replica_view::forget_runs() {
  runs_.clear();
  current_known_ = false;
  current_.reset();
}

void replica_view::forget_all() {
  forget_runs();
  forget_histories();
}

void replica_view::forget_histories() {
  trees_.clear();
  histories_.clear();
  batches_.clear();
}

} // namespace cadenza::actors
