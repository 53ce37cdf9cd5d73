#pragma once

#include "actors/replication/foreign_work.hpp"
#include "messages/records.hpp"
#include "replication/activities.hpp"
#include "replication/apply.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

/// What clusters tell each other of runs, on the wire and in the terms of the rules.
namespace cadenza::actors {

/// What another cluster is told; where the branch is stored here stays here.
[[nodiscard]] wire::v1::ForeignBatch to_wire(const replication::foreign_batch& batch);
[[nodiscard]] wire::v1::ForeignActivity to_wire(const replication::foreign_activity& activity);

/// bad_request: an id is none, or events cannot be parsed. Whether events and version history fit each other is
/// `replication::apply`'s to say.
[[nodiscard]] outcome<replication::foreign_batch> from_wire(const wire::v1::ForeignBatch& told);
[[nodiscard]] outcome<replication::foreign_activity> from_wire(const wire::v1::ForeignActivity& told);

[[nodiscard]] wire::v1::KnownRun to_wire(const replication::known_run& run);
/// bad_request: the id is none.
[[nodiscard]] outcome<replication::known_run> from_wire(const wire::v1::KnownRun& told);

[[nodiscard]] wire::v1::SignalsRequest to_wire(const workflow_key& workflow, const told_signals& told);
/// bad_request: an id is none, or the events cannot be parsed.
[[nodiscard]] outcome<told_signals> from_wire(const wire::v1::SignalsRequest& asked);

/// Which events of a run are asked for.
[[nodiscard]] wire::v1::EventsRequest to_wire(const run_key& run, const replication::event_range& range);
[[nodiscard]] replication::event_range range_of(const wire::v1::EventsRequest& asked);

/// The workflow id that an item is about. bad_request: the item is of no kind known here, or its domain's id is none.
[[nodiscard]] outcome<workflow_key> workflow_of(const wire::v1::FeedItem& item);

} // namespace cadenza::actors
