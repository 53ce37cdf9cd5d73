#include "tests/storage/support.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <rocksdb/db.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

/// Directories of older formats (format_1/README.md).
namespace cadenza::storage::test {

namespace {

namespace fs = std::filesystem;

constexpr int shards = 2;

/// The old directory, unpacked below `into`.
std::string unpack(const temporary_directory& into) {
  const auto command = "tar -xzf '" FORMAT_1_DIRECTORY "/store.tar.gz' -C '" + into.path() + "'";
  BOOST_TEST_REQUIRE(std::system(command.c_str()) == 0);
  return into / "store";
}

/// The database itself, with whatever families it has.
class raw_database {
public:
  explicit raw_database(const std::string& directory) {
    std::vector<std::string> names;
    BOOST_TEST_REQUIRE(rocksdb::DB::ListColumnFamilies({}, directory, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    BOOST_TEST_REQUIRE(rocksdb::DB::Open({}, directory, families, &handles, &db_).ok());
    for (auto* handle : handles)
      handles_.emplace(handle->GetName(), handle);
  }
  ~raw_database() {
    for (const auto& [name, handle] : handles_)
      db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    delete db_;
  }
  raw_database(const raw_database&) = delete;
  raw_database& operator=(const raw_database&) = delete;

  void put(const std::string& key, const std::string& value) { BOOST_TEST(db_->Put({}, key, value).ok()); }
  [[nodiscard]] std::map<std::string, std::string> rows(const std::string& family) const {
    std::map<std::string, std::string> out;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, handles_.at(family)));
    for (it->SeekToFirst(); it->Valid(); it->Next())
      out.emplace(it->key().ToString(), it->value().ToString());
    return out;
  }

private:
  rocksdb::DB* db_ = nullptr;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> handles_;
};

rocksdb_options options_of(const std::string& directory) {
  rocksdb_options options;
  options.directory = directory;
  options.program = "cadenza test";
  options.upgrade_batch_bytes = 1; // each row by itself
  return options;
}

error refused(rocksdb_options options) {
  auto opened = open_rocksdb(std::move(options));
  BOOST_TEST_REQUIRE(!opened);
  return opened.error();
}

template <class Row, class Scan> std::vector<Row> all_rows(Scan scan) {
  const auto found = wait_for<page<Row>>([&](auto cb) { scan(std::move(cb)); });
  BOOST_TEST_REQUIRE(found.outcome == status::committed, found.message);
  return found.rows;
}

/// What the store has of the tables that an upgrade changes.
struct picture {
  std::map<workflow_key, current_row> current;
  std::map<std::pair<uuid, uuid>, std::string> branches;
  std::map<uuid, std::int64_t> versions;
  std::set<run_key> runs;

