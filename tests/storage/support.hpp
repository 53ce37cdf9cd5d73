#pragma once

#include "storage/memory/memory_store.hpp"
#include "storage/open.hpp"
#include "storage/store.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cadenza::storage {

std::ostream& operator<<(std::ostream& out, status value);
std::ostream& operator<<(std::ostream& out, condition value);
std::ostream& operator<<(std::ostream& out, const current_row& row);

} // namespace cadenza::storage

namespace cadenza::storage::test {

/// A directory of its own, gone with the object.
class temporary_directory {
public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

/// A store of one kind, made for one test.
class under_test {
public:
  virtual ~under_test() = default;
  virtual store& get() = 0;
};

/// A kind of store that keeps to the contract.
struct store_kind {
  const char* name;
  std::unique_ptr<under_test> (*make)();
};

/// Every kind there is. Whoever writes another one adds it here, and all tests of the contract run on it.
[[nodiscard]] const std::vector<store_kind>& store_kinds();

/// A kind by its name.
[[nodiscard]] std::unique_ptr<under_test> make_store(std::string_view kind);

/// Opens an embedded store or fails the test.
std::unique_ptr<store> open_store(rocksdb_options options);
std::unique_ptr<store> open_store(const std::string& directory);

/// Registers one test of the contract for each kind of store.
struct contract_test {
  contract_test(const char* name, const char* file, std::size_t line, void (*body)(store&));
};

/// One test of the contract, run on every kind of store: the body gets `store& s`.
#define STORE_TEST(name)                                                                                               \
  static void name(::cadenza::storage::store& s);                                                                      \
  static const ::cadenza::storage::test::contract_test name##_on_every_store(#name, __FILE__, __LINE__, &name);        \
  static void name(::cadenza::storage::store& s)

/// Calls with a callback and waits for its argument. An answer that never comes fails the test.
template <class Result, class Call> Result wait_for(Call call) {
  auto promise = std::make_shared<std::promise<Result>>();
  auto answer = promise->get_future();
  call([promise](Result result) { promise->set_value(std::move(result)); });
  if (answer.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
    throw std::runtime_error("no answer from the store");
  return answer.get();
}

commit_result commit(store& s, shard_transaction tx);
commit_result commit(store& s, task_list_transaction tx);
commit_result commit(store& s, domain_transaction tx);
commit_result drop_history(store& s, const uuid& tree, const uuid& branch, std::int64_t from, std::int64_t to);

commit_result update_shard(store& s, int shard, std::int64_t expected, std::int64_t next, std::string value = "shard");
commit_result cleanup(store& s, shard_cleanup what);
read_result<current_row> read_current(store& s, const workflow_key& key, int shard = 1);
read_result<run_rows> read_run(store& s, const run_key& key, int shard = 1);
page<history_node> read_history(store& s, const history_query& query, int shard = 1);
page<transfer_row> scan_transfer(store& s, std::int64_t after, std::int64_t up_to, int limit, int shard = 1);
page<timer_row> scan_timers(store& s, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                            int shard = 1);
page<replication_row> scan_replication(store& s, std::int64_t after, std::int64_t up_to, int limit, int shard = 1);

/// The n-th of a row of different ids.
uuid id(unsigned n);
run_key run_of(unsigned n, const std::string& workflow = "workflow");
workflow_key workflow_of(const std::string& workflow = "workflow");

/// A current-run row; its record is no real one, since no store reads it.
current_row row_of_current(unsigned run, int state = 1, std::int64_t last_write_version = 0);

history_tree read_tree(store& s, const uuid& tree, int shard = 1);
/// A branch of a tree that is made with it.
tree_write new_tree(const uuid& tree, const uuid& branch, std::string row = "row");
/// A change of a tree that was read at a version.
tree_write tree_at(const uuid& tree, std::int64_t version);

/// A transaction of shard 1 under range id 1.
shard_transaction in_shard(std::int64_t range_id = 1, int shard = 1);
/// The write of a run: new when `expected` is absent, else an update to the next version.
run_mutation write_of(const run_key& key, std::optional<std::int64_t> expected, std::string header = "header");

/// Owns shard 1 with range id 1, or fails the test.
void take_shard(store& s, int shard = 1);
void check_committed(const commit_result& result);

} // namespace cadenza::storage::test
