#pragma once

#include "messages/outcome.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <cstdint>
#include <optional>

/// Which branch of a run's history a batch of another cluster belongs to. Versions and event ids grow along a branch;
/// of all branches the one with the highest last version is the current one.
namespace cadenza::replication {

/// A range of events of a run, both ends exclusive; an end that is absent is open.
struct event_range {
  std::optional<record::v1::VersionItem> after;
  std::optional<record::v1::VersionItem> before;
};

/// Where a batch goes.
struct placement {
  enum class kind {
    append,    ///< to the end of `branch`
    fork,      ///< to a new branch, which shares everything up to `shared` with `branch`
    duplicate, ///< nowhere: the run has it
    gap,       ///< nowhere yet: `missing` comes first
  };
  kind what = kind::append;
  int branch = 0;                 ///< number of the branch nearest to the batch
  record::v1::VersionItem shared; ///< last event that branch and batch have in common
  event_range missing;            ///< for a gap
};

/// `incoming`: the items of the writer's branch up to the batch's last event; [first_id, last_id] is the batch.
/// bad_request: nothing in common, or the batch begins in the middle of what is shared.
[[nodiscard]] outcome<placement> place(const record::v1::VersionHistories& histories,
                                       const record::v1::VersionBranch& incoming, std::int64_t first_id,
                                       std::int64_t last_id);

/// The branch with the most in common with `incoming`, and of several the one with the fewest items. bad_request:
/// nothing in common with any.
[[nodiscard]] outcome<placement> nearest(const record::v1::VersionHistories& histories,
                                         const record::v1::VersionBranch& incoming);

/// Adds a branch that shares everything up to `until` with branch number `base`; its number. The current one stays.
[[nodiscard]] outcome<int> fork_branch(record::v1::VersionHistories& histories, int base,
                                       const record::v1::VersionItem& until, const std::string& new_branch_id);

/// Number of the branch that has the event; nothing when none has. Of several the current one comes first.
[[nodiscard]] std::optional<int> branch_with(const record::v1::VersionHistories& histories,
                                             const record::v1::VersionItem& event);

/// Whether a branch whose last event is of `version` takes the place of the current one: when it is higher.
/// bad_request when it is the same, which one cluster never writes on two branches.
[[nodiscard]] outcome<bool> wins(const record::v1::VersionHistories& histories, std::int64_t version);

/// What the other side asked for, as ids [first, behind) on one branch of this side.
struct served_range {
  int branch = 0;
  std::int64_t first_id = 0;
  std::int64_t behind_id = 0; ///< == first_id: nothing
};
/// A range with an open end begins at the first event, or ends with the current branch. An end that lies on another
/// branch than the beginning moves the beginning back to what both share. The end may also be the event behind one that
/// is there. entity_not_exists: an end is on no branch.
[[nodiscard]] outcome<served_range> serve(const record::v1::VersionHistories& histories, const event_range& asked);

} // namespace cadenza::replication
