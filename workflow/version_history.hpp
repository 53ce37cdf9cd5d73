#pragma once

#include "messages/constants.hpp"
#include "messages/outcome.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <cstdint>
#include <optional>

namespace cadenza::workflow {

/// Notes that event `event_id` of `version` was appended to a branch.
void append_event(record::v1::VersionBranch& branch, std::int64_t event_id, std::int64_t version);

/// Version of the last event; nothing for an empty branch.
[[nodiscard]] std::optional<std::int64_t> last_version(const record::v1::VersionBranch& branch);
[[nodiscard]] std::int64_t last_event_id(const record::v1::VersionBranch& branch);

/// Version of an event on the branch; nothing when the branch has no such event.
[[nodiscard]] std::optional<std::int64_t> version_of(const record::v1::VersionBranch& branch, std::int64_t event_id);
[[nodiscard]] bool contains(const record::v1::VersionBranch& branch, const record::v1::VersionItem& item);

/// The last item two branches share.
[[nodiscard]] outcome<record::v1::VersionItem> lowest_common_ancestor(const record::v1::VersionBranch& a,
                                                                      const record::v1::VersionBranch& b);

/// A copy whose last item is `until`.
[[nodiscard]] outcome<record::v1::VersionBranch> duplicate_until(const record::v1::VersionBranch& branch,
                                                                 const record::v1::VersionItem& until);

/// Token of a new branch that shares everything before `fork_event_id` with `base`.
[[nodiscard]] record::v1::HistoryBranch fork(const record::v1::HistoryBranch& base, std::int64_t base_begin_node,
                                             std::int64_t fork_event_id, const std::string& new_branch_id);

} // namespace cadenza::workflow
