#include "tests/storage/support.hpp"

#include "tests/storage/postgres_server.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace cadenza::storage {

std::ostream& operator<<(std::ostream& out, status value) {
  constexpr const char* names[]{"committed", "condition_failed", "unavailable", "unknown_outcome", "corrupted"};
  return out << names[static_cast<int>(value)];
}

std::ostream& operator<<(std::ostream& out, condition value) {
  constexpr const char* names[]{"none",          "shard_range",     "current_run",    "run_version",   "tree_version",
                                "request_known", "task_list_range", "domain_version", "domain_exists", "row_version"};
  return out << names[static_cast<int>(value)];
}

std::ostream& operator<<(std::ostream& out, const current_row& row) {
  return out << row.run_id.str() << "/" << row.state << "/" << row.last_write_version << "=" << row.value;
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

namespace {

class memory_under_test final : public under_test {
public:
  explicit memory_under_test(memory_options options = {}) : store_(std::move(options)) {}
  store& get() override { return store_; }

private:
  memory_store store_;
};

class rocksdb_under_test final : public under_test {
public:
  rocksdb_under_test() : store_(open_store(directory_.path())) {}
  store& get() override { return *store_; }

private:
  temporary_directory directory_;
  std::unique_ptr<store> store_;
};

/// A store in memory that makes use of all that a plug-in may do.
std::unique_ptr<under_test> make_loose() {
  memory_options options;
  options.able_to.refused_history_stays = true;
  options.fault_hook = [](const fault_point&) {
    fault out;
    out.history_stays = true;
    return out;
  };
  return std::make_unique<memory_under_test>(std::move(options));
}

} // namespace

const std::vector<store_kind>& store_kinds() {
  static const std::vector<store_kind> all{
      {"memory", [] { return std::unique_ptr<under_test>(std::make_unique<memory_under_test>()); }},
      {"loose_memory", make_loose},
      {"rocksdb", [] { return std::unique_ptr<under_test>(std::make_unique<rocksdb_under_test>()); }},
      {"postgres", make_postgres},
      {"postgres_4", make_postgres_4},
  };
  return all;
}

std::unique_ptr<under_test> make_store(std::string_view kind) {
  for (const auto& known : store_kinds())
    if (known.name == kind)
      return known.make();
  throw std::runtime_error("no such kind of store");
}

contract_test::contract_test(const char* name, const char* file, std::size_t line, void (*body)(store&)) {
  namespace ut = boost::unit_test;
  for (const auto& kind : store_kinds()) {
    const auto run = [body, make = kind.make] {
      const auto made = make();
      body(made->get());
    };
    auto* test = ut::make_test_case(run, std::string(name) + "_" + kind.name, file, line);
    const ut::ut_detail::auto_test_unit_registrar registered(test, ut::decorator::collector_t::instance());
  }
}

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

commit_result commit(store& s, shard_transaction tx) {
  return wait_for<commit_result>([&](auto cb) { s.shards().commit(std::move(tx), std::move(cb)); });
}

commit_result commit(store& s, task_list_transaction tx) {
  return wait_for<commit_result>([&](auto cb) { s.task_lists().commit(std::move(tx), std::move(cb)); });
}

commit_result commit(store& s, domain_transaction tx) {
  return wait_for<commit_result>([&](auto cb) { s.cluster().commit(std::move(tx), std::move(cb)); });
}

commit_result drop_history(store& s, const uuid& tree, const uuid& branch, std::int64_t from, std::int64_t to) {
  return wait_for<commit_result>([&](auto cb) {
    s.shards().drop_history({1, 1, {{tree, branch, from, to}}}, std::move(cb));
  });
}

commit_result update_shard(store& s, int shard, std::int64_t expected, std::int64_t next, std::string value) {
  return wait_for<commit_result>([&](auto cb) {
    s.shards().update_shard({shard, expected, next, std::move(value)}, std::move(cb));
  });
}

commit_result cleanup(store& s, shard_cleanup what) {
  return wait_for<commit_result>([&](auto cb) { s.shards().cleanup(what, std::move(cb)); });
}

read_result<current_row> read_current(store& s, const workflow_key& key, int shard) {
  return wait_for<read_result<current_row>>([&](auto cb) { s.shards().read_current(shard, key, std::move(cb)); });
}

read_result<run_rows> read_run(store& s, const run_key& key, int shard) {
  return wait_for<read_result<run_rows>>([&](auto cb) { s.shards().read_run(shard, key, std::move(cb)); });
}

page<history_node> read_history(store& s, const history_query& query, int shard) {
  return wait_for<page<history_node>>([&](auto cb) { s.shards().read_history(shard, query, std::move(cb)); });
}

page<transfer_row> scan_transfer(store& s, std::int64_t after, std::int64_t up_to, int limit, int shard) {
  return wait_for<page<transfer_row>>(
      [&](auto cb) { s.shards().scan_transfer(shard, after, up_to, limit, std::move(cb)); });
}

page<timer_row> scan_timers(store& s, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                            int shard) {
  return wait_for<page<timer_row>>(
      [&](auto cb) { s.shards().scan_timers(shard, from_ns, from_id, to_ns, limit, std::move(cb)); });
}

page<replication_row> scan_replication(store& s, std::int64_t after, std::int64_t up_to, int limit, int shard) {
  return wait_for<page<replication_row>>(
      [&](auto cb) { s.shards().scan_replication(shard, after, up_to, limit, std::move(cb)); });
}

uuid id(unsigned n) { return uuid::v4(n, std::uint64_t{n} << 8 | 1); }

run_key run_of(unsigned n, const std::string& workflow) { return {id(1000), workflow, id(n)}; }

workflow_key workflow_of(const std::string& workflow) { return {id(1000), workflow}; }

current_row row_of_current(unsigned run, int state, std::int64_t last_write_version) {
  return {id(run), state, last_write_version, "record of " + std::to_string(run)};
}

history_tree read_tree(store& s, const uuid& tree, int shard) {
  return wait_for<read_result<history_tree>>([&](auto cb) { s.shards().read_tree(shard, tree, std::move(cb)); })
      .value.value();
}

tree_write new_tree(const uuid& tree, const uuid& branch, std::string row) {
  tree_write out;
  out.tree_id = tree;
  out.put.push_back({tree, branch, std::move(row)});
  return out;
}

tree_write tree_at(const uuid& tree, std::int64_t version) {
  tree_write out;
  out.tree_id = tree;
  out.expected_version = version;
  return out;
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
