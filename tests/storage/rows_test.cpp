#include "tests/storage/support.hpp"

#include <cstdint>

namespace cadenza::storage::test {

namespace {

pending_row number_row(pending_kind kind, std::int64_t number, std::optional<std::string> value) {
  return {kind, number, "", std::move(value)};
}

pending_row text_row(pending_kind kind, std::string text, std::optional<std::string> value) {
  return {kind, 0, std::move(text), std::move(value)};
}

history_query whole(const uuid& tree, const uuid& branch) {
  history_query query;
  query.tree_id = tree;
  query.branch_id = branch;
  query.to = INT64_MAX;
  return query;
}

void append(store& s, const uuid& branch, std::int64_t event, std::int64_t txn, std::string batch) {
  auto tx = in_shard();
  tx.history.push_back({id(1), branch, event, txn, std::move(batch)});
  check_committed(commit(s, tx));
}

std::string joined(const page<history_node>& nodes) {
  std::string text;
  for (const auto& node : nodes.rows)
    text += (text.empty() ? "" : " ") + std::to_string(node.first_event_id) + "." + std::to_string(node.txn_id) + ":" +
            node.batch;
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rows)

STORE_TEST(rows_of_a_run_come_back_as_written_in_order) {
  take_shard(s);
  auto tx = in_shard();
  auto& run = tx.runs.emplace_back(write_of(run_of(1), std::nullopt, "header"));
  run.fixed = std::string("fixed\0bytes", 11);
  run.pending = {number_row(pending_kind::activity, 300, "a300"),
                 number_row(pending_kind::activity, 7, "a7"),
                 text_row(pending_kind::timer, "later", "t2"),
                 text_row(pending_kind::timer, "late", "t1"),
                 text_row(pending_kind::timer, std::string("with\0zero", 9), "t3"),
                 number_row(pending_kind::child, 9, "c"),
                 number_row(pending_kind::cancel_request, 9, "cancel"),
                 number_row(pending_kind::signal, 9, "signal"),
                 text_row(pending_kind::signal_requested, "request", ""),
                 number_row(pending_kind::buffered, 0, "buffered")};
  check_committed(commit(s, tx));
  const auto rows = read_run(s, run_of(1)).value.value();
  BOOST_TEST(rows.header == "header");
  BOOST_TEST(rows.fixed == std::string("fixed\0bytes", 11));
  std::string text;
  for (const auto& row : rows.pending)
    text += std::to_string(static_cast<int>(row.kind)) + "/" + std::to_string(row.number) + "/" + row.text + "=" +
            row.value.value() + " ";
  BOOST_TEST(text == std::string("1/7/=a7 1/300/=a300 2/0/late=t1 2/0/later=t2 2/0/with") + '\0' +
                         "zero=t3 3/9/=c 4/9/=cancel 5/9/=signal 6/0/request= 7/0/=buffered ");
}

STORE_TEST(an_update_changes_only_what_it_names) {
  take_shard(s);
  auto create = in_shard();
  create.runs.push_back(write_of(run_of(1), std::nullopt));
  create.runs[0].pending = {number_row(pending_kind::activity, 1, "one"), number_row(pending_kind::activity, 2, "two"),
                            text_row(pending_kind::timer, "t", "timer")};
  check_committed(commit(s, create));
  auto update = in_shard();
  update.runs.push_back(write_of(run_of(1), 1, "second"));
  update.runs[0].pending = {number_row(pending_kind::activity, 1, std::nullopt),
                            number_row(pending_kind::activity, 2, "two again"),
                            number_row(pending_kind::activity, 99, std::nullopt)};
  check_committed(commit(s, update));
  const auto rows = read_run(s, run_of(1)).value.value();
  BOOST_TEST(rows.header == "second");
  BOOST_TEST(rows.fixed == "fixed");
  BOOST_TEST_REQUIRE(rows.pending.size() == 2U);
  BOOST_TEST(rows.pending[0].value.value() == "two again");
  BOOST_TEST(rows.pending[1].value.value() == "timer");
}

STORE_TEST(a_snapshot_replaces_every_pending_row) {
  take_shard(s);
  auto create = in_shard();
  create.runs.push_back(write_of(run_of(1), std::nullopt));
  for (int i = 0; i < 3000; ++i) // more than are deleted one by one
    create.runs[0].pending.push_back(number_row(pending_kind::activity, i, "x"));
  check_committed(commit(s, create));
  BOOST_TEST(read_run(s, run_of(1)).value->pending.size() == 3000U);
  auto replace = in_shard();
  replace.runs.push_back(write_of(run_of(1), 1, "snapshot"));
  replace.runs[0].clear_pending = true;
  replace.runs[0].pending = {number_row(pending_kind::activity, 5, "kept"),
                             number_row(pending_kind::child, 5, "child")};
  check_committed(commit(s, replace));
  const auto rows = read_run(s, run_of(1)).value.value();
  BOOST_TEST(rows.fixed == "fixed");
  BOOST_TEST_REQUIRE(rows.pending.size() == 2U);
  BOOST_TEST(rows.pending[0].value.value() == "kept");
}

STORE_TEST(deleting_a_run_leaves_its_neighbours) {
  take_shard(s);
  auto create = in_shard();
  for (const auto* workflow : {"w", "w1", "v"})
    for (unsigned n = 1; n < 4; ++n) {
      create.runs.push_back(write_of(run_of(n, workflow), std::nullopt, std::string(workflow) + std::to_string(n)));
      create.runs.back().pending = {number_row(pending_kind::activity, 1, "a")};
    }
  create.runs.push_back(write_of(run_of(2, std::string("w\0", 2)), std::nullopt, "zero"));
  check_committed(commit(s, create));
  auto remove = in_shard();
  remove.delete_runs.push_back(run_of(2, "w"));
  check_committed(commit(s, remove));
  BOOST_TEST(!read_run(s, run_of(2, "w")).value.has_value());
  for (const auto* workflow : {"w", "w1", "v"})
    for (unsigned n = 1; n < 4; ++n)
      BOOST_TEST(read_run(s, run_of(n, workflow)).value.has_value() == !(workflow == std::string("w") && n == 2));
  BOOST_TEST(read_run(s, run_of(2, std::string("w\0", 2))).value->header == "zero");
}

STORE_TEST(writes_and_deletions_submitted_together_act_in_order) {
  take_shard(s);
  std::vector<std::future<commit_result>> answers;
  const auto submit = [&](shard_transaction tx) {
    auto promise = std::make_shared<std::promise<commit_result>>();
    answers.push_back(promise->get_future());
    s.shards().commit(std::move(tx), [promise](commit_result result) { promise->set_value(std::move(result)); });
  };
  for (int round = 0; round < 50; ++round) {
    auto create = in_shard();
    create.runs.push_back(write_of(run_of(1), std::nullopt, "header"));
    create.runs[0].pending = {number_row(pending_kind::activity, round, "a")};
    create.history.push_back({id(1), id(2), round + 1, round + 1, "batch"});
    submit(std::move(create));
    auto snapshot = in_shard();
    snapshot.runs.push_back(write_of(run_of(1), 1, "snapshot"));
    snapshot.runs[0].clear_pending = true;
    submit(std::move(snapshot));
    auto remove = in_shard();
    remove.delete_runs.push_back(run_of(1));
    submit(std::move(remove));
    s.shards().drop_history({1, 1, {{id(1), id(2), 0, 1000}}}, [](const commit_result&) {});
  }
  auto last = in_shard();
  last.runs.push_back(write_of(run_of(1), std::nullopt, "last"));
  submit(std::move(last));
  for (auto& answer : answers)
    check_committed(answer.get());
  const auto rows = read_run(s, run_of(1)).value.value();
  BOOST_TEST(rows.header == "last");
  BOOST_TEST(rows.pending.empty());
  check_committed(drop_history(s, id(1), id(2), 0, 1000));
  BOOST_TEST(read_history(s, whole(id(1), id(2))).rows.empty());
}

STORE_TEST(history_is_read_by_event_and_newest_transaction) {
  take_shard(s);
  append(s, id(2), 1, 10, "a");
  append(s, id(2), 4, 11, "stale");
  append(s, id(2), 4, 20, "b");
  append(s, id(2), 4, 15, "between");
  append(s, id(2), 300, 21, "c");
  append(s, id(2), 4, 20, "b again");
  append(s, id(3), 2, 12, "other branch");
  BOOST_TEST(joined(read_history(s, whole(id(1), id(2)))) == "1.10:a 4.20:b again 4.15:between 4.11:stale 300.21:c");
  auto part = whole(id(1), id(2));
  part.from = 2;
  part.to = 300;
  BOOST_TEST(joined(read_history(s, part)) == "4.20:b again 4.15:between 4.11:stale");
  part.reverse = true;
  BOOST_TEST(joined(read_history(s, part)) == "4.11:stale 4.15:between 4.20:b again");
  part.to = 2;
  BOOST_TEST(read_history(s, part).rows.empty());
}

STORE_TEST(history_pages_cover_everything_once) {
  take_shard(s);
  std::string forwards;
  std::string backwards;
  auto tx = in_shard();
  for (int event = 1; event <= 50; ++event)
    for (int txn = 3; txn > 0; --txn) {
      tx.history.push_back({id(1), id(2), event, txn, "x"});
      const auto text = std::to_string(event) + "." + std::to_string(txn) + ":x";
      forwards += (forwards.empty() ? "" : " ") + text;
      backwards = text + (backwards.empty() ? "" : " ") + backwards;
    }
  check_committed(commit(s, tx));
  for (const bool reverse : {false, true})
    for (const int size : {1, 7, 50, 150}) {
      auto query = whole(id(1), id(2));
      query.max_nodes = size;
      query.reverse = reverse;
      std::string text;
      int pages = 0;
      do {
        const auto part = read_history(s, query);
        BOOST_TEST_REQUIRE(part.outcome == status::committed, part.message);
        BOOST_TEST_REQUIRE(part.rows.size() <= static_cast<std::size_t>(size));
        text += (text.empty() ? "" : " ") + joined(part);
        query.page = part.next;
        ++pages;
      } while (!query.page.empty());
      BOOST_TEST(text == (reverse ? backwards : forwards));
      BOOST_TEST(pages == (150 + size - 1) / size);
    }
}

STORE_TEST(a_history_page_ends_after_the_node_beyond_its_bytes) {
  take_shard(s);
  for (int event = 1; event <= 5; ++event)
    append(s, id(2), event, event, std::string(100, 'x'));
  auto query = whole(id(1), id(2));
  query.max_bytes = 1;
  auto part = read_history(s, query);
  BOOST_TEST(part.rows.size() == 1U);
  query.max_bytes = 150;
  query.page = part.next;
  part = read_history(s, query);
  BOOST_TEST(part.rows.size() == 2U);
  BOOST_TEST(part.rows[0].first_event_id == 2);
  query.page = "nonsense";
  BOOST_TEST(read_history(s, query).outcome == status::corrupted);
}

STORE_TEST(history_ranges_are_deleted_exactly) {
  take_shard(s);
  auto tx = in_shard();
  for (int event = 1; event <= 20; ++event)
    for (const unsigned branch : {2U, 3U})
      tx.history.push_back({id(1), id(branch), event, 1, "x"});
  check_committed(commit(s, tx));
  check_committed(drop_history(s, id(1), id(2), 5, 18));
  BOOST_TEST(joined(read_history(s, whole(id(1), id(2)))) == "1.1:x 2.1:x 3.1:x 4.1:x 18.1:x 19.1:x 20.1:x");
  BOOST_TEST(read_history(s, whole(id(1), id(3))).rows.size() == 20U);
}

STORE_TEST(a_tree_has_rows_for_its_branches) {
  take_shard(s);
  auto first = in_shard();
  first.trees.push_back(new_tree(id(1), id(2), "root"));
  first.history.push_back({id(1), id(2), 1, 1, "batch"});
  check_committed(commit(s, first));
  auto fork = in_shard();
  fork.trees.push_back(tree_at(id(1), 1));
  fork.trees[0].put.push_back({id(1), id(3), "fork"});
  fork.trees.push_back(new_tree(id(9), id(3), "other tree"));
  check_committed(commit(s, fork));
  const auto rows = [&](unsigned tree) {
    std::vector<std::string> out;
    for (const auto& row : read_tree(s, id(tree)).branches) {
      BOOST_TEST((row.tree_id == id(tree)));
      BOOST_TEST((row.branch_id == (row.value == "root" ? id(2) : id(3))));
      out.push_back(row.value);
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  BOOST_TEST(rows(1) == (std::vector<std::string>{"fork", "root"}), boost::test_tools::per_element());
  BOOST_TEST(read_history(s, whole(id(1), id(3))).rows.empty());
  auto change = in_shard();
  change.trees.push_back(tree_at(id(1), 2));
  change.trees[0].put = {{id(1), id(2), "root"}, {id(1), id(3), "fork again"}};
  check_committed(commit(s, change));
  BOOST_TEST(rows(1) == (std::vector<std::string>{"fork again", "root"}), boost::test_tools::per_element());
  auto remove = in_shard();
  remove.trees.push_back(tree_at(id(1), 3));
  remove.trees[0].drop.push_back(id(2));
  check_committed(commit(s, remove));
  BOOST_TEST(rows(1) == (std::vector<std::string>{"fork again"}), boost::test_tools::per_element());
  BOOST_TEST(read_tree(s, id(1)).version == 4);
  BOOST_TEST(rows(9).size() == 1U);
  BOOST_TEST(read_tree(s, id(8)).version == 0);
  BOOST_TEST(joined(read_history(s, whole(id(1), id(2)))) == "1.1:batch");
}

STORE_TEST(large_values_come_back_whole) {
  take_shard(s);
  std::string large(20U << 20, '\0');
  std::uint32_t state = 1;
  for (auto& byte : large) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  const std::string medium = large.substr(0, 1U << 20);
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(1), std::nullopt, medium));
  tx.runs[0].pending = {number_row(pending_kind::activity, 1, medium)};
  tx.history.push_back({id(1), id(2), 1, 1, large});
  check_committed(commit(s, std::move(tx)));
  BOOST_TEST((read_run(s, run_of(1)).value->header == medium));
  BOOST_TEST((read_run(s, run_of(1)).value->pending.at(0).value == medium));
  BOOST_TEST((read_history(s, whole(id(1), id(2))).rows.at(0).batch == large));
}

STORE_TEST(ten_thousand_rows_in_one_transaction) {
  take_shard(s);
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(1), std::nullopt));
  for (int i = 0; i < 2500; ++i) {
    tx.runs[0].pending.push_back(number_row(pending_kind::activity, i, "activity " + std::to_string(i)));
    tx.transfer.push_back({i + 1, "task " + std::to_string(i + 1)});
    tx.timers.push_back({i * 1000, i + 1, "timer"});
    tx.history.push_back({id(1), id(2), i + 1, 1, "batch"});
  }
  check_committed(commit(s, std::move(tx)));
  const auto rows = read_run(s, run_of(1)).value.value();
  BOOST_TEST_REQUIRE(rows.pending.size() == 2500U);
  BOOST_TEST(rows.pending[2499].value.value() == "activity 2499");
  BOOST_TEST(scan_transfer(s, 0, INT64_MAX, 10'000).rows.size() == 2500U);
  BOOST_TEST(scan_timers(s, 0, 0, INT64_MAX, 10'000).rows.size() == 2500U);
  auto query = whole(id(1), id(2));
  query.max_nodes = 10'000;
  BOOST_TEST(read_history(s, query).rows.size() == 2500U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
