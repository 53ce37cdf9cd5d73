#include "tests/storage/support.hpp"

#include <atomic>
#include <chrono>
#include <latch>

/// Requests that are remembered beyond their run.
namespace cadenza::storage::test {

BOOST_AUTO_TEST_SUITE(requests)

STORE_TEST(a_remembered_request_refuses_the_same_one_until_it_expires) {
  take_shard(s);
  const auto request = [](unsigned run, std::int64_t now_ns, request_kind what = request_kind::signal) {
    return request_write{workflow_of(), what, 7, "request", id(run), now_ns, now_ns + 100};
  };
  const auto remember = [&](const request_write& one, std::int64_t marker) {
    auto tx = in_shard();
    tx.requests.push_back(one);
    tx.transfer.push_back({marker, "marker"});
    return commit(s, tx);
  };
  // The store's own clock decides when rows go; those of here must not look old to it.
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       (std::chrono::system_clock::now() + std::chrono::hours(24)).time_since_epoch())
                       .count();
  check_committed(remember(request(1, now), 10));
  const auto refused = remember(request(2, now + 99), 11);
  BOOST_TEST(refused.outcome == status::condition_failed);
  BOOST_TEST(refused.failed == condition::request_known);
  BOOST_TEST((refused.remembered == id(1)));
  BOOST_TEST(scan_transfer(s, 10, 100, 10).rows.empty());

  check_committed(remember(request(3, now + 50, request_kind::cancel), 12));
  auto other = request(4, now + 50);
  other.version = 8;
  check_committed(remember(other, 13));
  other = request(4, now + 50);
  other.workflow.workflow_id = "another";
  check_committed(remember(other, 14));

  check_committed(remember(request(5, now + 100), 15));
  BOOST_TEST((remember(request(6, now + 150), 16).remembered == id(5)));
}

STORE_TEST(of_two_same_requests_under_way_one_is_carried_out) {
  take_shard(s);
  constexpr int count = 50;
  std::atomic<int> committed{0};
  std::atomic<int> known{0};
  std::latch all(count);
  for (int i = 0; i < count; ++i) {
    auto tx = in_shard();
    tx.requests.push_back({workflow_of(), request_kind::start, 0, "request", id(1), 0, INT64_MAX});
    s.shards().commit(std::move(tx), [&](const commit_result& result) {
      if (result.outcome == status::committed)
        ++committed;
      else if (result.failed == condition::request_known)
        ++known;
      all.count_down();
    });
  }
  all.wait();
  BOOST_TEST(committed == 1);
  BOOST_TEST(known == count - 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
