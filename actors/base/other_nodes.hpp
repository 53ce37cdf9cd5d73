#pragma once

#include "actors/base/cluster_news.hpp"
#include "actors/base/matching_message.hpp"
#include "actors/base/run_message.hpp"
#include "messages/records.hpp"
#include "storage/task_list_store.hpp"

#include <cstdint>
#include <string>

namespace cadenza::actors {

/// Where a task list is: a node, and which life of it.
struct list_place {
  std::string node; ///< "": that is not known, or nobody has it
  std::int64_t life = 0;
  bool operator==(const list_place&) const = default;
};

/// What the actors of one node know of the others: which lists and runs are there, and how to send messages to them. As
/// it stands it is that of a process alone. Thread-safe.
class other_nodes {
public:
  virtual ~other_nodes() = default;
  /// Whether there can be any. Without them nothing is far, and what has to do with them costs nothing.
  [[nodiscard]] virtual bool any() const { return false; }
  /// Whether they change what is stored, so that it has to be looked at now and then.
  [[nodiscard]] virtual bool write() const { return any(); }
  [[nodiscard]] virtual bool list_is_far(const storage::task_list_key& list) const;
  [[nodiscard]] virtual bool run_is_far(const workflow_key& workflow) const;
  /// Whether this node carries out what others bring for a list. False: it is told that the list is elsewhere.
  [[nodiscard]] virtual bool takes(const storage::task_list_key& list) const;
  /// Where a list is by what this node knows at the moment.
  [[nodiscard]] virtual list_place place_of(const storage::task_list_key& list) const;
  /// Has it delivered with `deliver_matching`: to the node that `to` or `node` names, else to that of the list or the
  /// run. It may be lost, late or doubled. Only where there are others.
  virtual void carry(matching_message_ptr message);
  /// Has it delivered with `deliver_message`, perhaps twice, late or not at all; false: the run is on this node, and
  /// nothing was done.
  [[nodiscard]] virtual bool carried(const run_message_ptr& message);
  /// Has the others hear of what was changed here; it may be lost.
  virtual void tell(cluster_news what);

  /// Those of a process alone.
  [[nodiscard]] static other_nodes& none();
};

} // namespace cadenza::actors
