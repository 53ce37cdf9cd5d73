#include "tests/storage/support.hpp"

#include <atomic>
#include <set>
#include <thread>

namespace cadenza::storage::test {

BOOST_AUTO_TEST_SUITE(racing)

STORE_TEST(of_writers_of_one_run_exactly_one_wins_each_version) {
  constexpr int writers = 4;
  constexpr std::int64_t versions = 50;
  take_shard(s);
  auto create = in_shard();
  create.runs.push_back(write_of(run_of(1), std::nullopt));
  check_committed(commit(s, create));
  std::atomic<std::int64_t> wins{0};
  std::atomic<int> strange{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      std::int64_t version = 1;
      while (version <= versions) {
        auto tx = in_shard();
        tx.runs.push_back(write_of(run_of(1), version, std::to_string(writer)));
        tx.history.push_back({id(1), id(2), version, writer, "batch"});
        const auto result = commit(s, std::move(tx));
        if (result.outcome == status::committed) {
          ++wins;
          ++version;
        } else if (result.failed == condition::run_version && result.current_value > version) {
          version = result.current_value;
        } else {
          ++strange;
          return;
        }
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(strange == 0);
  BOOST_TEST(wins == versions);
  history_query query;
  query.tree_id = id(1);
  query.branch_id = id(2);
  query.to = INT64_MAX;
  // Each version wrote one node; a store that leaves those of refused transactions has more.
  std::set<std::int64_t> events;
  for (const auto& node : read_history(s, query).rows)
    events.insert(node.first_event_id);
  BOOST_TEST(events.size() == static_cast<std::size_t>(versions));
  if (!s.able_to().refused_history_stays)
    BOOST_TEST(read_history(s, query).rows.size() == static_cast<std::size_t>(versions));
}

STORE_TEST(two_owners_of_a_shard_never_write_in_each_others_range) {
  constexpr int owners = 2;
  constexpr int rounds = 40;
  take_shard(s);
  std::atomic<std::int64_t> range{1};
  std::atomic<int> strange{0};
  std::vector<std::thread> threads;
  for (int owner = 0; owner < owners; ++owner)
    threads.emplace_back([&, owner] {
      std::int64_t task = owner;
      for (int round = 0; round < rounds; ++round) {
        std::int64_t seen = range;
        for (;;) {
          const auto taken = update_shard(s, 1, seen, seen + 1);
          if (taken.outcome == status::committed)
            break;
          seen = taken.current_value;
        }
        const auto mine = seen + 1;
        range = mine;
        // The id says under which range it was written: the other owner's higher range must come after it.
        for (int i = 0; i < 3; ++i) {
          auto tx = in_shard(mine);
          tx.transfer.push_back({mine << 20 | ++task, std::to_string(mine)});
          const auto result = commit(s, std::move(tx));
          if (result.outcome == status::committed)
            continue;
          if (result.failed != condition::shard_range || result.current_value <= mine)
            ++strange;
          break;
        }
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(strange == 0);
}

STORE_TEST(of_many_starts_of_one_workflow_one_wins) {
  constexpr int starters = 8;
  take_shard(s);
  for (int round = 0; round < 20; ++round) {
    const auto workflow = "w" + std::to_string(round);
    std::atomic<int> won{0};
    std::atomic<int> lost{0};
    std::vector<std::thread> threads;
    for (unsigned n = 1; n <= starters; ++n)
      threads.emplace_back([&, n] {
        auto tx = in_shard();
        tx.current = current_condition{workflow_of(workflow), current_condition::kind::absent, {}, 0};
        tx.set_current = current_write{workflow_of(workflow), row_of_current(n)};
        tx.runs.push_back(write_of(run_of(n, workflow), std::nullopt, std::to_string(n)));
        const auto result = commit(s, std::move(tx));
        if (result.outcome == status::committed)
          ++won;
        else if (result.failed == condition::current_run && result.current.has_value())
          ++lost;
      });
    for (auto& thread : threads)
      thread.join();
    BOOST_TEST(won == 1);
    BOOST_TEST(lost == starters - 1);
    int runs = 0;
    for (unsigned n = 1; n <= starters; ++n)
      runs += read_run(s, run_of(n, workflow)).value.has_value() ? 1 : 0;
    BOOST_TEST(runs == 1);
  }
}

STORE_TEST(answers_of_a_workflow_id_come_in_the_order_of_submission) {
  take_shard(s);
  constexpr int count = 2000;
  std::vector<int> order;
  std::promise<void> finished;
  for (int i = 0; i < count; ++i) {
    auto tx = in_shard();
    tx.set_current = current_write{workflow_of(), row_of_current(static_cast<unsigned>(i))};
    tx.transfer.push_back({i + 1, "t"});
    s.shards().commit(std::move(tx), [&, i](const commit_result&) {
      order.push_back(i);
      if (i + 1 == count)
        finished.set_value();
    });
  }
  finished.get_future().get();
  BOOST_TEST(order.size() == static_cast<std::size_t>(count));
  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
  BOOST_TEST(read_current(s, workflow_of()).value.value() == row_of_current(count - 1));
}

STORE_TEST(a_read_after_an_answer_sees_the_commit) {
  take_shard(s);
  for (int i = 1; i <= 200; ++i) {
    auto tx = in_shard();
    tx.runs.push_back(
        write_of(run_of(1), i == 1 ? std::nullopt : std::optional<std::int64_t>(i - 1), std::to_string(i)));
    check_committed(commit(s, std::move(tx)));
    BOOST_TEST_REQUIRE(read_run(s, run_of(1)).value->header == std::to_string(i));
  }
}

STORE_TEST(a_closed_store_answers_everything) {
  take_shard(s);
  std::atomic<int> answered{0};
  constexpr int count = 500;
  for (int i = 0; i < count; ++i) {
    auto tx = in_shard();
    tx.transfer.push_back({i + 1, "t"});
    s.shards().commit(std::move(tx), [&](const commit_result&) { ++answered; });
    s.shards().scan_transfer(1, 0, 10, 10, [&](const page<transfer_row>&) { ++answered; });
  }
  s.close();
  BOOST_TEST(answered == 2 * count);
  BOOST_TEST(commit(s, in_shard()).outcome == status::unavailable);
  BOOST_TEST(read_run(s, run_of(1)).outcome == status::unavailable);
  s.close();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
