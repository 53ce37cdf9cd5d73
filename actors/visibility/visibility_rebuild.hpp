#pragma once

#include "actors/visibility/visibility_writer.hpp"
#include "config/log_line.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <string>

/// Lists of runs are derived data: what is lost or damaged is made anew from the rows of the runs.
namespace cadenza::actors {

/// Where the runs are.
struct rebuild_source {
  storage::store* store = nullptr; ///< not null, not owned; must outlive every rebuild
  int shard_count = 0;
  log::sink log;                  ///< not empty
  std::function<bool()> stopping; ///< asked between pages, true ends a rebuild; any thread. Empty: never
};

struct rebuild_report {
  std::int64_t runs = 0;     ///< now in the lists
  std::int64_t left_out = 0; ///< rows that cannot be read or listed; each is in the log
};

/// Puts every run of every shard into a visibility store, which should be empty. What it writes is older than any task
/// of a run, so tasks may be applied before, meanwhile or after. Runs that only replication knows are not listed.
///
/// Blocks, page by page; not for a thread of the store. unavailable when the store does not answer or the server
/// stops; then a part of the runs may be there. Nothing is made durable.
[[nodiscard]] outcome<rebuild_report> rebuild_visibility(const rebuild_source& from, storage::visibility_store& into);

/// Opens the visibility store, and first rebuilds it when its file is missing or damaged, or when a store that this
/// opener gave reported damage. A rebuild happens in a file beside the final one and is renamed when it is complete and
/// on disk: a crash in the middle means another rebuild, never half a list. A store in memory is always rebuilt, since
/// its lists go with the object.
///
/// Damage within a minute of a rebuild is answered with unavailable until the minute is over, so that a failing disk
/// does not make a server read its runs for ever. Blocks as long as a rebuild takes. `time` must outlive the
/// opener.
[[nodiscard]] visibility_opener rebuilding_opener(rebuild_source from, storage::visibility_options options,
                                                  const clock& time);

} // namespace cadenza::actors
