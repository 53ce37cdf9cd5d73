#include "yard.hpp"

#include <map>
#include <optional>

namespace cadenza::simulation {

BOOST_AUTO_TEST_SUITE(verification)

BOOST_AUTO_TEST_CASE(real_work_verifies_clean) {
  yard y;
  y.start("done", "a1 t2 m p3 n a0 s");
  y.start("family", "c g k d1 x3");
  y.start("waiting", "t5000");
  y.work_until_closed("done");
  y.work_until_closed("family");
  y.start("nobody polls", "m");
  y.wait(20 * ns_per_s);
  const auto report = y.check();
  check_clean(report);
  BOOST_TEST(report.runs > 5);
  BOOST_TEST(report.events > 50);
  BOOST_TEST(report.tasks > 5);
  check_clean(y.check(true));
  check_clean(y.repair());
}

BOOST_AUTO_TEST_CASE(any_moment_of_a_stormy_voyage_verifies_clean) {
  std::int64_t runs = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    std::vector<std::unique_ptr<client>> clients; // the end of the world answers their calls
    yard y(seed, static_cast<int>(1 + seed % 3));
    weather storm;
    storm.refused = 20;
    storm.unknown = 20;
    storm.unreadable = 20;
    storm.slow = 20;
    storm.kills = 300;
    storm.crashes = 20;
    y.in.set_weather(storm);
    for (int i = 0; i < 4; ++i) {
      clients.push_back(std::make_unique<client>(y.in, y.book, "workflow" + std::to_string(i)));
      clients.back()->begin();
    }
    for (int i = 0; i < 2; ++i) {
      y.workers.push_back(std::make_unique<worker>(y.in, y.book, i, i == 0));
      y.workers.back()->begin();
    }
    for (int look = 0; look < 8; ++look) {
      y.wait(y.in.chance().between(ns_per_s, 6 * ns_per_s));
      const auto report = y.check();
      BOOST_TEST(report.found == 0, "seed " + std::to_string(seed) + told(report));
      runs += report.runs;
    }
  }
  BOOST_TEST(runs > 1000);
}

BOOST_AUTO_TEST_CASE(missing_events_are_named_and_cannot_be_mended) {
  yard y;
  const auto run = y.start_waiting("torn");
  const auto branch = y.head_of("torn", run).version_histories().branches(0).branch();
  y.drop_history(y.shard("torn"), branch, 3, 5);
  const auto found = y.check();
  BOOST_TEST(found.found == 1, told(found));
  BOOST_TEST(names(found, kind::history, "torn", run), told(found));
  BOOST_TEST(names(y.check(true), kind::history, "torn", run));
  const auto mended = y.repair();
  BOOST_TEST(!mended.clean());
  BOOST_TEST(names(y.check(), kind::history, "torn", run));
}

BOOST_AUTO_TEST_CASE(an_altered_state_is_rebuilt_from_its_history) {
  yard y;
  const auto run = y.start_waiting("altered");
  y.alter("altered", run, [](rec::Run& head, run_mutation&) { head.set_signal_count(5); });
  check_mended(y, kind::state, "altered", run);
}

BOOST_AUTO_TEST_CASE(a_lost_pending_row_is_rebuilt) {
  yard y;
  const auto run = y.start_waiting("short");
  y.alter("short", run, [&](rec::Run&, run_mutation& mutation) {
    const auto still = y.in.peek();
    y.in.store().shards().read_run(y.shard("short"), y.key("short", run), [&](storage::read_result<run_rows> rows) {
      BOOST_REQUIRE(rows.value->pending.size() == 1U); // its timer
      mutation.pending.push_back(rows.value->pending[0]);
      mutation.pending[0].value.reset();
    });
  });
  check_mended(y, kind::state, "short", run);
}

BOOST_AUTO_TEST_CASE(a_header_that_does_not_parse_is_rebuilt) {
  yard y;
  const auto run = y.start_waiting("garbled");
  y.alter("garbled", run, [](rec::Run&, run_mutation& mutation) { mutation.header = "\xff\xff no record"; });
  check_mended(y, kind::state, "garbled", run);
}

