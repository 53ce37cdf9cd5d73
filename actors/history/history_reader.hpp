#pragma once

#include "actors/history/history_cache.hpp"
#include "messages/outcome.hpp"
#include "storage/store.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <functional>

namespace cadenza::workflow {
class run;
}

namespace cadenza::actors {

/// Number of events in a serialized api.v1.History, without parsing them; -1 when the bytes are damaged.
[[nodiscard]] std::int64_t count_events(const std::string& history);

/// The batches of a slice, one by one.
[[nodiscard]] outcome<std::vector<std::shared_ptr<const uber::cadence::api::v1::History>>>
parse_batches(const history_slice& slice);

/// Reads whole stored batches of a branch, following its ancestors: events [from, to), at most `max_batches` and about
/// `max_bytes` (at least one batch). `from` must begin a batch. Of several writes of one batch the newest counts.
/// internal_data_inconsistency when events are missing, at the end included: `to` must not be beyond what was written.
/// `done` runs once, on any thread.
void read_branch(storage::store& store, int shard, const record::v1::HistoryBranch& branch, std::int64_t from,
                 std::int64_t to, int max_batches, std::int64_t max_bytes,
                 std::function<void(outcome<history_slice>)> done);

/// Whether a page token may ask for events [from, to): the branch is one of the run's, and has events up to there.
[[nodiscard]] bool may_read(const workflow::run& run, const record::v1::HistoryBranch& branch, std::int64_t from,
                            std::int64_t to);

/// Tells removal from damage: a read that misses events may have met the run's deletion. `tell` gets entity_not_exists
/// when the run is not stored any more, and `why` otherwise; once, on any thread.
void explain_failed_read(storage::store& store, int shard, const run_key& run, error why,
                         std::function<void(const error&)> tell);

} // namespace cadenza::actors
