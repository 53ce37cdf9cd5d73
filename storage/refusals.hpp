#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <string>

namespace cadenza::storage {

/// Whether an expectation holds; `row` is null when there is no row.
[[nodiscard]] bool holds(const current_condition& expected, const current_row* row);

/// The answers of a commit whose condition did not hold, worded once for all plug-ins.
[[nodiscard]] commit_result refuse_shard(int shard, std::int64_t expected, std::int64_t found);
/// `found` is null when there is no row.
[[nodiscard]] commit_result refuse_current(const current_condition& expected, const current_row* found);
[[nodiscard]] commit_result refuse_run(const run_mutation& run, std::int64_t found);
[[nodiscard]] commit_result refuse_tree(const tree_write& tree, std::int64_t found);
[[nodiscard]] commit_result refuse_request(const request_write& request, const uuid& remembered);
[[nodiscard]] commit_result refuse_task_list(const task_list_key& key, std::int64_t expected, std::int64_t found);
[[nodiscard]] commit_result refuse_domain_version(std::int64_t expected, std::int64_t found);
[[nodiscard]] commit_result refuse_domain(std::string message);
[[nodiscard]] commit_result refuse_document(const document_write& write, std::int64_t found);
[[nodiscard]] commit_result refuse_lease(const lease_write& write, std::int64_t found);

/// Nothing was changed and the caller may send again.
[[nodiscard]] commit_result refuse_unavailable(std::string message);

} // namespace cadenza::storage
