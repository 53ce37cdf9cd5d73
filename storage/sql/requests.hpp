#pragma once

#include "storage/small_requests.hpp"

#include <cstddef>
#include <cstdint>
#include <variant>

namespace cadenza::storage::sql {

/// Everything that is committed.
using request = std::variant<shard_transaction, shard_update, task_list_transaction, history_removal, shard_cleanup,
                             dead_letter_put, dead_letter_drop, domain_transaction, queue_append, queue_trim, queue_ack,
                             document_write, lease_write, audit_row, audit_trim>;

/// Whether requests of this kind share a commit with others.
[[nodiscard]] bool can_share(const request& what);

/// About how many bytes it holds.
[[nodiscard]] std::size_t weigh(const request& what);

/// What it is called in metrics.
[[nodiscard]] const char* name_of(const request& what);

} // namespace cadenza::storage::sql
