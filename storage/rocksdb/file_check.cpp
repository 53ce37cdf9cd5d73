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

struct damaged_file {
  std::string table;
  std::string file;
  std::string why;
};

std::vector<damaged_file> damaged_files(rocksdb::DB& db, const std::function<bool()>& stopping) {
  std::vector<damaged_file> out;
  for (const auto& file : files_of(db)) {
    if (stopping && stopping())
      return out;
    const auto read = read_whole(file);
    if (!read.ok() && is_live(db, file.name))
      out.push_back({file.column_family_name, file.name.substr(1), read.ToString()});
  }
  return out;
}

file_check::rewritten_queue told(rocks::table which, const rocks::table_rewrite::result& done) {
  file_check::rewritten_queue out;
  out.written = done.refused.empty();
  out.transfer = which == rocks::table::transfer;
  out.text = "table " + std::string(rocks::table_names[static_cast<std::size_t>(which)]);
  if (!out.written) {
    out.text += " has damaged files and is as it was: " + done.refused;
    return out;
  }
  out.text += " had damaged files and was rewritten with the " + std::to_string(done.kept) + " rows that were left";
  for (const auto& gap : done.lost)
    out.text += "; " + gap.why;
  return out;
}

} // namespace

std::vector<std::string> rocks::rocksdb_store::unreadable_files(const std::function<bool()>& stopping) {
  std::vector<std::string> out;
  for (const auto& damaged : damaged_files(*engine_->data().db, stopping))
    out.push_back("table " + damaged.table + ": file " + damaged.file + " cannot be read: " + damaged.why);
  return out;
}

outcome<std::vector<file_check::rewritten_queue>> rocks::rocksdb_store::rewrite_damaged_queues() {
  std::vector<rewritten_queue> out;
  const auto damaged = damaged_files(*engine_->data().db, {});
  for (const auto which : {table::transfer, table::timers, table::tasks}) {
    const auto name = table_names[static_cast<std::size_t>(which)];
    if (std::none_of(damaged.begin(), damaged.end(), [&](const auto& file) { return file.table == name; }))
      continue;
    const auto done = engine_->rewrite(which);
    if (!done)
      return done.error();
    out.push_back(told(which, *done));
  }
  return out;
}

} // namespace cadenza::storage