  explicit picture(store& s) {
    for (int shard = 0; shard < shards; ++shard) {
      for (auto& [key, row] : all_rows<std::pair<workflow_key, current_row>>(
               [&](auto cb) { s.shards().scan_current(shard, {}, 1000, std::move(cb)); }))
        current.emplace(key, row);
      for (auto& row : all_rows<branch_row>([&](auto cb) { s.shards().scan_trees(shard, {}, 1000, std::move(cb)); }))
        branches.emplace(std::pair{row.tree_id, row.branch_id}, row.value);
      for (auto& [key, rows] : all_rows<std::pair<run_key, run_rows>>(
               [&](auto cb) { s.shards().scan_runs(shard, {}, 1000, std::move(cb)); }))
        runs.insert(key);
      for (const auto& [id, value] : branches)
        if (const auto tree = read_tree(s, id.first, shard); tree.version != 0)
          versions[id.first] = tree.version;
    }
  }
  bool operator==(const picture&) const = default;
};

/// Every write of the upgrade fails at its turn: at which of them it is interrupted.
std::unique_ptr<store> open_with_fault(rocksdb_options options, int nth, bool& hit) {
  int count = 0;
  hit = false;
  options.disk_fault = [&](std::string_view operation, std::string_view file) {
    if (operation != "append" || !file.ends_with(".log") || ++count != nth)
      return 0;
    hit = true;
    return EIO;
  };
  auto opened = open_rocksdb(std::move(options));
  if (opened)
    return *std::move(opened);
  BOOST_TEST((opened.error().message.find("the next start resumes it") != std::string::npos), opened.error().message);
  return nullptr;
}

} // namespace

BOOST_AUTO_TEST_SUITE(upgrades)

BOOST_AUTO_TEST_CASE(a_directory_of_format_1_is_brought_up_to_date) {
  const temporary_directory directory;
  const auto path = unpack(directory);
  std::map<std::string, std::string> old_current;
  std::map<std::string, std::string> old_trees;
  {
    const raw_database old(path);
    BOOST_TEST(old.rows("default").at("format") == "1");
    old_current = old.rows("current");
    old_trees = old.rows("trees");
  }
  std::string told;
  auto options = options_of(path);
  options.log = [&](log::level, log::fields values, log::sentence says) {
    told.append(log::text_of(values, says)).append("\n");
  };
  {
    const auto s = open_store(options);
    const picture now(*s);
    BOOST_TEST(now.current.size() == old_current.size());
    BOOST_TEST(now.current.size() >= 7U);
    for (const auto& [key, row] : now.current) {
      record::v1::CurrentRun record;
      BOOST_TEST_REQUIRE(record.ParseFromString(row.value));
      BOOST_TEST(row.run_id.raw() == record.run_id());
      BOOST_TEST(row.state == record.state());
      BOOST_TEST(row.last_write_version == record.last_write_version());
      BOOST_TEST(now.runs.contains({key.domain_id, key.workflow_id, row.run_id}));
    }
    BOOST_TEST(now.branches.size() == old_trees.size());
    for (const auto& [key, value] : old_trees) {
      const std::pair id{uuid::from_raw(key.substr(4, 16)), uuid::from_raw(key.substr(20, 16))};
      BOOST_TEST((now.branches.at(id) == value));
      BOOST_TEST(now.versions.at(id.first) == 1);
    }
    BOOST_TEST(now.versions.size() < now.branches.size()); // a reset has made a branch
    const auto schema = all_rows<schema_row>([&](auto cb) { s->cluster().read_schema(std::move(cb)); });
    BOOST_TEST_REQUIRE(schema.size() == 2U);
    BOOST_TEST(schema[0].version == 1);
    BOOST_TEST(schema[1].version == 2);
    BOOST_TEST(schema[1].by == "cadenza test");
    BOOST_TEST(schema[1].since_ns > 0);
  }
  BOOST_TEST(told.find("from format 1 to 2") != std::string::npos, told);
  told.clear();
  const auto again = open_store(options);
  BOOST_TEST(told.empty(), told);
  BOOST_TEST(all_rows<schema_row>([&](auto cb) { again->cluster().read_schema(std::move(cb)); }).size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_upgraded_tree_is_changed_like_any_other) {
  const temporary_directory directory;
  const auto s = open_store(options_of(unpack(directory)));
  for (int shard = 0; shard < shards; ++shard) {
    const auto range_id = update_shard(*s, shard, 0, 1).current_value; // refused: it tells the one that is there
    BOOST_TEST_REQUIRE(range_id > 0);
    std::set<uuid> trees;
    for (auto& row : all_rows<branch_row>([&](auto cb) { s->shards().scan_trees(shard, {}, 1000, std::move(cb)); }))
      trees.insert(row.tree_id);
    BOOST_TEST(!trees.empty());
    for (const auto& id : trees) {
      const auto before = read_tree(*s, id, shard);
      auto tx = in_shard(range_id, shard);
      tx.trees.push_back(tree_at(id, 1));
      for (const auto& row : before.branches)
        tx.trees[0].drop.push_back(row.branch_id);
      tx.trees[0].ends = true;
      check_committed(commit(*s, tx));
      BOOST_TEST(read_tree(*s, id, shard).version == 0);
    }
    BOOST_TEST(all_rows<branch_row>([&](auto cb) { s->shards().scan_trees(shard, {}, 1000, std::move(cb)); }).empty());
  }
}

BOOST_AUTO_TEST_CASE(an_interrupted_upgrade_goes_on_where_it_stopped) {
  const temporary_directory whole;
  const auto expected = picture(*open_store(options_of(unpack(whole))));
  int interrupted = 0;
  for (int nth = 1;; nth += 5) { // each opening syncs a hundred times: a few places stand for all
    const temporary_directory directory;
    const auto path = unpack(directory);
    bool hit = false;
    const bool opened = open_with_fault(options_of(path), nth, hit) != nullptr;
    if (!hit) {
      BOOST_TEST(opened);
      break; // the upgrade has fewer writes than that
    }
    BOOST_TEST(!opened);
    ++interrupted;
    // Once more, at the next write: an upgrade may be interrupted twice.
    (void)open_with_fault(options_of(path), 2, hit);
    const auto s = open_store(options_of(path));
    BOOST_TEST((picture(*s) == expected), "interrupted at write " << nth);
    BOOST_TEST(all_rows<schema_row>([&](auto cb) { s->cluster().read_schema(std::move(cb)); }).size() == 2U);
  }
  BOOST_TEST(interrupted >= 3);
}

BOOST_AUTO_TEST_CASE(an_older_program_does_not_open_a_half_upgraded_directory) {
  const temporary_directory directory;
  const auto path = unpack(directory);
  bool hit = false;
  BOOST_TEST(open_with_fault(options_of(path), 5, hit) == nullptr);
  BOOST_TEST(hit);
  const raw_database half(path);
  BOOST_TEST(half.rows("default").at("format") == "2");
  BOOST_TEST(half.rows("default").contains("upgrade"));
}

BOOST_AUTO_TEST_CASE(a_newer_or_unknown_format_is_refused_in_words) {
  for (const auto& [format, words] : std::map<std::string, std::string>{
           {"3", "has format 3, this program reads formats up to 2. Open it with the version that wrote it"},
           {"two", "is damaged: its format 'two' is invalid"},
           {"0", "is damaged: its format '0' is invalid"}}) {
    const temporary_directory directory;
    { take_shard(*open_store(directory.path())); }
    { raw_database(directory.path()).put("format", format); }
    const auto reason = refused(options_of(directory.path()));
    BOOST_TEST((reason.kind == error_kind::internal_data_inconsistency));
    BOOST_TEST(reason.message.find(words) != std::string::npos, reason.message);
    BOOST_TEST(reason.message.find(directory.path()) != std::string::npos, reason.message);
    BOOST_TEST(raw_database(directory.path()).rows("default").at("format") == format); // nothing was changed
  }
  const temporary_directory directory;
  { take_shard(*open_store(directory.path())); }
  { raw_database(directory.path()).put("upgrade", "something else"); }
  BOOST_TEST(refused(options_of(directory.path())).message.find("in an upgrade") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_new_directory_has_the_newest_format) {
  const temporary_directory directory;
  {
    const auto s = open_store(options_of(directory.path()));
    const auto schema = all_rows<schema_row>([&](auto cb) { s->cluster().read_schema(std::move(cb)); });
    BOOST_TEST_REQUIRE(schema.size() == 1U);
    BOOST_TEST(schema[0].version == 2);
  }
  BOOST_TEST(raw_database(directory.path()).rows("default").at("format") == "2");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
