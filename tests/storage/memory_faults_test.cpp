#include "tests/storage/support.hpp"

#include <deque>

namespace cadenza::storage::test {

namespace {

memory_options faulty_options(fault_point& seen, fault& next) {
  memory_options options;
  options.fault_hook = [&](const fault_point& point) {
    seen = point;
    return std::exchange(next, fault{});
  };
  return options;
}

shard_transaction new_run(unsigned n) {
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(n), std::nullopt));
  return tx;
}

} // namespace

BOOST_AUTO_TEST_SUITE(memory_faults)

BOOST_AUTO_TEST_CASE(a_fault_decides_what_happens_and_what_is_told) {
  fault_point seen;
  fault next;
  memory_store s(faulty_options(seen, next));
  take_shard(s);

  next.what = fault::kind::unavailable;
  BOOST_TEST(commit(s, new_run(1)).outcome == status::unavailable);
  BOOST_TEST(!read_run(s, run_of(1)).value.has_value());

  next.what = fault::kind::unknown_not_applied;
  BOOST_TEST(commit(s, new_run(1)).outcome == status::unknown_outcome);
  BOOST_TEST(!read_run(s, run_of(1)).value.has_value());

  next.what = fault::kind::unknown_applied;
  BOOST_TEST(commit(s, new_run(1)).outcome == status::unknown_outcome);
  BOOST_TEST(seen.commit);
  BOOST_TEST(seen.operation == "commit");
  BOOST_TEST(seen.shard == 1);
  BOOST_TEST(read_run(s, run_of(1)).value.has_value());
  BOOST_TEST(!seen.commit);
  BOOST_TEST(seen.operation == "read_run");

  // Sent again after a reload, the write is refused: it was there all the time.
  BOOST_TEST(commit(s, new_run(1)).failed == condition::run_version);

  next.what = fault::kind::unavailable;
  BOOST_TEST(read_run(s, run_of(1)).outcome == status::unavailable);
}

