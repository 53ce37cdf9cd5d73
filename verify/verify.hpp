#pragma once

#include "actors/base/actor_context.hpp"
#include "storage/store.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// The check of a whole store against what its rows must say of each other, and the mending of what can be mended.
namespace cadenza::actors {

/// One thing that is wrong.
struct finding {
  enum class kind {
    state,      ///< the rows of a run are lost, damaged or not what its history says
    history,    ///< events are missing, damaged or impossible
    current,    ///< the current-run row of a workflow id
    branch,     ///< a branch of history without its row, or without a run
    task,       ///< a queue task that cannot be read or refers to nothing
    wake_up,    ///< a run waits for something that no stored task will bring
    visibility, ///< the lists of runs say something else
    shard,      ///< a shard's own row
    unreadable, ///< a part of the store cannot be read: what it holds was not checked, and is not to be relied on
  };
  kind what = kind::state;
  int shard = 0;
  std::string domain; ///< its name, its id when it has none, "" when unknown
  std::string workflow_id;
  std::string run_id;
  std::string text;
  bool mended = false;
};

/// "state", "wake-up"…: stable, for programs.
[[nodiscard]] const char* name_of(finding::kind kind);

struct verify_source {
  storage::store* store = nullptr; ///< not null
  int shard_count = 0;
  storage::visibility_reader* lists = nullptr; ///< null: the lists are not looked at
  clock* time = nullptr;                       ///< not null
  workflow::entropy* chance = nullptr;         ///< not null
  std::string identity = "verify";             ///< owner of the shards while they are mended
  std::string cluster = "cluster0";
  std::function<bool()> stopping; ///< asked between pages, true ends the check; any thread. Empty: never
  /// Gives what of the store's files cannot be read, one line for each. Empty: there are no files to be looked at.
  std::function<std::vector<std::string>(const std::function<bool()>& stopping)> unreadable_files;
  /// A server works on the store meanwhile. What changes under the check is looked at again, runs that were written
  /// within the last minute are not compared with the lists, and what needs a moment of stillness is left out: whether
  /// a stored task wakes each run.
  bool live = false;
};

struct verify_report {
  std::int64_t runs = 0;
  std::int64_t events = 0;
  std::int64_t tasks = 0;
  std::int64_t left_over = 0; ///< tasks of runs that are gone: no harm, they go when their time comes
  std::int64_t found = 0;     ///< of which `findings` has the first 10,000
  std::int64_t mended = 0;
  std::vector<finding> findings;

  [[nodiscard]] bool clean() const { return found == mended; }
};

/// Reads everything, and tells what cannot be read: a check that could not look at a part of the store never comes out
/// clean. Checks every shard: histories dense, parseable and possible, all branches included; states equal to their
/// replayed history; current-run rows; tasks; what wakes each run; the lists. Changes nothing.
///
/// Blocks, page by page, and holds the tasks and run ids of one shard at a time. unavailable when the store does not
/// answer or `stopping` says so. Not for a thread of the store or of actors.
[[nodiscard]] outcome<verify_report> verify(const verify_source& from);

/// The same, and mends what it can: states are rebuilt from their histories, tasks made anew or removed, current-run
/// rows and branch rows written, the lists made anew (`lists`, null to leave them alone). Takes each shard in which
/// something is wrong under a new range id, so that no server can work on it meanwhile. Only for a store that nobody
/// else uses. What had no place in a history yet (signals that waited behind a decision) keeps a run from being mended.
[[nodiscard]] outcome<verify_report> verify_and_repair(const verify_source& from, storage::visibility_store* lists);

} // namespace cadenza::actors
