#include "tests/bench/directory_size.hpp"

#include <rocksdb/db.h>
#include <rocksdb/utilities/options_util.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

namespace cadenza::bench {
namespace {

namespace fs = std::filesystem;

void check(const rocksdb::Status& status, const char* what) {
  if (status.ok())
    return;
  throw std::runtime_error(std::string(what) + ": " + status.ToString());
}

void compact(const std::string& directory) {
  rocksdb::DBOptions options;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  check(rocksdb::LoadLatestOptions(rocksdb::ConfigOptions(), directory, &options, &families),
        "the store's options cannot be read");
  options.env = rocksdb::Env::Default();
  options.create_if_missing = false;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  check(rocksdb::DB::Open(options, directory, families, &handles, &opened), "the store cannot be opened");
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::CompactRangeOptions how;
  how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (auto* family : handles) {
    check(db->CompactRange(how, family, nullptr, nullptr), "the store cannot be compacted");
    db->DestroyColumnFamilyHandle(family);
  }
  check(db->Close(), "the store cannot be closed");
}

} // namespace

directory_sizes directory_bytes(const std::string& directory) {
  directory_sizes out;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file())
      continue;
    const auto size = static_cast<std::int64_t>(entry.file_size());
    out.all += size;
    if (entry.path().filename().string().find("visibility") != std::string::npos)
      out.visibility += size;
  }
  return out;
}

void compact_stores(const std::string& directory) {
  std::vector<std::string> stores;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.path().filename() == "CURRENT")
      stores.push_back(entry.path().parent_path().string());
  for (const auto& store : stores)
    compact(store);
}

} // namespace cadenza::bench
