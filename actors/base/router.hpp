#pragma once

#include <caf/actor.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace cadenza::actors {

/// Who is who: handles of the long-lived actors, replaced when a supervisor restarts one. Reading is lock-free enough
/// for the hot path and allowed on any thread.
class router {
public:
  explicit router(int shard_count);

  [[nodiscard]] int shard_count() const { return shard_count_; }
  [[nodiscard]] caf::actor shard(int index) const;
  /// The shard that holds a workflow id. A null handle while it is being taken over.
  [[nodiscard]] caf::actor shard_of(const std::string& workflow_id) const;
  [[nodiscard]] caf::actor matching() const;
  [[nodiscard]] caf::actor visibility() const;
  [[nodiscard]] caf::actor domains() const;
  [[nodiscard]] caf::actor documents() const;

  void set_shard(int index, caf::actor handle);
  void set_matching(caf::actor handle);
  void set_visibility(caf::actor handle);
  void set_domains(caf::actor handle);
  void set_documents(caf::actor handle);

private:
  struct table {
    std::vector<caf::actor> shards;
    caf::actor matching;
    caf::actor visibility;
    caf::actor domains;
    caf::actor documents;
  };
  template <class Change> void update(Change&& change);

  const int shard_count_;
  std::atomic<std::shared_ptr<const table>> table_;
};

} // namespace cadenza::actors
