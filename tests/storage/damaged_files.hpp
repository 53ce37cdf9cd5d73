#pragma once

#include "storage/backups.hpp"
#include "storage/rocksdb/tables.hpp"
#include "tests/storage/support.hpp"

#include <rocksdb/db.h>
#include <rocksdb/metadata.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <vector>

/// Table files of the embedded store, and harm to them.
namespace cadenza::storage::test {

namespace fs = std::filesystem;

inline constexpr int rows = 2000;
inline constexpr std::size_t row_bytes = 200;

inline std::string noise(unsigned seed) {
  std::mt19937 random(seed);
  std::string out(row_bytes, '\0');
  std::generate(out.begin(), out.end(), [&] { return static_cast<char>(random()); });
  return out;
}

/// A directory at rest, opened past the store.
class raw_database {
public:
  explicit raw_database(const std::string& directory, bool writable = false) {
    std::vector<std::string> names;
    BOOST_TEST_REQUIRE(rocksdb::DB::ListColumnFamilies({}, directory, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
    rocksdb::DB* opened = nullptr;
    const auto status = writable ? rocksdb::DB::Open({}, directory, families, &handles_, &opened)
                                 : rocksdb::DB::OpenForReadOnly({}, directory, families, &handles_, &opened);
    BOOST_TEST_REQUIRE(status.ok(), status.ToString());
    db_.reset(opened);
  }
  ~raw_database() {
    for (auto* handle : handles_)
      db_->DestroyColumnFamilyHandle(handle);
  }
  raw_database(const raw_database&) = delete;
  raw_database& operator=(const raw_database&) = delete;

  rocksdb::DB* operator->() { return db_.get(); }
  rocksdb::ColumnFamilyHandle* operator[](std::string_view name) {
    const auto found =
        std::find_if(handles_.begin(), handles_.end(), [&](const auto* handle) { return handle->GetName() == name; });
    BOOST_TEST_REQUIRE((found != handles_.end()));
    return *found;
  }

private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

/// The files of a table, in the order of their numbers.
inline std::vector<fs::path> files_of(const std::string& directory, rocks::table which) {
  raw_database db(directory);
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  std::vector<fs::path> out;
  for (const auto& file : files)
    if (file.column_family_name == rocks::table_names[static_cast<std::size_t>(which)])
      out.push_back(directory + "/" + fs::path(file.name).filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

/// Damages a file at a part of its length.
inline void damage(const fs::path& file, double part) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto at = static_cast<std::streamoff>(part * static_cast<double>(fs::file_size(file)));
  stream.seekp(at);
  stream.write("damage", 6);
  BOOST_TEST_REQUIRE(stream.good());
}

/// Writes the tables by way of a backup.
inline void flush(store& s, const temporary_directory& in) {
  BOOST_TEST_REQUIRE(static_cast<bool>(s.backups()->create_backup(in / "backup")));
}

inline void put_transfer(store& s, std::int64_t first, std::int64_t last) {
  auto tx = in_shard();
  for (auto id = first; id <= last; ++id)
    tx.transfer.push_back({id, noise(static_cast<unsigned>(id))});
  check_committed(commit(s, std::move(tx)));
}

template <class Row> std::set<std::int64_t> ids_of(const std::vector<Row>& all) {
  std::set<std::int64_t> out;
  for (const auto& row : all) {
    BOOST_TEST_REQUIRE(out.insert(row.task_id).second);
    BOOST_TEST_REQUIRE(row.value == noise(static_cast<unsigned>(row.task_id)));
  }
  return out;
}

} // namespace cadenza::storage::test
