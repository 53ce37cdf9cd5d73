#include "tests/storage/cutting_proxy.hpp"
#include "tests/storage/postgres_server.hpp"

#include <atomic>
#include <random>
#include <set>
#include <thread>

/// What a store on PostgreSQL does when connections break, the server dies, or there are too few connections.
namespace cadenza::storage::test {

namespace {

sql::postgres::endpoint through(const cutting_proxy& proxy, sql::postgres::endpoint at) {
  at.port = std::to_string(proxy.port());
  return at;
}

/// One event more of run 1: its version says how many there are.
shard_transaction step_of(std::int64_t version, int shard = 1, unsigned run = 1) {
  auto tx = in_shard(1, shard);
  tx.runs.push_back(write_of(run_of(run), version == 0 ? std::nullopt : std::optional(version)));
  tx.history.push_back({id(run), id(2), version + 1, version + 1, "event"});
  tx.transfer.push_back({version + 1, "task"});
  return tx;
}

std::size_t nodes_of(store& s, unsigned run = 1, int shard = 1) {
  history_query query;
  query.tree_id = id(run);
  query.branch_id = id(2);
  query.to = INT64_MAX;
  query.max_nodes = 100'000;
  return read_history(s, query, shard).rows.size();
}

std::int64_t version_of(store& s, unsigned run, int shard) {
  auto probe = in_shard(1, shard);
  probe.runs.push_back(write_of(run_of(run), INT64_MAX - 1)); // nobody has it
  return commit(s, probe).current_value;
}

} // namespace

BOOST_AUTO_TEST_SUITE(postgres)

// Every commit is answered as what it was, although nobody told: the next connection reads it back.
BOOST_AUTO_TEST_CASE(a_connection_cut_around_a_commit_leaves_no_doubt) {
  const auto at = fresh_database(shared_postgres(), "cuts");
  cutting_proxy proxy(shared_postgres().port());
  const auto s = open_store(options_for({through(proxy, at)}));
  take_shard(*s);
  std::int64_t version = 0;
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    check_committed(commit(*s, step_of(version++)));
    switch (random() % 3) {
    case 0: proxy.cut_before_next_answer(); break;
    case 1: proxy.cut_before_next_request(); break;
    default: proxy.cut_after_next_request(); break;
    }
    check_committed(commit(*s, step_of(version++)));
  }
  BOOST_TEST(proxy.cuts() >= 60);
  BOOST_TEST(version_of(*s, 1, 1) == version);
  BOOST_TEST(nodes_of(*s) == static_cast<std::size_t>(version));
  BOOST_TEST(scan_transfer(*s, 0, INT64_MAX, 10'000).rows.size() == static_cast<std::size_t>(version));
}

BOOST_AUTO_TEST_CASE(a_read_whose_connection_was_cut_is_asked_again) {
  const auto at = fresh_database(shared_postgres(), "read_cuts");
  cutting_proxy proxy(shared_postgres().port());
  const auto s = open_store(options_for({through(proxy, at)}));
  take_shard(*s);
  check_committed(commit(*s, step_of(0)));
  for (int round = 0; round < 10; ++round) {
    proxy.cut_before_next_answer();
    const auto read = read_run(*s, run_of(1));
    BOOST_TEST(read.outcome == status::committed, read.message);
    BOOST_TEST(read.value.has_value());
  }
}

// Queues give their ids once, whether or not the answer came.
BOOST_AUTO_TEST_CASE(what_is_committed_alone_is_read_back_as_well) {
  const auto at = fresh_database(shared_postgres(), "cuts_alone");
  cutting_proxy proxy(shared_postgres().port());
  const auto s = open_store(options_for({through(proxy, at)}));
  for (std::int64_t expected = 1; expected <= 30; ++expected) {
    if (expected % 2 == 0)
      proxy.cut_before_next_answer();
    else if (expected % 3 == 0)
      proxy.cut_after_next_request();
    const auto appended = wait_for<commit_result>([&](auto cb) { s->cluster().append({1, "message"}, cb); });
    check_committed(appended);
    BOOST_TEST(appended.current_value == expected);
  }
  const auto found = wait_for<page<queue_row>>([&](auto cb) { s->cluster().read_queue(1, 0, 1000, cb); });
  BOOST_TEST(found.rows.size() == 30U);
}

BOOST_AUTO_TEST_CASE(a_server_killed_under_load_loses_nothing_acknowledged) {
  postgres_server server;
  const auto at = fresh_database(server, "load");
  auto options = options_for({at});
  options.bounds.patience = std::chrono::seconds(30);
  const auto s = open_store(std::move(options));
  constexpr int writers = 4;
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  std::atomic<int> strange{0};
  std::vector<std::thread> threads;
  std::vector<std::int64_t> versions(writers, 0);
  for (int writer = 0; writer < writers; ++writer)
    take_shard(*s, writer);
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      auto& version = versions[static_cast<std::size_t>(writer)];
      const auto run = static_cast<unsigned>(writer) + 1;
      while (!stop) {
        const auto result = commit(*s, step_of(version, writer, run));
        if (result.outcome == status::committed) {
          ++version;
          ++acknowledged;
          acknowledged.notify_all();
        } else if (result.outcome == status::unknown_outcome) {
          version = version_of(*s, run, writer);
        } else if (result.outcome != status::unavailable) {
          ++strange;
          return;
        }
      }
    });
  for (int crash = 0; crash < 3; ++crash) {
    const int before = acknowledged;
    for (int seen = before; seen < before + 50; seen = acknowledged)
      acknowledged.wait(seen);
    server.kill();
    server.start();
  }
  const int before = acknowledged;
  for (int seen = before; seen < before + 50; seen = acknowledged)
    acknowledged.wait(seen);
  stop = true;
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(strange == 0);
  for (int writer = 0; writer < writers; ++writer) {
    const auto run = static_cast<unsigned>(writer) + 1;
    BOOST_TEST(version_of(*s, run, writer) == versions[static_cast<std::size_t>(writer)]);
    BOOST_TEST(nodes_of(*s, run, writer) == static_cast<std::size_t>(versions[static_cast<std::size_t>(writer)]));
  }
}

