#pragma once

#include "storage/open.hpp"

#include <rocksdb/db.h>

#include <memory>
#include <vector>

namespace rocksdb {
class EventListener;
}

namespace cadenza::storage::rocks {

/// The engine's options of the whole database. `env` must outlive it.
[[nodiscard]] rocksdb::DBOptions database_options(const rocksdb_options& options, rocksdb::Env* env,
                                                  std::shared_ptr<rocksdb::EventListener> listener);

/// One descriptor for the default family and one per table, in the order of `table`.
[[nodiscard]] std::vector<rocksdb::ColumnFamilyDescriptor> family_options(const rocksdb_options& options);

} // namespace cadenza::storage::rocks
