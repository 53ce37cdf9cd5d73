#pragma once

#include "verify/verify.hpp"

namespace cadenza::storage {
class file_check;
}

namespace cadenza::actors {

/// What `verify_and_repair` does, after the tables of queues that have damaged files were written anew with what is
/// left of them (`files`; null: there are none). Runs that nothing wakes then get their tasks again, and closed runs
/// that have a parent or children tell them once more, because nobody knows whether they had.
[[nodiscard]] outcome<verify_report> repair_with_queues(const verify_source& from, storage::visibility_store* lists,
                                                        storage::file_check* files);

} // namespace cadenza::actors