// Two runs of one workflow id, and one of another.
BOOST_AUTO_TEST_CASE(a_slow_commit_is_answered_before_the_ones_of_its_workflow_id_and_of_no_other) {
  std::deque<std::pair<std::int64_t, std::function<void()>>> posted;
  fault next;
  memory_options options;
  options.post = [&](std::function<void()> f, std::int64_t delay_ns) { posted.emplace_back(delay_ns, std::move(f)); };
  options.fault_hook = [&](const fault_point&) { return std::exchange(next, fault{}); };
  memory_store s(options);
  std::string order;
  const auto told = [&](char name) { return [&order, name](const commit_result&) { order += name; }; };
  s.shards().update_shard({1, 0, 1, "one"}, told('0'));
  next.delay_ns = 5'000;
  s.shards().commit(new_run(1), told('a'));
  s.shards().commit(new_run(2), told('b'));
  auto other = in_shard();
  other.runs.push_back(write_of(run_of(1, "other"), std::nullopt));
  s.shards().commit(std::move(other), told('x'));
  s.shards().update_shard({2, 0, 1, "two"}, told('c'));
  BOOST_TEST(order.empty());
  BOOST_TEST_REQUIRE(posted.size() == 5U);
  BOOST_TEST(posted[1].first == 5'000);
  for (const int i : {4, 2, 3, 0})
    posted[static_cast<std::size_t>(i)].second();
  BOOST_TEST(order == "cx0");
  posted[1].second();
  BOOST_TEST(order == "cx0ab");
}

BOOST_AUTO_TEST_CASE(a_commit_that_is_carried_out_later_holds_up_its_workflow_id_and_no_other) {
  std::deque<std::function<void()>> held;
  fault next;
  memory_options options;
  options.post = [&](std::function<void()> f, std::int64_t delay_ns) {
    if (delay_ns == 0)
      return f();
    held.push_back(std::move(f));
  };
  options.fault_hook = [&](const fault_point&) { return std::exchange(next, fault{}); };
  memory_store s(options);
  take_shard(s);
  std::string order;
  const auto told = [&](char name) {
    return [&order, name](const commit_result& result) {
      BOOST_TEST(result.outcome == status::committed);
      order += name;
    };
  };
  next.apply_delay_ns = 5'000;
  s.shards().commit(new_run(1), told('a'));
  s.shards().commit(new_run(2), told('b'));
  auto other = in_shard();
  other.runs.push_back(write_of(run_of(1, "other"), std::nullopt));
  s.shards().commit(std::move(other), told('x'));
  auto both = in_shard(); // waits for the one, and makes the next of the other wait
  both.runs.push_back(write_of(run_of(3), std::nullopt));
  both.runs.push_back(write_of(run_of(2, "other"), std::nullopt));
  s.shards().commit(std::move(both), told('y'));
  auto last = in_shard();
  last.runs.push_back(write_of(run_of(3, "other"), std::nullopt));
  s.shards().commit(std::move(last), told('z'));
  BOOST_TEST(order == "x");
  BOOST_TEST(!read_run(s, run_of(1)).value.has_value());
  BOOST_TEST(!read_run(s, run_of(3, "other")).value.has_value());
  BOOST_TEST_REQUIRE(held.size() == 1U);
  held[0]();
  BOOST_TEST(order == "xabyz");
}

BOOST_AUTO_TEST_CASE(history_of_what_was_not_carried_out_stays_where_the_store_says_so) {
  fault next;
  memory_options options;
  options.able_to.refused_history_stays = true;
  options.fault_hook = [&](const fault_point&) { return std::exchange(next, fault{}); };
  memory_store s(options);
  take_shard(s);
  const auto nodes = [&](unsigned branch) {
    return read_history(s, {id(1), id(branch), 0, 100, 100, 1 << 20, "", false}).rows.size();
  };
  const auto with_history = [&](unsigned run) {
    auto tx = new_run(run);
    tx.history.push_back({id(1), id(run), 1, 1, "events"});
    return tx;
  };
  next.what = fault::kind::unavailable;
  next.history_stays = true;
  BOOST_TEST(commit(s, with_history(1)).outcome == status::unavailable);
  next.what = fault::kind::unknown_not_applied;
  next.history_stays = true;
  BOOST_TEST(commit(s, with_history(2)).outcome == status::unknown_outcome);
  auto stale = with_history(3);
  stale.range_id = 8;
  next.history_stays = true;
  BOOST_TEST(commit(s, stale).failed == condition::shard_range);
  for (unsigned run = 1; run <= 3; ++run) {
    BOOST_TEST(nodes(run) == 1U);
    BOOST_TEST(!read_run(s, run_of(run)).value.has_value());
  }
  next.what = fault::kind::unavailable;
  BOOST_TEST(commit(s, with_history(4)).outcome == status::unavailable);
  BOOST_TEST(nodes(4) == 0U);
}

BOOST_AUTO_TEST_CASE(reads_overtake_a_commit_that_is_carried_out_later) {
  std::deque<std::pair<std::int64_t, std::function<void()>>> posted;
  fault next;
  memory_options options;
  options.post = [&](std::function<void()> f, std::int64_t delay_ns) {
    if (delay_ns == 0)
      return f();
    posted.emplace_back(delay_ns, std::move(f));
  };
  options.fault_hook = [&](const fault_point&) { return std::exchange(next, fault{}); };
  memory_store s(options);
  take_shard(s);
  std::string order;
  next.apply_delay_ns = 5'000;
  s.shards().commit(new_run(1), [&](const commit_result& result) {
    BOOST_TEST(result.outcome == status::committed);
    order += 'a';
  });
  s.shards().commit(new_run(1), [&](const commit_result& result) { // its condition is looked at in its turn
    BOOST_TEST(result.failed == condition::run_version);
    order += 'b';
  });
  BOOST_TEST(!read_run(s, run_of(1)).value.has_value());
  BOOST_TEST(order.empty());
  BOOST_TEST_REQUIRE(posted.size() == 1U);
  BOOST_TEST(posted[0].first == 5'000);
  posted[0].second();
  BOOST_TEST(order == "ab");
  BOOST_TEST(read_run(s, run_of(1)).value.has_value());
}

BOOST_AUTO_TEST_CASE(answers_on_their_way_outlive_the_store) {
  std::deque<std::function<void()>> posted;
  memory_options options;
  options.post = [&](std::function<void()> f, std::int64_t) { posted.push_back(std::move(f)); };
  int answered = 0;
  {
    memory_store s(options);
    s.shards().update_shard({1, 0, 1, "one"}, [&](const commit_result&) { ++answered; });
    s.shards().read_shard(1, [&](const read_result<std::string>&) { ++answered; });
  }
  for (const auto& f : posted)
    f();
  BOOST_TEST(answered == 2);
}

BOOST_AUTO_TEST_CASE(a_callback_may_call_the_store) {
  memory_store s;
  bool answered = false;
  s.shards().update_shard({1, 0, 1, "one"}, [&](const commit_result&) {
    s.shards().commit(new_run(1), [&](const commit_result& result) { answered = result.outcome == status::committed; });
  });
  BOOST_TEST(answered);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