BOOST_AUTO_TEST_CASE(a_state_behind_its_history_is_rebuilt) {
  yard y;
  const auto run = y.start("behind", "t30 m");
  y.wait(ns_per_s);
  const auto old = y.head_of("behind", run);
  y.workers.push_back(std::make_unique<worker>(y.in, y.book, 0, false));
  y.workers.back()->begin();
  while (y.head_of("behind", run).last_processed_event() < 0)
    y.wait(ns_per_s);
  y.workers.back()->stop();
  y.wait(5 * ns_per_s);
  y.alter("behind", run, [&](rec::Run& head, run_mutation& mutation) {
    const auto version = head.row_version();
    head = old;
    head.set_row_version(version);
    head.clear_checksum();
    mutation.clear_pending = true;
  });
  check_mended(y, kind::state, "behind", run);
}

BOOST_AUTO_TEST_CASE(a_run_whose_rows_are_lost_comes_back_from_its_history) {
  yard y;
  const auto run = y.start_waiting("lost");
  y.write(y.shard("lost"), [&](auto& tx) { tx.delete_runs.push_back(y.key("lost", run)); });
  const auto found = y.check();
  BOOST_TEST(names(found, kind::current, "lost", run), told(found));
  BOOST_TEST(!names(y.check(true), kind::visibility, "lost", "x"));
  check_mended(y, kind::state, "lost", run);
}

BOOST_AUTO_TEST_CASE(dangling_tasks_are_removed) {
  yard y(7, 1);
  const auto run = y.start_waiting("whole");
  const auto nobody = y.in.chance().new_uuid();
  rec::TransferTask task;
  task.set_format(1);
  task.set_type(rec::TRANSFER_DECISION);
  task.set_domain_id(y.in.domain(domain_name)->id.raw());
  task.set_workflow_id("nobody");
  task.set_run_id(nobody.raw());
  task.set_task_id(INT64_MAX / 2);
  y.write(0, [&](auto& tx) {
    tx.transfer.push_back({task.task_id(), task.SerializeAsString()});
    tx.transfer.push_back({task.task_id() + 1, "\xff no task"});
    tx.timers.push_back({y.in.now_ns() / ns_per_ms * ns_per_ms + ns_per_s, 5, "\xff no task"});
  });
  const auto found = y.check();
  BOOST_TEST(found.found == 2, told(found));
  BOOST_TEST(names(found, kind::task, "nobody", nobody.str()), told(found));
  BOOST_TEST(names(y.check(true), kind::task, "nobody", nobody.str()));
  BOOST_TEST(y.repair().clean());
  check_clean(y.check());
  y.work_until_closed("whole");
  BOOST_TEST(!run.empty());
}

BOOST_AUTO_TEST_CASE(tasks_of_a_deleted_run_are_no_damage) {
  yard y(7, 1);
  y.start("going", "t5000");
  y.wait(ns_per_s / 2);
  auto request = std::make_shared<uber::cadence::admin::v1::DeleteWorkflowRequest>();
  request->mutable_workflow_execution()->set_workflow_id("going");
  BOOST_REQUIRE(y.ask<uber::cadence::admin::v1::DeleteWorkflowResponse>(
      [&](auto call) { y.in.engine().delete_workflow(y.in.domain(domain_name), request, std::move(call)); }));
  check_clean(y.check());
  y.wait(60 * ns_per_s);
  const auto later = y.check();
  check_clean(later);
  BOOST_TEST(later.left_over > 0); // its timeout, far away
  BOOST_TEST(y.repair().clean());
  BOOST_TEST(y.check().left_over == 0);
}

BOOST_AUTO_TEST_CASE(a_missing_current_run_row_is_written) {
  yard y;
  const auto run = y.start_waiting("unnamed");
  y.write(y.shard("unnamed"), [&](auto& tx) {
    const auto key = y.key("unnamed", run);
    tx.delete_current = storage::current_removal{{key.domain_id, key.workflow_id}, key.run_id};
  });
  check_mended(y, kind::current, "unnamed", run);
}

BOOST_AUTO_TEST_CASE(a_current_run_row_without_a_run_is_dropped) {
  yard y;
  const auto nobody = y.in.chance().new_uuid();
  rec::CurrentRun current;
  current.set_format(1);
  current.set_run_id(nobody.raw());
  y.write(y.shard("ghost"), [&](auto& tx) {
    tx.set_current = storage::current_write{{y.in.domain(domain_name)->id, "ghost"}, actors::to_row(current)};
  });
  const auto found = y.check();
  BOOST_TEST(names(found, kind::current, "ghost", nobody.str()), told(found));
  BOOST_TEST(y.repair().clean());
  check_clean(y.check());
  y.start("ghost", "m");
  y.work_until_closed("ghost");
}

