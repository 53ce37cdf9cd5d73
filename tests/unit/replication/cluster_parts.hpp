#pragma once

#include "cluster.hpp"

/// What a cluster of a test hands to the rules.
namespace cadenza::replication::test {

class cluster::ids final : public workflow::task_id_source {
public:
  explicit ids(std::int64_t first) : next_(first) {}
  std::int64_t reserve(std::int64_t count) override {
    const auto first = next_;
    next_ += count;
    return first;
  }

private:
  std::int64_t next_;
};

/// Events on the current branch of a run.
class cluster::stored_events final : public workflow::event_source {
public:
  stored_events(cluster& of, uuid id) : cluster_(of), id_(id) {}
  const api::HistoryEvent* find(std::int64_t event_id, std::int64_t) override {
    return cluster_.event_on(cluster_.run(id_).current_branch().branch(), event_id);
  }

private:
  cluster& cluster_;
  uuid id_;
};

class cluster::run_access final : public run_view {
public:
  run_access(cluster& of, std::string workflow_id) : cluster_(of), workflow_id_(std::move(workflow_id)) {}
  workflow::run* find(const uuid& id) override { return cluster_.has(id) ? &cluster_.run(id) : nullptr; }
  workflow::run* current() override {
    const auto id = cluster_.current(workflow_id_);
    return id ? &cluster_.run(*id) : nullptr;
  }
  workflow::event_source& events(const uuid& id) override { return *cluster_.runs_.at(id).events; }
  const std::vector<workflow::batch>* history(const rec::HistoryBranch& branch, std::int64_t behind) override {
    read_.push_back(cluster_.branch(branch, behind));
    return &read_.back();
  }
  std::int64_t tree_version(const std::string& tree) override { return cluster_.trees_[tree]; }

private:
  cluster& cluster_;
  std::string workflow_id_;
  std::deque<std::vector<workflow::batch>> read_;
};

} // namespace cadenza::replication::test
