#include "tests/storage/support.hpp"

#include <cstdint>

/// Dead letters, levels of queues, leases of nodes, the audit and the schema.
namespace cadenza::storage::test {

namespace {

std::string letters_of(store& s, const dead_letters& at, std::int64_t after, std::int64_t up_to, int limit = 100) {
  std::string text;
  const auto part =
      wait_for<page<replication_row>>([&](auto cb) { s.shards().scan_dead_letters(at, after, up_to, limit, cb); });
  for (const auto& row : part.rows)
    text += std::to_string(row.task_id) + "=" + row.value + " ";
  return text + (part.next.empty() ? "" : "...");
}

void put_letter(store& s, const dead_letters& at, std::int64_t id, std::string value) {
  check_committed(wait_for<commit_result>([&](auto cb) {
    s.shards().put_dead_letter(at, {id, std::move(value)}, cb);
  }));
}

commit_result lease(store& s, std::string node, std::int64_t expected, std::int64_t expires_ns, bool drop = false) {
  return wait_for<commit_result>([&](auto cb) {
    s.cluster().write_lease({std::move(node), expected, expires_ns, "value", drop}, cb);
  });
}

std::string leases_of(store& s) {
  std::string text;
  for (const auto& one : wait_for<page<node_lease>>([&](auto cb) { s.cluster().read_leases(cb); }).rows)
    text += one.node + "@" + std::to_string(one.version) + " until " + std::to_string(one.expires_ns) + " ";
  return text;
}

std::string acks_of(store& s, int queue) {
  std::string text;
  for (const auto& one : wait_for<page<queue_ack>>([&](auto cb) { s.cluster().read_acks(queue, cb); }).rows)
    text += one.cluster + "=" + std::to_string(one.level) + " ";
  return text;
}

void audit(store& s, const uuid& domain, std::int64_t at_ns, unsigned n) {
  check_committed(wait_for<commit_result>([&](auto cb) {
    s.cluster().append_audit({domain, at_ns, id(n), std::to_string(n)}, cb);
  }));
}

/// Entries in pages of so many.
std::string audit_of(store& s, audit_query query) {
  std::string text;
  do {
    const auto part = wait_for<page<audit_row>>([&](auto cb) { s.cluster().read_audit(query, cb); });
    BOOST_TEST_REQUIRE(part.outcome == status::committed, part.message);
    BOOST_TEST_REQUIRE(part.rows.size() <= static_cast<std::size_t>(query.limit));
    for (const auto& row : part.rows) {
      BOOST_TEST((row.domain_id == query.domain_id));
      text += std::to_string(row.at_ns) + "/" + row.value + " ";
    }
    query.page = part.next;
  } while (!query.page.empty());
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tables)

STORE_TEST(dead_letters_are_kept_by_shard_and_cluster) {
  const dead_letters one{1, "one"};
  const dead_letters longer{1, "one more"};
  const dead_letters elsewhere{2, "one"};
  for (const std::int64_t id : {7, 3, 900, 5})
    put_letter(s, one, id, "a");
  put_letter(s, longer, 4, "b");
  put_letter(s, elsewhere, 4, "c");
  put_letter(s, one, 5, "again");
  BOOST_TEST(letters_of(s, one, 0, INT64_MAX) == "3=a 5=again 7=a 900=a ");
  BOOST_TEST(letters_of(s, one, 3, 7) == "5=again 7=a ");
  BOOST_TEST(letters_of(s, one, 0, INT64_MAX, 2) == "3=a 5=again ...");
  const auto drop = [&](const dead_letters& at, std::int64_t after, std::int64_t up_to) {
    check_committed(wait_for<commit_result>([&](auto cb) { s.shards().drop_dead_letters(at, after, up_to, cb); }));
  };
  drop(one, 3, 7);
  drop(one, 3, 7);
  drop(one, 9, 9);
  BOOST_TEST(letters_of(s, one, 0, INT64_MAX) == "3=a 900=a ");
  drop(one, 0, INT64_MAX);
  BOOST_TEST(letters_of(s, one, 0, INT64_MAX).empty());
  BOOST_TEST(letters_of(s, longer, 0, INT64_MAX) == "4=b ");
  BOOST_TEST(letters_of(s, elsewhere, 0, INT64_MAX) == "4=c ");
}

STORE_TEST(a_clusters_level_of_a_queue_never_falls) {
  const auto raise = [&](int queue, std::string cluster, std::int64_t level) {
    check_committed(wait_for<commit_result>([&](auto cb) {
      s.cluster().acknowledge({queue, std::move(cluster), level}, cb);
    }));
  };
  BOOST_TEST(acks_of(s, 1).empty());
  raise(1, "west", 5);
  raise(1, "east", 300);
  raise(-1, "east", 2);
  raise(1, "west", 4);
  raise(1, "east", 301);
  BOOST_TEST(acks_of(s, 1) == "east=301 west=5 ");
  BOOST_TEST(acks_of(s, -1) == "east=2 ");
  BOOST_TEST(acks_of(s, 2).empty());
}

STORE_TEST(a_node_holds_its_lease_by_its_version) {
  BOOST_TEST(lease(s, "a", 1, 10).failed == condition::row_version);
  check_committed(lease(s, "b", 0, 20));
  check_committed(lease(s, "a", 0, 10));
  const auto again = lease(s, "a", 0, 11);
  BOOST_TEST(again.outcome == status::condition_failed);
  BOOST_TEST(again.failed == condition::row_version);
  BOOST_TEST(again.current_value == 1);
  check_committed(lease(s, "a", 1, 30));
  BOOST_TEST(leases_of(s) == "a@2 until 30 b@1 until 20 ");
  BOOST_TEST(lease(s, "a", 1, 0, true).current_value == 2);
  check_committed(lease(s, "a", 2, 0, true));
  BOOST_TEST(leases_of(s) == "b@1 until 20 ");
  check_committed(lease(s, "a", 0, -5));
  BOOST_TEST(leases_of(s) == "a@1 until -5 b@1 until 20 ");
}

STORE_TEST(the_audit_of_a_domain_is_told_newest_first) {
  const auto domain = id(50);
  audit(s, domain, 100, 1);
  audit(s, domain, 300, 3);
  audit(s, domain, 200, 2);
  audit(s, id(51), 150, 9);
  audit(s, uuid{}, 150, 8);
  for (const int limit : {1, 2, 100}) {
    audit_query query;
    query.domain_id = domain;
    query.limit = limit;
    BOOST_TEST(audit_of(s, query) == "300/3 200/2 100/1 ");
    query.from_ns = 200;
    BOOST_TEST(audit_of(s, query) == "300/3 200/2 ");
    query.to_ns = 300;
    BOOST_TEST(audit_of(s, query) == "200/2 ");
    query.domain_id = {};
    query.from_ns = 0;
    BOOST_TEST(audit_of(s, query) == "150/8 ");
  }
  const auto trim = [&](const uuid& of, std::int64_t before_ns) {
    check_committed(wait_for<commit_result>([&](auto cb) { s.cluster().trim_audit(of, before_ns, cb); }));
  };
  trim(domain, 200);
  trim(domain, 200);
  audit_query all;
  all.domain_id = domain;
  BOOST_TEST(audit_of(s, all) == "300/3 200/2 ");
  trim(domain, INT64_MAX);
  BOOST_TEST(audit_of(s, all).empty());
  all.domain_id = id(51);
  BOOST_TEST(audit_of(s, all) == "150/9 ");
  all.domain_id = {};
  BOOST_TEST(audit_of(s, all) == "150/8 ");
}

STORE_TEST(a_store_knows_its_schema) {
  const auto schema = wait_for<page<schema_row>>([&](auto cb) { s.cluster().read_schema(cb); });
  BOOST_TEST_REQUIRE(!schema.rows.empty());
  for (std::size_t i = 1; i < schema.rows.size(); ++i)
    BOOST_TEST(schema.rows[i - 1].version < schema.rows[i].version);
  BOOST_TEST(!schema.rows.back().by.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