BOOST_AUTO_TEST_CASE(a_current_run_row_that_contradicts_its_record_is_told) {
  yard y;
  const auto run = y.start_waiting("twofold");
  const auto key = y.key("twofold", run);
  y.write(y.shard("twofold"), [&](auto& tx) {
    rec::CurrentRun current;
    current.set_run_id(key.run_id.raw());
    current.set_state(run_state::running);
    auto row = actors::to_row(current);
    row.last_write_version = 77;
    tx.set_current = storage::current_write{{key.domain_id, key.workflow_id}, std::move(row)};
  });
  const auto found = y.check();
  BOOST_TEST(names(found, kind::current, "twofold", run), told(found));
}

BOOST_AUTO_TEST_CASE(a_run_that_nothing_wakes_gets_its_tasks_again) {
  yard y(7, 1);
  const auto run = y.start_waiting("asleep");
  const auto timers =
      y.all<timer_row>([&](auto& s, auto cb) { s.shards().scan_timers(0, 0, 0, INT64_MAX, 1000, std::move(cb)); });
  BOOST_REQUIRE(timers.size() >= 2U);
  y.write(0, [&](auto& tx) { tx.delete_timers = timers; });
  check_mended(y, kind::wake_up, "asleep", run);
}

/// What lies behind the damage is looked at, and what was lost is seen in the runs.
BOOST_AUTO_TEST_CASE(a_queue_is_checked_on_both_sides_of_what_cannot_be_read) {
  std::map<std::string, std::vector<storage::unreadable_range>> damage; // by operation
  yard y(7, 1);
  y.in.set_fate([&](const storage::fault_point& point) -> std::optional<storage::fault> {
    const auto found = damage.find(std::string(point.operation));
    if (found == damage.end())
      return std::nullopt;
    storage::fault out;
    out.unreadable = found->second;
    return out;
  });
  const auto run = y.start_waiting("asleep");
  y.write(0, [&](auto& tx) {
    tx.transfer.push_back({INT64_MAX / 2, "\xff no task"});
    tx.timers.push_back({INT64_MAX / ns_per_ms / 2 * ns_per_ms, 5, "\xff no task"});
  });
  const auto timers =
      y.all<timer_row>([&](auto& s, auto cb) { s.shards().scan_timers(0, 0, 0, INT64_MAX, 1000, std::move(cb)); });
  const auto last = std::find_if(timers.rbegin(), timers.rend(), [](const auto& t) { return t.task_id != 5; })->fire_ns;
  damage["scan_timers"] = {{0, last, "a damaged block"}};
  damage["scan_transfer"] = {{1, INT64_MAX / 4, "a damaged block"}};
  const auto told_of = [](const verify_report& report, kind what, const std::string& text) {
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [&](const auto& f) { return f.what == what && f.text.find(text) != std::string::npos; });
  };
  const auto found = y.check();
  BOOST_TEST(told_of(found, kind::unreadable,
                     "timers that fire (ns) 0 to " + std::to_string(last) + " cannot be read: a damaged block"),
             told(found));
  BOOST_TEST(told_of(found, kind::unreadable, "transfer tasks 1 to "), told(found));
  BOOST_TEST(told_of(found, kind::task, "1 transfer and 1 timer tasks cannot be read"), told(found));
  BOOST_TEST(names(found, kind::wake_up, "asleep", run), told(found));
  BOOST_TEST(found.found == 4, told(found));
  BOOST_TEST(!y.repair().clean()); // the block is as it was
  damage.erase("scan_timers");
  const auto rest = y.check();
  BOOST_TEST(rest.found == 1, told(rest)); // all but the block: the run has its tasks again
  damage.clear();
  check_clean(y.check());
  y.work_until_closed("asleep");
}

