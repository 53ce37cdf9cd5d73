#include "storage/file_check.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"

#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>

namespace cadenza::storage {
namespace {

std::vector<rocksdb::LiveFileMetaData> files_of(rocksdb::DB& db) {
  std::vector<rocksdb::LiveFileMetaData> out;
  db.GetLiveFilesMetaData(&out);
  return out;
}

/// Whether the store still has it: what compaction has replaced may be gone when its turn comes.
bool is_live(rocksdb::DB& db, const std::string& name) {
  const auto now = files_of(db);
  return std::any_of(now.begin(), now.end(), [&](const auto& file) { return file.name == name; });
}

rocksdb::Status read_whole(const rocksdb::LiveFileMetaData& file) {
  rocksdb::SstFileReader reader{rocksdb::Options{}};
  const auto opened = reader.Open(file.db_path + file.name);
  return opened.ok() ? reader.VerifyChecksum(rocksdb::ReadOptions{}) : opened;
}

} // namespace

std::vector<std::string> rocks::rocksdb_store::unreadable_files(const std::function<bool()>& stopping) {
  std::vector<std::string> out;
  auto& db = *engine_->data().db;
  for (const auto& file : files_of(db)) {
    if (stopping && stopping())
      return out;
    const auto read = read_whole(file);
    if (!read.ok() && is_live(db, file.name))
      out.push_back("table " + file.column_family_name + ": file " + file.name.substr(1) +
                    " cannot be read: " + read.ToString());
  }
  return out;
}

} // namespace cadenza::storage
