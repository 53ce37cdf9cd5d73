#pragma once

#include "messages/outcome.hpp"
#include "storage/rocksdb/surviving_scan.hpp"
#include "storage/rocksdb/tables.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::storage::rocks {

/// Writes a table anew from what can be read of it, so that none of its damaged files is left. The rows are copied into
/// the default family, the table is dropped and made again, and they are copied back. A crash may come anywhere: until
/// all rows are copied nothing has changed, and from then on the next opening goes on (`finish`).
///
/// Blocks. Nobody else uses the database meanwhile.
class table_rewrite {
public:
  /// `notes`: the default family.
  table_rewrite(database& data, rocksdb::ColumnFamilyHandle* notes) : data_(data), notes_(notes) {}

  /// Ends what a crash has interrupted; nothing to do otherwise.
  [[nodiscard]] outcome<void> finish();

  struct result {
    std::int64_t kept = 0;
    std::vector<surviving_scan::gap> lost;
    std::string refused; ///< there is more damage than can be stepped over: nothing has changed. "": done
  };
  /// Only for queues: the tasks that are lost can be made again from the runs. After an error the database must be
  /// opened again.
  [[nodiscard]] outcome<result> rewrite(table which);

private:
  /// What cannot be copied out is told in `out`.
  [[nodiscard]] outcome<void> copy_out(table which, std::string lower, std::string upper, result& out);
  [[nodiscard]] outcome<void> copy_backlogs_out(result& out);
  [[nodiscard]] outcome<void> put_back(table which);
  [[nodiscard]] outcome<void> forget_copies(rocksdb::WriteBatch batch);
  [[nodiscard]] outcome<void> write(rocksdb::WriteBatch& batch, bool durable);

  database& data_;
  rocksdb::ColumnFamilyHandle* notes_;
};

} // namespace cadenza::storage::rocks