BOOST_AUTO_TEST_CASE(a_backlog_is_checked_on_both_sides_of_what_cannot_be_read) {
  std::vector<storage::unreadable_range> damage;
  yard y(7, 1);
  y.in.set_fate([&](const storage::fault_point& point) -> std::optional<storage::fault> {
    if (point.operation != "scan_tasks" || damage.empty())
      return std::nullopt;
    storage::fault out;
    out.unreadable = damage;
    return out;
  });
  const auto first = y.start("first", "m");
  y.wait(5 * ns_per_s);
  const auto second = y.start("second", "m");
  y.wait(20 * ns_per_s); // both wait in the backlog, and in no queue any more
  check_clean(y.check());
  std::vector<std::int64_t> ids;
  for (const auto& [key, row] : y.all<std::pair<storage::task_list_key, std::string>>(
           [](auto&s, auto cb) { s.task_lists().scan_task_lists({}, "", 100, std::move(cb)); }))
    for (const auto& task : y.all<storage::backlog_row>(
             [&key = key](auto&s, auto cb) { s.task_lists().scan_tasks(key, 0, INT64_MAX, 100, std::move(cb)); }))
      ids.push_back(task.task_id);
  BOOST_TEST_REQUIRE(ids.size() == 2U);
  damage = {{ids[0], ids[0], "a damaged block"}};
  const auto found = y.check();
  BOOST_TEST(found.found == 2, told(found));
  BOOST_TEST(names(found, kind::wake_up, "first", first), told(found));
  BOOST_TEST(!names(found, kind::wake_up, "second", second), told(found));
  BOOST_TEST(!y.repair().clean());
  BOOST_TEST(y.check().found == 1);
  y.work_until_closed("first");
  y.work_until_closed("second");
}

BOOST_AUTO_TEST_CASE(lists_that_say_something_else_are_made_anew) {
  yard y;
  const auto run = y.start_waiting("hidden");
  y.wait(30 * ns_per_s);
  const auto key = y.key("hidden", run);
  BOOST_REQUIRE(y.in.lists().remove_run(key.domain_id, key.run_id));
  storage::visibility_change extra;
  extra.domain_id = key.domain_id;
  extra.workflow_id = "imagined";
  extra.run_id = y.in.chance().new_uuid();
  extra.task_id = 5;
  extra.record.set_type("program");
  extra.record.set_start_ns(y.in.now_ns());
  BOOST_REQUIRE(y.in.lists().apply({&extra, 1}));
  const auto found = y.check();
  BOOST_TEST(names(found, kind::visibility, "imagined", extra.run_id.str()), told(found));
  BOOST_TEST(found.found == 2, told(found));
  check_mended(y, kind::visibility, "hidden", run);
}

BOOST_AUTO_TEST_CASE(lists_are_compared_in_all_that_they_show) {
  yard y;
  const auto open = y.start_waiting("open");
  const auto done = y.start("done", "m");
  y.work_until_closed("done");
  y.wait(30 * ns_per_s);
  check_clean(y.check());
  const auto wrong_list = [](rec::VisibilityRecord& record) { record.set_task_list("elsewhere"); };
  const auto wrong_status = [](rec::VisibilityRecord& record) {
    record.set_execution_status(api::WORKFLOW_EXECUTION_STATUS_TIMED_OUT);
  };
  const auto wrong_length = [](rec::VisibilityRecord& record) {
    record.set_history_length(record.history_length() + 1);
  };
  const auto wrong_cron = [](rec::VisibilityRecord& record) { record.set_cron_schedule("* * * * *"); };
  const auto check = [&](const std::string& workflow_id, const std::string& run, const auto& change) {
    y.list_as(workflow_id, run, change);
    const auto found = y.check();
    BOOST_TEST(names(found, kind::visibility, workflow_id, run), told(found));
    BOOST_TEST(found.found == 1, told(found));
    y.list_as(workflow_id, run, [](rec::VisibilityRecord&) {});
    check_clean(y.check());
  };
  for (const auto& change :
       std::initializer_list<std::function<void(rec::VisibilityRecord&)>>{wrong_list, wrong_status, wrong_cron}) {
    check("open", open, change);
    check("done", done, change);
  }
  check("done", done, wrong_length);
}

BOOST_AUTO_TEST_CASE(branches_have_their_rows_and_somebody_who_reads_them) {
  yard y;
  const auto run = y.start_waiting("rooted");
  const auto branch = y.head_of("rooted", run).version_histories().branches(0).branch();
  y.write(y.shard("rooted"), [&](auto& tx) {
    auto& tree = tx.trees.emplace_back();
    tree.tree_id = uuid::from_raw(branch.tree_id());
    tree.expected_version = 1;
    tree.drop.push_back(uuid::from_raw(branch.branch_id()));
    tree.ends = true;
    tx.history.push_back({y.in.chance().new_uuid(), y.in.chance().new_uuid(), 1, 1, "orphan"});
  });
  BOOST_TEST(y.check().found == 2);
  check_mended(y, kind::branch, "rooted", run);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
