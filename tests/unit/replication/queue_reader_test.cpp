#define BOOST_TEST_MODULE replication
#include "replication/queue_reader.hpp"

#include "storage/memory/memory_store.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace cadenza;
using namespace cadenza::replication;

namespace {

constexpr int shard = 3;

replication_row row_of(std::int64_t id) {
  record::v1::ReplicationTask task;
  task.set_format(1);
  task.set_task_id(id);
  task.set_workflow_id("workflow");
  task.set_first_event_id(id * 10);
  return {id, task.SerializeAsString()};
}

/// A store in memory whose answers come at once, with one shard taken.
struct fixture {
  storage::memory_store store{{{}, [this](const storage::fault_point& at) {
                                 storage::fault out;
                                 if (!at.commit && refusing)
                                   out.what = storage::fault::kind::unavailable;
                                 return out;
                               }}};
  bool refusing = false;

  fixture() {
    storage::shard_update take;
    take.shard = shard;
    take.new_range_id = 1;
    take.value = "shard";
    store.shards().update_shard(take, [](const storage::commit_result& result) {
      BOOST_REQUIRE(result.outcome == storage::status::committed);
    });
  }

  void write(std::vector<replication_row> rows) {
    storage::shard_transaction tx;
    tx.shard = shard;
    tx.range_id = 1;
    tx.replication = std::move(rows);
    store.shards().commit(std::move(tx), [](const storage::commit_result& result) {
      BOOST_REQUIRE(result.outcome == storage::status::committed);
    });
  }

  outcome<queue_page> read(std::int64_t after, std::int64_t up_to, int limit) {
    std::optional<outcome<queue_page>> answer;
    read_queue(store.shards(), shard, after, up_to, limit, [&](outcome<queue_page> page) { answer = std::move(page); });
    BOOST_REQUIRE(answer.has_value());
    return *std::move(answer);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(every_task_of_a_queue_is_read_once_in_order, fixture) {
  std::vector<replication_row> rows;
  for (std::int64_t id = 1; id <= 25; ++id)
    rows.push_back(row_of(id * 7));
  write(std::move(rows));

  std::vector<std::int64_t> read_ids;
  std::int64_t after = 0;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const auto page = read(after, INT64_MAX, 10);
    BOOST_REQUIRE(page);
    BOOST_REQUIRE(pages < 10);
    for (const auto& task : page->tasks) {
      BOOST_TEST(task.first_event_id() == task.task_id() * 10);
      read_ids.push_back(task.task_id());
    }
    BOOST_TEST(page->last_id == read_ids.back());
    after = page->last_id;
    more = page->more;
  }
  BOOST_TEST(pages == 3);
  BOOST_REQUIRE(read_ids.size() == 25U);
  for (std::size_t i = 0; i < read_ids.size(); ++i)
    BOOST_TEST(read_ids[i] == static_cast<std::int64_t>(i + 1) * 7);
}

BOOST_FIXTURE_TEST_CASE(a_page_begins_after_one_id_and_ends_with_another, fixture) {
  write({row_of(5), row_of(6), row_of(7), row_of(8)});
  const auto page = read(5, 7, 100);
  BOOST_REQUIRE(page);
  BOOST_REQUIRE(page->tasks.size() == 2U);
  BOOST_TEST(page->tasks[0].task_id() == 6);
  BOOST_TEST(page->last_id == 7);
  BOOST_TEST(!page->more);
}

BOOST_FIXTURE_TEST_CASE(an_empty_queue_leaves_the_reader_where_it_was, fixture) {
  const auto page = read(41, INT64_MAX, 100);
  BOOST_REQUIRE(page);
  BOOST_TEST(page->tasks.empty());
  BOOST_TEST(page->last_id == 41);
  BOOST_TEST(!page->more);
}

BOOST_FIXTURE_TEST_CASE(a_limit_that_is_none_still_reads_something, fixture) {
  write({row_of(1), row_of(2)});
  const auto page = read(0, INT64_MAX, 0);
  BOOST_REQUIRE(page);
  BOOST_TEST(page->tasks.size() == 1U);
  BOOST_TEST(page->more);
}

BOOST_FIXTURE_TEST_CASE(a_damaged_task_is_not_passed_over, fixture) {
  write({row_of(1), {2, "no such record"}, row_of(3)});
  const auto garbage = read(0, INT64_MAX, 100);
  BOOST_REQUIRE(!garbage);
  BOOST_TEST((garbage.error().kind == error_kind::internal_data_inconsistency));

  auto misplaced = row_of(9);
  misplaced.task_id = 10;
  write({misplaced});
  const auto other = read(9, INT64_MAX, 100);
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().kind == error_kind::internal_data_inconsistency));
}

BOOST_FIXTURE_TEST_CASE(a_store_that_cannot_read_is_told, fixture) {
  write({row_of(1)});
  refusing = true;
  const auto refused = read(0, INT64_MAX, 100);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == error_kind::unavailable));
  refusing = false;
  BOOST_TEST(static_cast<bool>(read(0, INT64_MAX, 100)));
}
