#include "harbour.hpp"

#include "actors/history/branch_token.hpp"
#include "messages/shard_hash.hpp"
#include "messages/thrift_history.hpp"

#include "cadenza/record/v1/task.pb.h"
#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <regex>

namespace cadenza::simulation {
namespace {

namespace admin = uber::cadence::admin::v1;

using runs_page = std::pair<run_key, run_rows>;

std::size_t rows_left(harbour& h, int shard) {
  return h.all<runs_page>([&](auto& s, auto cb) { s.shards().scan_runs(shard, {}, 1000, cb); }).size() +
         h.all<std::pair<workflow_key, storage::current_row>>([&](auto& s, auto cb) {
            s.shards().scan_current(shard, {}, 1000, cb);
          }).size() +
         h.all<std::pair<uuid, uuid>>([&](auto& s, auto cb) { s.shards().scan_branches(shard, {}, 1000, cb); }).size() +
         h.all<branch_row>([&](auto& s, auto cb) { s.shards().scan_trees(shard, {}, 1000, cb); }).size();
}

outcome<admin::DeleteWorkflowResponse> remove(harbour& h, const std::string& workflow_id,
                                              const std::string& run_id = {}) {
  auto request = std::make_shared<admin::DeleteWorkflowRequest>();
  request->mutable_workflow_execution()->set_workflow_id(workflow_id);
  request->mutable_workflow_execution()->set_run_id(run_id);
  return h.ask<admin::DeleteWorkflowResponse>(
      [&](auto call) { h.in.engine().delete_workflow(h.in.domain(domain_name), request, std::move(call)); });
}

outcome<admin::MaintainCorruptWorkflowResponse> maintain(harbour& h, const std::string& workflow_id) {
  auto request = std::make_shared<admin::MaintainCorruptWorkflowRequest>();
  request->mutable_workflow_execution()->set_workflow_id(workflow_id);
  return h.ask<admin::MaintainCorruptWorkflowResponse>(
      [&](auto call) { h.in.engine().maintain_corrupt_workflow(h.in.domain(domain_name), request, std::move(call)); });
}

outcome<admin::GetWorkflowExecutionRawHistoryV2Response>
raw(harbour& h, const std::string& workflow_id, const std::string& run_id, int page_size, const std::string& token = {},
    const std::function<void(admin::GetWorkflowExecutionRawHistoryV2Request&)>& change = {}) {
  auto request = std::make_shared<admin::GetWorkflowExecutionRawHistoryV2Request>();
  request->set_domain(domain_name);
  request->mutable_workflow_execution()->set_workflow_id(workflow_id);
  request->mutable_workflow_execution()->set_run_id(run_id);
  request->set_page_size(page_size);
  request->set_next_page_token(token);
  if (change)
    change(*request);
  return h.ask<admin::GetWorkflowExecutionRawHistoryV2Response>(
      [&](auto call) { h.in.engine().raw_history(h.in.domain(domain_name), request, std::move(call)); });
}

std::int64_t listed(harbour& h) {
  const auto answer = h.ask<api::CountWorkflowExecutionsResponse>([&](auto call) {
    h.in.engine().count_by_query(h.in.domain(domain_name), std::make_shared<api::CountWorkflowExecutionsRequest>(),
                                 std::move(call));
  });
  BOOST_REQUIRE(answer);
  return answer->count();
}

std::vector<transfer_row> transfers(harbour& h, int shard) {
  return h.all<transfer_row>([&](auto& s, auto cb) { s.shards().scan_transfer(shard, 0, INT64_MAX, 1000, cb); });
}
std::vector<timer_row> timers(harbour& h, int shard) {
  return h.all<timer_row>([&](auto& s, auto cb) { s.shards().scan_timers(shard, 0, 0, INT64_MAX, 1000, cb); });
}

/// Takes a run's header away behind the engine's back: what is left are rows nobody can read.
void damage_history(harbour& h, int shard, const run_key& key) {
  const auto still = h.in.peek();
  record::v1::Run head;
  h.in.store().shards().read_run(shard, key, [&](storage::read_result<run_rows> rows) {
    BOOST_REQUIRE(rows.value && head.ParseFromString(rows.value->header));
  });
  std::int64_t range = 0;
  h.in.store().shards().read_shard(shard, [&](storage::read_result<std::string> row) {
    record::v1::Shard parsed;
    BOOST_REQUIRE(row.value && parsed.ParseFromString(*row.value));
    range = parsed.range_id();
  });
  const auto& branch = head.version_histories().branches(0).branch();
  h.in.store().shards().drop_history(
      {shard, range, {{uuid::from_raw(branch.tree_id()), uuid::from_raw(branch.branch_id()), 1, 2}}},
      [](const storage::commit_result& done) { BOOST_REQUIRE(done.outcome == storage::status::committed); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(maintenance)

BOOST_AUTO_TEST_CASE(a_deleted_workflow_leaves_nothing_and_its_id_is_free) {
  harbour h;
  const auto shard = shard_of("open", h.in.shards());
  const auto run = h.start("open", "t1000");
  h.wait(5 * ns_per_s);
  BOOST_TEST(listed(h) == 1);
  const auto gone = remove(h, "open", run);
  BOOST_REQUIRE(gone);
  BOOST_TEST((gone->history_deleted() && gone->executions_deleted() && gone->visibility_deleted()));
  BOOST_TEST(rows_left(h, shard) == 0U);
  const auto described = h.describe("open");
  BOOST_REQUIRE(!described);
  BOOST_TEST((described.error().kind == error_kind::entity_not_exists));
  const auto again = remove(h, "open", run);
  BOOST_REQUIRE(!again);
  BOOST_TEST((again.error().kind == error_kind::entity_not_exists));
  BOOST_REQUIRE(!remove(h, "nobody"));
  BOOST_TEST(listed(h) == 0);
  BOOST_TEST(h.start("open", "m") != run);
  h.wait(30 * ns_per_s); // what the deleted run had in the queues is over
  h.work_until_closed("open");
}

BOOST_AUTO_TEST_CASE(without_a_run_id_the_current_run_is_deleted) {
  harbour h;
  h.start("one", "m");
  h.work_until_closed("one");
  const auto second = h.start("one", "t1000");
  BOOST_REQUIRE(remove(h, "one"));
  BOOST_REQUIRE(!h.describe("one", second));
  // The first run stays, but is not the current one.
  BOOST_TEST(h.all<runs_page>([&](auto& s, auto cb) { s.shards().scan_runs(shard_of("one", 2), {}, 10, cb); }).size() ==
             1U);
}

BOOST_AUTO_TEST_CASE(only_a_damaged_workflow_is_deleted_by_maintenance) {
  harbour h;
  const auto run = h.start("sick", "t1000");
  h.wait(ns_per_s);
  auto looked = maintain(h, "sick");
  BOOST_REQUIRE(looked);
  BOOST_TEST(!looked->executions_deleted());
  BOOST_REQUIRE(h.describe("sick", run));
  looked = maintain(h, "nobody");
  BOOST_REQUIRE(looked);
  BOOST_TEST(!looked->executions_deleted());

  const auto shard = shard_of("sick", h.in.shards());
  damage_history(h, shard, {h.in.domain(domain_name)->id, "sick", *uuid::parse(run)});
  looked = maintain(h, "sick");
  BOOST_REQUIRE(looked);
  BOOST_TEST((looked->executions_deleted() && looked->history_deleted() && looked->visibility_deleted()));
  BOOST_TEST(rows_left(h, shard) == 0U);
  BOOST_REQUIRE(!h.describe("sick", run));
}

BOOST_AUTO_TEST_CASE(raw_history_gives_the_stored_batches_between_two_events) {
  harbour h;
  const auto run = h.start("told", "m m t1");
  h.work_until_closed("told");
  const auto whole = raw(h, "told", run, 100);
  BOOST_REQUIRE(whole);
  BOOST_TEST(whole->next_page_token().empty());
  BOOST_TEST(whole->history_batches_size() > 3);
  std::vector<std::int64_t> firsts;
  std::int64_t next = 1;
  for (const auto& blob : whole->history_batches()) {
    BOOST_TEST(blob.encoding_type() == api::ENCODING_TYPE_THRIFTRW);
    const auto batch = from_thrift(blob.data());
    BOOST_REQUIRE(batch);
    firsts.push_back(batch->events(0).event_id());
    for (const auto& event : batch->events())
      BOOST_TEST(event.event_id() == next++);
  }
  BOOST_REQUIRE(whole->version_history().items_size() == 1);
  const auto version = whole->version_history().items(0).version();
  BOOST_TEST(whole->version_history().items(0).event_id() == next - 1);
  BOOST_TEST(whole->version_history().branch_token().starts_with("\x59"));

  // Page by page it is the same.
  std::vector<std::int64_t> paged;
  std::string token;
  do {
    const auto page = raw(h, "told", run, 2, token);
    BOOST_REQUIRE(page);
    BOOST_TEST(page->history_batches_size() <= 2);
    for (const auto& blob : page->history_batches()) {
      const auto batch = from_thrift(blob.data());
      BOOST_REQUIRE(batch);
      paged.push_back(batch->events(0).event_id());
    }
    token = page->next_page_token();
  } while (!token.empty());
  BOOST_TEST(paged == firsts, boost::test_tools::per_element());

  // Both ends are exclusive.
  const auto between = [&](std::int64_t start, std::int64_t end) {
    return [start, end, version](admin::GetWorkflowExecutionRawHistoryV2Request& r) {
      r.mutable_start_event()->set_event_id(start);
      r.mutable_start_event()->set_version(version);
      r.mutable_end_event()->set_event_id(end);
      r.mutable_end_event()->set_version(version);
    };
  };
  const auto middle = raw(h, "told", run, 100, {}, between(firsts[1] - 1, firsts[3]));
  BOOST_REQUIRE(middle);
  BOOST_TEST(middle->history_batches_size() == 2);
  const auto nothing = raw(h, "told", run, 100, {}, between(firsts[2] - 1, firsts[2]));
  BOOST_REQUIRE(nothing);
  BOOST_TEST(nothing->history_batches_size() == 0);
  const auto foreign = raw(h, "told", run, 100, {}, between(1, next + 5));
  BOOST_REQUIRE(!foreign);
  BOOST_TEST((foreign.error().kind == error_kind::bad_request));
  const auto first_page = raw(h, "told", run, 1);
  BOOST_REQUIRE(first_page);
  const auto other = raw(h, "told", run, 1, first_page->next_page_token(), between(0, firsts[2]));
  BOOST_REQUIRE(!other);
  BOOST_TEST(other.error().message == "Invalid pagination token.");
  BOOST_REQUIRE(!raw(h, "told", run, 1, "{"));
}

BOOST_AUTO_TEST_CASE(a_removed_task_is_never_carried_out) {
  harbour h(7, 1);
  h.start("lost", "m");
  h.wait(ns_per_s / 2);
  // Its decision waits in matching: nobody polls.
  std::int64_t removed = 0;
  for (const auto& row : transfers(h, 0)) {
    record::v1::TransferTask task;
    BOOST_REQUIRE(task.ParseFromString(row.value));
    if (task.type() == record::v1::TRANSFER_DECISION)
      removed = row.task_id;
  }
  BOOST_REQUIRE(removed != 0);
  const auto remove_task = [&](admin::TaskType type, std::int64_t id, std::int64_t ns) {
    auto request = std::make_shared<admin::RemoveTaskRequest>();
    request->set_shard_id(0);
    request->set_task_type(type);
    request->set_task_id(id);
    request->mutable_visibility_time()->set_seconds(ns / ns_per_s);
    request->mutable_visibility_time()->set_nanos(static_cast<int>(ns % ns_per_s));
    return h.ask<admin::RemoveTaskResponse>([&](auto call) { h.in.engine().remove_task(request, std::move(call)); });
  };
  BOOST_REQUIRE(remove_task(admin::TASK_TYPE_TRANSFER, removed, 0));
  for (const auto& row : transfers(h, 0))
    BOOST_TEST(row.task_id != removed);

  const auto before = timers(h, 0);
  BOOST_REQUIRE(!before.empty());
  BOOST_REQUIRE(remove_task(admin::TASK_TYPE_TIMER, before.back().task_id, before.back().fire_ns));
  BOOST_TEST(timers(h, 0).size() == before.size() - 1);
  BOOST_REQUIRE(remove_task(admin::TASK_TYPE_REPLICATION, 12345, 0)); // not there: all the same
  const auto wrong = remove_task(admin::TASK_TYPE_CROSS_CLUSTER, 1, 0);
  BOOST_REQUIRE(!wrong);
  BOOST_TEST(wrong.error().message == "Invalid task type");
}

BOOST_AUTO_TEST_CASE(queues_are_described_and_reset) {
  harbour h(7, 1);
  h.start("slow", "t2");
  const auto describe = [&](admin::TaskType type, const std::string& cluster = "cluster0") {
    auto request = std::make_shared<admin::DescribeQueueRequest>();
    request->set_cluster_name(cluster);
    request->set_task_type(type);
    return h.ask<admin::DescribeQueueResponse>(
        [&](auto call) { h.in.engine().describe_queue(request, std::move(call)); });
  };
  const auto reset = [&](admin::TaskType type) {
    auto request = std::make_shared<admin::ResetQueueRequest>();
    request->set_cluster_name("cluster0");
    request->set_task_type(type);
    return h.ask<admin::ResetQueueResponse>([&](auto call) { h.in.engine().reset_queue(request, std::move(call)); });
  };
  const auto transfer = describe(admin::TASK_TYPE_TRANSFER);
  BOOST_REQUIRE(transfer);
  BOOST_REQUIRE(transfer->processing_queue_states_size() == 1);
  BOOST_TEST(transfer->processing_queue_states(0).starts_with("&{level: 0, ackLevel: {taskID:"));
  BOOST_TEST(transfer->processing_queue_states(0).find("domainFilter: {DomainIDs:map[] ReverseMatch:true}") !=
             std::string::npos);
  const auto timer = describe(admin::TASK_TYPE_TIMER);
  BOOST_REQUIRE(timer);
  // Levels of timers are times, as the Go server prints them.
  const std::string level =
      R"(\{visibilityTimestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{0,8}[1-9])? \+0000 UTC, taskID: 0\})";
  const std::regex line(R"(&\{level: 0, ackLevel: )" + level + ", readLevel: " + level + ", maxLevel: " + level +
                        ", domainFilter: .*");
  BOOST_TEST(std::regex_match(timer->processing_queue_states(0), line), timer->processing_queue_states(0));
  BOOST_REQUIRE(!describe(admin::TASK_TYPE_TRANSFER, "elsewhere"));
  BOOST_REQUIRE(!describe(admin::TASK_TYPE_REPLICATION));

  // What was carried out already is carried out again and changes nothing; what waits goes on.
  BOOST_REQUIRE(reset(admin::TASK_TYPE_TRANSFER));
  BOOST_REQUIRE(reset(admin::TASK_TYPE_TIMER));
  h.work_until_closed("slow");
  BOOST_REQUIRE(reset(admin::TASK_TYPE_TRANSFER));
  BOOST_REQUIRE(reset(admin::TASK_TYPE_TIMER));
  h.wait(30 * ns_per_s);
  BOOST_TEST(listed(h) == 1);
  BOOST_TEST(transfers(h, 0).empty());
}

BOOST_AUTO_TEST_CASE(the_state_shows_its_branch_as_the_reference_tools_read_it) {
  record::v1::HistoryBranch branch;
  branch.set_tree_id(uuid::parse("00112233-4455-6677-8899-aabbccddeeff")->raw());
  branch.set_branch_id(uuid::parse("10112233-4455-6677-8899-aabbccddeeff")->raw());
  auto& ancestor = *branch.add_ancestors();
  ancestor.set_branch_id(uuid::parse("20112233-4455-6677-8899-aabbccddeeff")->raw());
  ancestor.set_begin_node(1);
  ancestor.set_end_node(5);
  using namespace std::string_literals;
  const auto text = [](const char* id) { return "\0\0\0\x24"s + id; };
  BOOST_TEST(actors::branch_token(branch) ==
             "\x59"s + "\x0b\0\x0a"s + text("00112233-4455-6677-8899-aabbccddeeff") + "\x0b\0\x14"s +
                 text("10112233-4455-6677-8899-aabbccddeeff") + "\x0f\0\x1e\x0c\0\0\0\x01"s + "\x0b\0\x0a"s +
                 text("20112233-4455-6677-8899-aabbccddeeff") + "\x0a\0\x14\0\0\0\0\0\0\0\x01"s +
                 "\x0a\0\x1e\0\0\0\0\0\0\0\x05"s + "\0"s + "\0"s);

  harbour h(7, 1);
  const auto run = h.start("shown", "m");
  auto request = std::make_shared<admin::DescribeWorkflowExecutionRequest>();
  request->mutable_workflow_execution()->set_workflow_id("shown");
  const auto shown = h.ask<admin::DescribeWorkflowExecutionResponse>(
      [&](auto call) { h.in.engine().admin_describe_workflow(h.in.domain(domain_name), request, std::move(call)); });
  BOOST_REQUIRE(shown);
  const auto& state = shown->mutable_state_in_database();
  BOOST_TEST(state.find("\"RunID\":\"" + run + "\"") != std::string::npos, state);
  BOOST_TEST(
      state.find("\"VersionHistories\":{\"CurrentVersionHistoryIndex\":0,\"Histories\":[{\"BranchToken\":\"WQsACg") !=
          std::string::npos,
      state);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
