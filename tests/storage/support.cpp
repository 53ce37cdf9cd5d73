#include "tests/storage/support.hpp"

#include "cadenza/record/v1/run.pb.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace cadenza::storage {

std::ostream& operator<<(std::ostream& out, status value) {
  constexpr const char* names[]{"committed", "condition_failed", "unavailable", "unknown_outcome", "corrupted"};
  return out << names[static_cast<int>(value)];
}

std::ostream& operator<<(std::ostream& out, condition value) {
  constexpr const char* names[]{"none",          "shard_range",     "current_run",    "run_version",   "tree_branches",
                                "request_known", "task_list_range", "domain_version", "domain_exists", "row_version"};
  return out << names[static_cast<int>(value)];
}

} // namespace cadenza::storage

namespace cadenza::storage::test {

temporary_directory::temporary_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "cadenza-store-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

rocksdb_under_test::rocksdb_under_test() : store_(open_store(directory_.path())) {}

std::unique_ptr<store> open_store(rocksdb_options options) {
  auto opened = open_rocksdb(std::move(options));
  if (!opened)
    throw std::runtime_error(opened.error().message);
  return *std::move(opened);
}

std::unique_ptr<store> open_store(const std::string& directory) {
  rocksdb_options options;
  options.directory = directory;
  return open_store(std::move(options));
}

commit_result update_shard(store& s, int shard, std::int64_t expected, std::int64_t next, std::string value) {
  return wait_for<commit_result>([&](auto cb) {
    s.update_shard({shard, expected, next, std::move(value)}, std::move(cb));
  });
}

commit_result cleanup(store& s, shard_cleanup what) {
  return wait_for<commit_result>([&](auto cb) { s.cleanup(what, std::move(cb)); });
}

read_result<std::string> read_current(store& s, const workflow_key& key, int shard) {
  return wait_for<read_result<std::string>>([&](auto cb) { s.read_current(shard, key, std::move(cb)); });
}

read_result<run_rows> read_run(store& s, const run_key& key, int shard) {
  return wait_for<read_result<run_rows>>([&](auto cb) { s.read_run(shard, key, std::move(cb)); });
}

page<history_node> read_history(store& s, const history_query& query, int shard) {
  return wait_for<page<history_node>>([&](auto cb) { s.read_history(shard, query, std::move(cb)); });
}

page<transfer_row> scan_transfer(store& s, std::int64_t after, std::int64_t up_to, int limit, int shard) {
  return wait_for<page<transfer_row>>([&](auto cb) { s.scan_transfer(shard, after, up_to, limit, std::move(cb)); });
}

page<timer_row> scan_timers(store& s, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                            int shard) {
  return wait_for<page<timer_row>>(
      [&](auto cb) { s.scan_timers(shard, from_ns, from_id, to_ns, limit, std::move(cb)); });
}

page<replication_row> scan_replication(store& s, std::int64_t after, std::int64_t up_to, int limit, int shard) {
  return wait_for<page<replication_row>>(
      [&](auto cb) { s.scan_replication(shard, after, up_to, limit, std::move(cb)); });
}

uuid id(unsigned n) { return uuid::v4(n, std::uint64_t{n} << 8 | 1); }

run_key run_of(unsigned n, const std::string& workflow) { return {id(1000), workflow, id(n)}; }

workflow_key workflow_of(const std::string& workflow) { return {id(1000), workflow}; }

std::string current_record(unsigned run, int state, std::int64_t last_write_version) {
  record::v1::CurrentRun record;
  record.set_format(1);
  record.set_run_id(id(run).raw());
  record.set_state(state);
  record.set_last_write_version(last_write_version);
  return record.SerializeAsString();
}

shard_transaction in_shard(std::int64_t range_id, int shard) {
  shard_transaction tx;
  tx.shard = shard;
  tx.range_id = range_id;
  return tx;
}

run_mutation write_of(const run_key& key, std::optional<std::int64_t> expected, std::string header) {
  run_mutation run;
  run.key = key;
  run.expected_version = expected;
  run.new_version = expected.value_or(0) + 1;
  run.header = std::move(header);
  if (!expected)
    run.fixed = "fixed";
  return run;
}

void take_shard(store& s, int shard) { check_committed(update_shard(s, shard, 0, 1)); }

void check_committed(const commit_result& result) {
  BOOST_TEST_REQUIRE(result.outcome == status::committed, result.message);
}

} // namespace cadenza::storage::test
