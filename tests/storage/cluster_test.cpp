#include "tests/storage/support.hpp"

#include <cstdint>
#include <set>

namespace cadenza::storage::test {

namespace {

task_list_key list_of(const std::string& name, int type = 0, unsigned domain = 1) { return {id(domain), name, type}; }

task_list_transaction lease(const task_list_key& key, std::int64_t expected, std::int64_t next, std::string row) {
  task_list_transaction tx;
  tx.key = key;
  tx.expected_range_id = expected;
  tx.new_range_id = next;
  tx.row = std::move(row);
  return tx;
}

task_list_transaction tasks(const task_list_key& key, std::int64_t range, std::int64_t first, std::int64_t last) {
  task_list_transaction tx;
  tx.key = key;
  tx.expected_range_id = range;
  tx.new_range_id = range;
  for (auto task = first; task <= last; ++task)
    tx.append.push_back({task, "task " + std::to_string(task)});
  return tx;
}

page<backlog_row> scan(store& s, const task_list_key& key, std::int64_t after, std::int64_t up_to, int limit) {
  return wait_for<page<backlog_row>>([&](auto cb) { s.task_lists().scan_tasks(key, after, up_to, limit, cb); });
}

std::optional<std::string> row_of(store& s, const task_list_key& key) {
  return wait_for<read_result<std::string>>([&](auto cb) { s.task_lists().read_task_list(key, cb); }).value;
}

domain_transaction domain(std::int64_t version, decltype(domain_transaction::operation) operation, unsigned n,
                          std::string name, std::string value = "row") {
  domain_transaction tx;
  tx.expected_notification_version = version;
  tx.operation = operation;
  tx.id = id(n);
  tx.name = std::move(name);
  tx.value = std::move(value);
  return tx;
}

std::string domains_of(store& s) {
  std::string text;
  for (const auto& row : wait_for<page<domain_row>>([&](auto cb) { s.cluster().read_domains({}, 100, cb); }).rows)
    text += (row.id == id(1) ? "1" : row.id == id(2) ? "2" : "?") + ("/" + row.name + "=" + row.value + " ");
  return text;
}

std::vector<task_list_key> lists_of(store& s, const ring_range& of, int size) {
  std::vector<task_list_key> found;
  std::string token;
  do {
    auto part = wait_for<page<std::pair<task_list_key, std::string>>>(
        [&](auto cb) { s.task_lists().scan_task_lists(of, token, size, cb); });
    BOOST_TEST_REQUIRE(part.outcome == status::committed, part.message);
    BOOST_TEST_REQUIRE(part.rows.size() <= static_cast<std::size_t>(size));
    for (const auto& [key, row] : part.rows) {
      found.push_back(key);
      BOOST_TEST(row == key.name);
    }
    token = part.next;
  } while (!token.empty());
  std::sort(found.begin(), found.end());
  return found;
}

std::int64_t domain_version_of(store& s) {
  return wait_for<read_result<std::int64_t>>([&](auto cb) { s.cluster().read_domain_version(cb); }).value.value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(cluster)

STORE_TEST(a_task_list_is_leased_and_fenced) {
  const auto key = list_of("list");
  BOOST_TEST(!row_of(s, key).has_value());
  check_committed(commit(s, lease(key, 0, 1, "one")));
  const auto again = commit(s, lease(key, 0, 1, "other"));
  BOOST_TEST(again.outcome == status::condition_failed);
  BOOST_TEST(again.failed == condition::task_list_range);
  BOOST_TEST(again.current_value == 1);
  check_committed(commit(s, tasks(key, 1, 1, 5)));
  check_committed(commit(s, lease(key, 1, 2, "two")));
  const auto fenced = commit(s, tasks(key, 1, 6, 9));
  BOOST_TEST(fenced.failed == condition::task_list_range);
  BOOST_TEST(fenced.current_value == 2);
  BOOST_TEST(scan(s, key, 0, 100, 100).rows.size() == 5U);
  BOOST_TEST(row_of(s, key).value() == "two");
  BOOST_TEST(commit(s, tasks(list_of("absent"), 3, 1, 1)).failed == condition::task_list_range);
}

STORE_TEST(a_lease_may_go_up_without_a_new_row) {
  const auto key = list_of("list");
  check_committed(commit(s, lease(key, 0, 1, "row")));
  auto tx = tasks(key, 1, 1, 2);
  tx.new_range_id = 9;
  check_committed(commit(s, tx));
  BOOST_TEST(row_of(s, key).value() == "row");
  BOOST_TEST(commit(s, tasks(key, 1, 3, 3)).current_value == 9);
  check_committed(commit(s, tasks(key, 9, 3, 3)));
}

STORE_TEST(backlog_tasks_are_scanned_and_dropped_by_id) {
  const auto key = list_of("list");
  const auto other = list_of("list", 1);
  check_committed(commit(s, lease(key, 0, 1, "row")));
  check_committed(commit(s, lease(other, 0, 1, "row")));
  check_committed(commit(s, tasks(key, 1, 1, 300)));
  check_committed(commit(s, tasks(other, 1, 1, 3)));
  const auto part = scan(s, key, 9, 300, 5);
  BOOST_TEST_REQUIRE(part.rows.size() == 5U);
  BOOST_TEST(part.rows[0].task_id == 10);
  BOOST_TEST(part.rows[0].value == "task 10");
  BOOST_TEST(!part.next.empty());
  BOOST_TEST(scan(s, key, 298, INT64_MAX, 5).rows.size() == 2U);
  for (const std::int64_t level : {100, 50, 299}) {
    auto drop = tasks(key, 1, 0, -1);
    drop.delete_up_to = level;
    check_committed(commit(s, drop));
  }
  BOOST_TEST(scan(s, key, 0, INT64_MAX, 1000).rows.size() == 1U);
  auto late = tasks(key, 1, 20, 21);
  check_committed(commit(s, late));
  BOOST_TEST(scan(s, key, 0, INT64_MAX, 1000).rows.size() == 3U);
  auto drop = tasks(key, 1, 0, -1);
  drop.delete_up_to = 299;
  check_committed(commit(s, drop));
  BOOST_TEST(scan(s, key, 0, INT64_MAX, 1000).rows.size() == 1U);
  BOOST_TEST(scan(s, other, 0, INT64_MAX, 1000).rows.size() == 3U);
}

STORE_TEST(a_deleted_task_list_takes_its_tasks_along) {
  const auto key = list_of("list");
  const auto longer = list_of("list2");
  for (const auto& one : {key, longer}) {
    check_committed(commit(s, lease(one, 0, 1, "row")));
    check_committed(commit(s, tasks(one, 1, 1, 3)));
  }
  auto remove = tasks(key, 7, 0, -1);
  remove.delete_list = true;
  BOOST_TEST(commit(s, remove).failed == condition::task_list_range);
  remove.expected_range_id = 1;
  check_committed(commit(s, remove));
  BOOST_TEST(!row_of(s, key).has_value());
  BOOST_TEST(scan(s, key, 0, 100, 100).rows.empty());
  BOOST_TEST(scan(s, longer, 0, 100, 100).rows.size() == 3U);
  check_committed(commit(s, lease(key, 0, 1, "again")));
  BOOST_TEST(scan(s, key, 0, 100, 100).rows.empty());
}

STORE_TEST(task_lists_are_scanned_once_each_with_page_tokens) {
  std::vector<task_list_key> expected;
  for (unsigned domain_number = 1; domain_number <= 2; ++domain_number)
    for (const auto* name : {"a", "a/b", "ab", "/__cadence_sys/a/1"})
      for (int type = 0; type <= 1; ++type) {
        const auto& key = expected.emplace_back(list_of(name, type, domain_number));
        check_committed(commit(s, lease(key, 0, 1, name)));
      }
  std::sort(expected.begin(), expected.end());
  for (const int size : {1, 5, 16})
    BOOST_TEST((lists_of(s, {}, size) == expected));
}

STORE_TEST(each_part_of_the_ring_has_its_task_lists) {
  std::vector<task_list_key> all;
  for (int i = 0; i < 60; ++i) {
    const auto& key = all.emplace_back(list_of("list " + std::to_string(i)));
    check_committed(commit(s, lease(key, 0, 1, key.name)));
  }
  std::sort(all.begin(), all.end());
  constexpr std::uint64_t ring = std::uint64_t{1} << 32;
  std::vector<task_list_key> found;
  for (std::uint64_t part = 0; part < 4; ++part) {
    const ring_range of{part * ring / 4, (part + 1) * ring / 4};
    for (const auto& key : lists_of(s, of, 7)) {
      BOOST_TEST(of.contains(key));
      found.push_back(key);
    }
  }
  std::sort(found.begin(), found.end());
  BOOST_TEST((found == all));
  BOOST_TEST(lists_of(s, {5, 5}, 7).empty());
}

// Nodes of all versions must agree where a list stands.
BOOST_AUTO_TEST_CASE(the_place_of_a_task_list_on_the_ring_never_changes) {
  BOOST_TEST(ring_position({uuid::v4(1, 2), "orders", 0}) == 3154802890U);
  BOOST_TEST(ring_position({uuid::v4(1, 2), "orders", 1}) == 3106339412U);
  BOOST_TEST(ring_position({uuid{}, "", 0}) == 243536385U);
}

STORE_TEST(the_domain_table_has_one_version) {
  using kind = decltype(domain_transaction::operation);
  BOOST_TEST(domain_version_of(s) == 0);
  check_committed(commit(s, domain(0, kind::create, 1, "one", "first")));
  BOOST_TEST(domain_version_of(s) == 1);
  const auto stale = commit(s, domain(0, kind::create, 2, "two"));
  BOOST_TEST(stale.outcome == status::condition_failed);
  BOOST_TEST(stale.failed == condition::domain_version);
  BOOST_TEST(stale.current_value == 1);
  check_committed(commit(s, domain(1, kind::create, 2, "two")));
  check_committed(commit(s, domain(2, kind::update, 1, "one", "changed")));
  BOOST_TEST(domains_of(s) == "1/one=changed 2/two=row ");
  check_committed(commit(s, domain(3, kind::remove, 1, "one")));
  BOOST_TEST(domains_of(s) == "2/two=row ");
  BOOST_TEST(domain_version_of(s) == 4);
  check_committed(commit(s, domain(4, kind::create, 1, "one", "new")));
}

STORE_TEST(domain_ids_and_names_are_unique) {
  using kind = decltype(domain_transaction::operation);
  check_committed(commit(s, domain(0, kind::create, 1, "one")));
  for (const auto& clash : {domain(1, kind::create, 1, "other"), domain(1, kind::create, 2, "one")}) {
    const auto refused = commit(s, clash);
    BOOST_TEST(refused.outcome == status::condition_failed);
    BOOST_TEST(refused.failed == condition::domain_exists);
  }
  check_committed(commit(s, domain(1, kind::create, 2, "two")));
  BOOST_TEST(commit(s, domain(2, kind::update, 2, "one")).failed == condition::domain_exists);
  BOOST_TEST(commit(s, domain(2, kind::update, 3, "three")).failed == condition::domain_exists);
  BOOST_TEST(commit(s, domain(2, kind::remove, 3, "three")).failed == condition::domain_exists);
  BOOST_TEST(domain_version_of(s) == 2);
  check_committed(commit(s, domain(2, kind::update, 1, "renamed")));
  check_committed(commit(s, domain(3, kind::update, 2, "one")));
  BOOST_TEST(domains_of(s) == "1/renamed=row 2/one=row ");
}

STORE_TEST(domains_are_read_in_pages) {
  using kind = decltype(domain_transaction::operation);
  std::set<std::string> expected;
  for (unsigned n = 1; n <= 25; ++n) {
    check_committed(commit(s, domain(n - 1, kind::create, n, "domain " + std::to_string(n))));
    expected.insert("domain " + std::to_string(n));
  }
  for (const int size : {1, 10, 25, 100}) {
    std::set<std::string> found;
    std::string token;
    do {
      const auto part = wait_for<page<domain_row>>([&](auto cb) { s.cluster().read_domains(token, size, cb); });
      BOOST_TEST_REQUIRE(part.outcome == status::committed, part.message);
      BOOST_TEST_REQUIRE(part.rows.size() <= static_cast<std::size_t>(size));
      for (const auto& row : part.rows)
        BOOST_TEST(found.insert(row.name).second);
      token = part.next;
    } while (!token.empty());
    BOOST_TEST((found == expected));
  }
}

STORE_TEST(queues_give_dense_ids_that_never_return) {
  const auto append = [&](int queue, std::string payload) {
    const auto result = wait_for<commit_result>([&](auto cb) { s.cluster().append({queue, std::move(payload)}, cb); });
    check_committed(result);
    return result.current_value;
  };
  const auto read = [&](int queue, std::int64_t after, int limit) {
    return wait_for<page<queue_row>>([&](auto cb) { s.cluster().read_queue(queue, after, limit, cb); });
  };
  for (int i = 1; i <= 5; ++i)
    BOOST_TEST(append(1, "m" + std::to_string(i)) == i);
  BOOST_TEST(append(-1, "dead") == 1);
  auto part = read(1, -1, 3);
  BOOST_TEST_REQUIRE(part.rows.size() == 3U);
  BOOST_TEST(part.rows[0].message_id == 1);
  BOOST_TEST(part.rows[2].payload == "m3");
  BOOST_TEST(!part.next.empty());
  BOOST_TEST(read(1, 3, 100).rows.size() == 2U);
  const auto trim = [&](std::int64_t up_to) {
    check_committed(wait_for<commit_result>([&](auto cb) { s.cluster().trim_queue(1, up_to, cb); }));
  };
  trim(4);
  BOOST_TEST(read(1, -1, 100).rows.size() == 1U);
  trim(5);
  BOOST_TEST(read(1, -1, 100).rows.empty());
  BOOST_TEST(read(-1, 0, 100).rows.size() == 1U);
  BOOST_TEST(append(1, "next") == 6);
  BOOST_TEST(read(1, 5, 100).rows.at(0).payload == "next");
}

STORE_TEST(documents_are_written_one_version_after_the_other) {
  const auto write = [&](int document, std::int64_t expected, std::string value) {
    return wait_for<commit_result>([&](auto cb) {
      s.cluster().write_document({document, expected, std::move(value)}, cb);
    });
  };
  const auto read = [&](int document) {
    return wait_for<read_result<std::string>>([&](auto cb) { s.cluster().read_document(document, cb); }).value;
  };
  BOOST_TEST(!read(0).has_value());
  BOOST_TEST(write(0, 3, "x").failed == condition::row_version);
  BOOST_TEST(!read(0).has_value());
  for (std::int64_t version = 0; version < 100; ++version)
    check_committed(write(0, version, "v" + std::to_string(version + 1)));
  const auto refused = write(0, 7, "stale");
  BOOST_TEST(refused.outcome == status::condition_failed);
  BOOST_TEST(refused.failed == condition::row_version);
  BOOST_TEST(refused.current_value == 100);
  BOOST_TEST(read(0).value() == "v100");
  check_committed(write(1, 0, "other"));
  BOOST_TEST(read(0).value() == "v100");
  BOOST_TEST(read(1).value() == "other");
}

STORE_TEST(transactions_of_every_kind_submitted_together_see_each_other) {
  using kind = decltype(domain_transaction::operation);
  std::vector<std::future<commit_result>> answers;
  const auto cb = [&] {
    auto promise = std::make_shared<std::promise<commit_result>>();
    answers.push_back(promise->get_future());
    return [promise](commit_result result) { promise->set_value(std::move(result)); };
  };
  take_shard(s, 1);
  take_shard(s, 2);
  for (std::int64_t i = 0; i < 40; ++i) {
    s.cluster().commit(domain(i, i == 0 ? kind::create : kind::update, 1, "one"), cb());
    s.cluster().append({1, "message"}, cb());
    s.cluster().write_document({0, i, "document"}, cb());
    s.task_lists().commit(lease(list_of("list"), i, i + 1, "row"), cb());
    auto up = tasks(list_of("other"), i, i, i);
    up.new_range_id = i + 1;
    s.task_lists().commit(std::move(up), cb());
    auto run = in_shard();
    s.shards().update_shard({2, i + 1, i + 2, "shard"}, cb());
    run.runs.push_back(write_of(run_of(1), i == 0 ? std::nullopt : std::optional(i)));
    s.shards().commit(std::move(run), cb());
  }
  for (auto& answer : answers)
    check_committed(answer.get());
  BOOST_TEST(domain_version_of(s) == 40);
  BOOST_TEST(wait_for<page<queue_row>>([&](auto done) { s.cluster().read_queue(1, 0, 100, done); }).rows.size() == 40U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
