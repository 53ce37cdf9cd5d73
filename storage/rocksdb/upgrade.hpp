#pragma once

#include "config/log_line.hpp"
#include "messages/outcome.hpp"
#include "storage/rocksdb/tables.hpp"

#include <rocksdb/status.h>

#include <string>
#include <string_view>

namespace cadenza::storage::rocks {

/// The format that this program writes (docs/storage-format.md).
inline constexpr int data_format = 2;

/// What opening a directory needs to know of its format.
struct format_check {
  const database& data;
  rocksdb::ColumnFamilyHandle* default_family;
  const std::string& directory; ///< for messages
  const std::string& program;   ///< named in the schema's history
  std::size_t batch_bytes;      ///< rows of an upgrade are written so many at a time
  const log::sink& log;         ///< may be empty
};

/// Marks a new directory, passes one of this program's format, and brings an older one up to date, in steps that a
/// crash or a full disk may interrupt anywhere: the next opening goes on where this one stopped. Blocks; nobody else
/// uses the database meanwhile. internal_data_inconsistency for a newer or unknown format, and for stored keys that
/// make no sense.
[[nodiscard]] outcome<void> check_format(const format_check& of);

/// Writes once more, and syncs, what says the format: shows whether writes work.
[[nodiscard]] rocksdb::Status write_format(const database& data, rocksdb::ColumnFamilyHandle* default_family);

} // namespace cadenza::storage::rocks
