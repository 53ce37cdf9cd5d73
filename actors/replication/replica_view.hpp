#pragma once

#include "replication/apply.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// What is at hand of the runs of one workflow id while batches of another cluster are applied: a cache of the store,
/// filled by whoever reads it. What a rule looked for in vain is noted; then what the rule has made of it must not be
/// written, and it is tried again when that has been read.
class replica_view final : public replication::run_view {
public:
  explicit replica_view(workflow_key key);
  ~replica_view() override;
  replica_view(const replica_view&) = delete;
  replica_view& operator=(const replica_view&) = delete;

  // --- for the rules
  [[nodiscard]] workflow::run* find(const uuid& run_id) override;
  [[nodiscard]] workflow::run* current() override;
  [[nodiscard]] workflow::event_source& events(const uuid& run_id) override;
  [[nodiscard]] const std::vector<workflow::batch>* history(const replication::rec::HistoryBranch& branch,
                                                            std::int64_t behind_id) override;
  [[nodiscard]] std::int64_t tree_version(const std::string& tree_id) override;

  // --- what is not at hand
  struct wanted_history {
    replication::rec::HistoryBranch branch;
    std::int64_t behind_id = 0;
  };
  struct wanted_event {
    uuid run;
    replication::rec::HistoryBranch branch; ///< the run's current one
    std::int64_t event_id = 0;
    std::int64_t batch_first_id = 0;
  };
  struct needs {
    bool current = false; ///< which run is the current one
    std::vector<uuid> runs;
    std::vector<std::string> trees; ///< raw ids
    std::vector<wanted_history> histories;
    std::vector<wanted_event> events;
    [[nodiscard]] bool empty() const {
      return !current && runs.empty() && trees.empty() && histories.empty() && events.empty();
    }
  };
  /// What was looked for in vain since the last call.
  [[nodiscard]] needs take_needs() { return std::exchange(needs_, {}); }
  /// Notes those of a batch's runs that are not at hand, so that a rule need not begin in vain.
  void want_run(const uuid& run_id);
  void want_current();

  // --- what has been read; nothing: there is no such run
  void put_current(std::optional<uuid> run_id);
  void put_run(const uuid& run_id, std::unique_ptr<workflow::run> state);
  /// Of several reads within one item the first counts: what is at hand of the tree may be as old as that.
  void put_tree(const std::string& tree_id, std::int64_t version);
  void put_history(const wanted_history& of, std::vector<workflow::batch> batches);
  /// The batch that should have the event; one without it is as good as none, and is not asked for again.
  void put_event(const wanted_event& of, workflow::batch batch);

  // --- changes
  /// The run that the current-run row named when it was read.
  [[nodiscard]] const std::optional<uuid>& current_id() const { return current_; }
  /// What a rule has made is stored: `made` null, the run that it changed stays.
  void stored(const uuid& run_id, std::unique_ptr<workflow::run> made);
  void stored_current(const uuid& run_id) { current_ = run_id; }
  /// The states may not be what is stored: all runs are read again.
  void forget_runs();
  /// So is everything else.
  void forget_all();
  /// So are trees, histories and single batches: they are only kept for one item.
  void forget_histories();

private:
  class cached_events;
  struct entry {
    std::unique_ptr<workflow::run> state; ///< null: there is no such run
    std::unique_ptr<cached_events> events;
  };
  void want(const uuid& run_id);

  const workflow_key key_;
  needs needs_;
  bool current_known_ = false;
  std::optional<uuid> current_;
  std::map<uuid, entry> runs_;
  std::map<std::string, std::int64_t> trees_;
  std::map<std::pair<std::string, std::int64_t>, std::vector<workflow::batch>> histories_;
  /// Single batches by branch and first event id; null: looked for in vain.
  std::map<std::pair<std::string, std::int64_t>, workflow::batch> batches_;
};

} // namespace cadenza::actors