BOOST_AUTO_TEST_CASE(a_database_that_stays_away_is_told_and_found_again) {
  postgres_server server;
  auto options = options_for({fresh_database(server, "away")});
  options.bounds.patience = std::chrono::milliseconds(100);
  std::promise<void> back;
  options.probes.writable_changed = [&back](bool writable, std::string_view) {
    if (writable)
      back.set_value();
  };
  const auto s = open_store(std::move(options));
  take_shard(*s);
  BOOST_TEST(s->accepts_writes());
  server.kill();
  const auto refused = commit(*s, step_of(0));
  BOOST_TEST((refused.outcome == status::unavailable || refused.outcome == status::unknown_outcome));
  BOOST_TEST(!s->accepts_writes());
  BOOST_TEST(commit(*s, step_of(0)).outcome == status::unavailable);
  BOOST_TEST(read_run(*s, run_of(1)).outcome == status::unavailable);
  server.start();
  back.get_future().get();
  BOOST_TEST(s->accepts_writes());
  check_committed(commit(*s, step_of(0)));
}

BOOST_AUTO_TEST_CASE(too_few_connections_are_waited_for) {
  postgres_server server("-c max_connections=6 -c superuser_reserved_connections=0");
  const auto at = fresh_database(server, "few");
  std::vector<sql::postgres::raw_connection> taken;
  auto options = options_for({at});
  options.bounds.patience = std::chrono::seconds(30);
  std::atomic<int> failures{0};
  options.probes.connection_failed = [&failures] {
    ++failures;
    failures.notify_all();
  };
  const auto s = open_store(std::move(options));
  for (;;) {
    auto one = sql::postgres::connect(at);
    if (!one)
      break;
    taken.push_back(*std::move(one));
  }
  BOOST_TEST(!taken.empty());
  std::promise<commit_result> answer;
  s->shards().update_shard({1, 0, 1, "row"}, [&](commit_result result) { answer.set_value(std::move(result)); });
  failures.wait(0);
  taken.clear();
  check_committed(answer.get_future().get());
}

// Two servers on one database that do not know of one another, as for a moment when nodes change.
BOOST_AUTO_TEST_CASE(two_nodes_settle_by_the_range_id) {
  const auto at = fresh_database(shared_postgres(), "two_nodes");
  const auto one = open_store(options_for({at}));
  const auto other = open_store(options_for({at}));
  check_committed(update_shard(*one, 1, 0, 1));
  check_committed(commit(*one, step_of(0)));
  std::atomic<int> strange{0};
  std::atomic<bool> taken{false};
  std::thread owner([&] {
    for (std::int64_t version = 1;; ++version) {
      const auto result = commit(*one, step_of(version));
      if (result.outcome == status::committed)
        continue;
      if (result.failed != condition::shard_range || result.current_value != 2 || !taken)
        ++strange;
      return;
    }
  });
  while (nodes_of(*other) < 20)
    std::this_thread::yield();
  taken = true;
  check_committed(update_shard(*other, 1, 1, 2));
  const auto nodes = nodes_of(*other);
  owner.join();
  BOOST_TEST(strange == 0);
  BOOST_TEST(nodes_of(*other) == nodes);
}

BOOST_AUTO_TEST_CASE(random_transactions_of_a_group_that_fails_do_not_take_the_others_along) {
  const auto at = fresh_database(shared_postgres(), "neighbours");
  std::atomic<std::int64_t> groups{0};
  auto options = options_for({at});
  options.probes.group_committed = [&groups](std::int64_t, std::int64_t, std::int64_t) { ++groups; };
  const auto s = open_store(std::move(options));
  take_shard(*s);
  std::vector<std::future<commit_result>> answers;
  constexpr int count = 300;
  for (int i = 0; i < count; ++i) {
    auto tx = in_shard();
    const auto workflow = "w" + std::to_string(i);
    // Every third names a version that is not there.
    tx.runs.push_back(write_of(run_of(1, workflow), i % 3 == 0 ? std::optional<std::int64_t>(7) : std::nullopt));
    tx.transfer.push_back({i + 1, "task"});
    auto promise = std::make_shared<std::promise<commit_result>>();
    answers.push_back(promise->get_future());
    s->shards().commit(std::move(tx), [promise](commit_result result) { promise->set_value(std::move(result)); });
  }
  for (int i = 0; i < count; ++i) {
    const auto result = answers[static_cast<std::size_t>(i)].get();
    BOOST_TEST((result.outcome == (i % 3 == 0 ? status::condition_failed : status::committed)), result.message);
  }
  BOOST_TEST(scan_transfer(*s, 0, INT64_MAX, 1000).rows.size() == 200U);
  BOOST_TEST(groups < count / 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
