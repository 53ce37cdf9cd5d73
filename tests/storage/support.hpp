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
#include <utility>

namespace cadenza::storage {

std::ostream& operator<<(std::ostream& out, status value);
std::ostream& operator<<(std::ostream& out, condition value);

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

class memory_under_test final : public under_test {
public:
  store& get() override { return store_; }

private:
  memory_store store_;
};

class rocksdb_under_test final : public under_test {
public:
  rocksdb_under_test();
  store& get() override { return *store_; }

private:
  temporary_directory directory_;
  std::unique_ptr<store> store_;
};

/// Opens an embedded store or fails the test.
std::unique_ptr<store> open_store(rocksdb_options options);
std::unique_ptr<store> open_store(const std::string& directory);

/// One test of the contract, run on every kind of store: the body gets `store& s`.
#define STORE_TEST(name)                                                                                               \
  static void name(::cadenza::storage::store& s);                                                                      \
  BOOST_AUTO_TEST_CASE(name##_memory) {                                                                                \
    ::cadenza::storage::test::memory_under_test made;                                                                  \
    name(made.get());                                                                                                  \
  }                                                                                                                    \
  BOOST_AUTO_TEST_CASE(name##_rocksdb) {                                                                               \
    ::cadenza::storage::test::rocksdb_under_test made;                                                                 \
    name(made.get());                                                                                                  \
  }                                                                                                                    \
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

template <class Transaction> commit_result commit(store& s, Transaction tx) {
  return wait_for<commit_result>([&](auto cb) { s.commit(std::move(tx), std::move(cb)); });
}

commit_result update_shard(store& s, int shard, std::int64_t expected, std::int64_t next, std::string value = "shard");
commit_result cleanup(store& s, shard_cleanup what);
read_result<std::string> read_current(store& s, const workflow_key& key, int shard = 1);
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

/// A record.v1.CurrentRun.
std::string current_record(unsigned run, int state = 1, std::int64_t last_write_version = 0);

/// A transaction of shard 1 under range id 1.
shard_transaction in_shard(std::int64_t range_id = 1, int shard = 1);
/// The write of a run: new when `expected` is absent, else an update to the next version.
run_mutation write_of(const run_key& key, std::optional<std::int64_t> expected, std::string header = "header");

/// Owns shard 1 with range id 1, or fails the test.
void take_shard(store& s, int shard = 1);
void check_committed(const commit_result& result);

} // namespace cadenza::storage::test
