#include "tests/storage/support.hpp"

#include "storage/rocksdb/options.hpp"
#include "storage/rocksdb/tables.hpp"

#include <rocksdb/db.h>
#include <rocksdb/utilities/options_util.h>

#include <filesystem>
#include <random>

namespace cadenza::storage::test {
namespace {

namespace fs = std::filesystem;

std::uintmax_t bytes_below(const std::string& directory) {
  std::uintmax_t out = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      out += entry.file_size();
  return out;
}

/// What the server's own compactions come to in time, with the store's own options.
void compact(const std::string& directory) {
  rocksdb::DBOptions options;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  const auto check = [](const rocksdb::Status& s) { BOOST_TEST_REQUIRE(s.ok(), s.ToString()); };
  check(rocksdb::LoadLatestOptions(rocksdb::ConfigOptions(), directory, &options, &families));
  options.env = rocksdb::Env::Default();
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  check(rocksdb::DB::Open(options, directory, families, &handles, &opened));
  const std::unique_ptr<rocksdb::DB> db(opened);
  for (auto* family : handles) {
    check(db->CompactRange({}, family, nullptr, nullptr));
    db->DestroyColumnFamilyHandle(family);
  }
  check(db->Close());
}

/// Bytes that no compression makes smaller.
std::string noise(std::mt19937_64& chance, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (auto& c : out)
    c = static_cast<char>(chance());
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_space)

BOOST_AUTO_TEST_CASE(space_of_deleted_runs_comes_back) {
  constexpr unsigned runs = 200;
  constexpr unsigned kept = 5;
  constexpr std::size_t node_bytes = 10'000;
  constexpr int nodes = 8;
  constexpr std::uintmax_t of_run = node_bytes * nodes;
  temporary_directory directory;
  std::mt19937_64 chance(1);
  const auto tree_of = [](unsigned n) { return id(1000 + n); };
  const auto files = directory.path();
  {
    const auto s = open_store(files);
    take_shard(*s);
    for (unsigned n = 0; n < runs; ++n) {
      auto tx = in_shard();
      tx.runs.push_back(write_of(run_of(n), std::nullopt));
      for (int node = 1; node <= nodes; ++node)
        tx.history.push_back({tree_of(n), id(n), node, node, noise(chance, node_bytes)});
      BOOST_TEST_REQUIRE(commit(*s, std::move(tx)).outcome == status::committed);
    }
  }
  compact(files);
  const auto full = bytes_below(files);
  BOOST_TEST(full >= runs * of_run);
  {
    const auto s = open_store(files);
    for (unsigned n = kept; n < runs; ++n) {
      auto tx = in_shard();
      tx.delete_runs.push_back(run_of(n));
      BOOST_TEST_REQUIRE(commit(*s, std::move(tx)).outcome == status::committed);
      BOOST_TEST_REQUIRE(drop_history(*s, tree_of(n), id(n), 1, INT64_MAX).outcome == status::committed);
    }
  }
  compact(files);
  const auto left = bytes_below(files);
  BOOST_TEST(left >= kept * of_run);
  BOOST_TEST(left < (kept + 10) * of_run, left << " bytes are left of " << full);
  const auto s = open_store(files);
  BOOST_TEST(!read_run(*s, run_of(kept)).value.has_value());
  BOOST_TEST(read_run(*s, run_of(0)).value.has_value());
}

BOOST_AUTO_TEST_CASE(expired_requests_are_dropped_by_compaction) {
  temporary_directory directory;
  {
    const auto s = open_store(directory.path());
    take_shard(*s);
    auto tx = in_shard();
    tx.requests.push_back({workflow_of(), request_kind::signal, 0, "long ago", id(1), 1, 2});
    tx.requests.push_back({workflow_of(), request_kind::signal, 0, "just now", id(2), 1, INT64_MAX});
    check_committed(commit(*s, std::move(tx)));
    s->close();
  }
  rocksdb_options options;
  options.directory = directory.path();
  auto families = rocks::family_options(options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  BOOST_TEST_REQUIRE(rocksdb::DB::Open({}, directory.path(), families, &handles, &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  auto* requests = handles[1 + static_cast<std::size_t>(rocks::table::requests)];
  rocksdb::CompactRangeOptions everything;
  everything.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  BOOST_TEST_REQUIRE(db->CompactRange(everything, requests, nullptr, nullptr).ok());
  std::vector<std::string> left;
  {
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}, requests));
    for (it->SeekToFirst(); it->Valid(); it->Next())
      left.push_back(it->key().ToString());
  }
  BOOST_TEST_REQUIRE(left.size() == 1U);
  BOOST_TEST(left[0].ends_with("just now"));
  for (auto* family : handles)
    db->DestroyColumnFamilyHandle(family);
  BOOST_TEST(db->Close().ok());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
