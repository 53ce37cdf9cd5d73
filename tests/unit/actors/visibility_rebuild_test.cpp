#include "actors/base/system_sources.hpp"
#include "actors/visibility/visibility_rebuild.hpp"
#include "messages/constants.hpp"
#include "storage/memory/memory_store.hpp"

#include "cadenza/record/v1/domain.pb.h"
#include "cadenza/record/v1/run.pb.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include <stdlib.h>

namespace cadenza::actors {
namespace {

namespace fs = std::filesystem;
using ids = std::set<std::string>;

const uuid domain = uuid::v4(7, 7);
constexpr int shards = 3;

struct folder {
  folder() {
    std::string name = (fs::temp_directory_path() / "visibility-rebuild-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~folder() { fs::remove_all(path); }
  fs::path path;
};

record::v1::Run head_of(int state, int close = 0) {
  record::v1::Run head;
  head.set_state(state);
  head.set_close_status(close);
  head.set_next_event_id(12);
  head.set_last_processed_event(4);
  head.set_last_updated_ns(9 * ns_per_s);
  head.set_buffered_batches(3); // so that the rows alone, without what hangs off the run, do not add up
  if (state == run_state::completed)
    head.set_close_time_ns(8 * ns_per_s);
  return head;
}

/// A store with runs, and what an opener needs.
struct world {
  explicit world(std::function<storage::fault(const storage::fault_point&)> faults = {})
    : store({.post = {}, .fault_hook = std::move(faults)}) {
    for (int shard = 0; shard < shards; ++shard) {
      storage::shard_update take;
      take.shard = shard;
      take.new_range_id = 1;
      store.shards().update_shard(take, check);
    }
    storage::domain_transaction create;
    create.id = domain;
    create.name = "orders";
    record::v1::DomainRow row;
    row.mutable_domain()->set_name("orders");
    row.mutable_domain()->add_clusters();
    create.value = row.SerializeAsString();
    store.cluster().commit(create, check);
  }

  static void check(const storage::commit_result& r) { BOOST_REQUIRE(r.outcome == storage::status::committed); }

  void add(const std::string& workflow, std::string header, int shard = 1) {
    record::v1::RunFixed fixed;
    fixed.mutable_type()->set_name("order");
    fixed.set_start_ns(5 * ns_per_s);
    fixed.set_task_list("orders-list");
    (*fixed.mutable_search_attributes()->mutable_indexed_fields())["CustomIntField"].set_data("42");
    storage::shard_transaction tx;
    tx.shard = shard;
    tx.range_id = 1;
    auto& run = tx.runs.emplace_back();
    run.key = {domain, workflow, uuid::v4(++last_run, 1)};
    run.header = std::move(header);
    run.fixed = fixed.SerializeAsString();
    store.shards().commit(std::move(tx), check);
  }
  void add(const std::string& workflow, const record::v1::Run& head, int shard = 1) {
    add(workflow, head.SerializeAsString(), shard);
  }
  void add_three() {
    add("open", head_of(run_state::running), 0);
    add("done", head_of(run_state::completed, close_status::completed), 1);
    add("failed", head_of(run_state::completed, close_status::failed), 2);
  }

  rebuild_source source() {
    rebuild_source out;
    out.store = &store;
    out.shard_count = shards;
    out.log = [this](log::level, log::fields values, log::sentence says) { log += log::text_of(values, says) + "\n"; };
    return out;
  }
  visibility_opener opener() {
    storage::visibility_options options;
    options.path = file();
    return rebuilding_opener(source(), options, time);
  }
  [[nodiscard]] std::string file() const { return (at.path / "visibility.db").string(); }

  folder at;
  system_clock time;
  storage::memory_store store;
  std::string log;
  std::uint64_t last_run = 0;
};

template <class Store> std::unique_ptr<storage::visibility_store> must(outcome<std::unique_ptr<Store>> opened) {
  if (!opened) // the macros evaluate their message even when the check holds
    BOOST_FAIL(opened.error().message);
  return *std::move(opened);
}

ids listed(storage::visibility_reader& lists, bool closed) {
  storage::list_request request;
  request.domain_id = domain;
  const auto page = closed ? lists.list_closed(request) : lists.list_open(request);
  BOOST_REQUIRE(page);
  ids out;
  for (const auto& info : page->executions)
    out.insert(info.workflow_execution().workflow_id());
  return out;
}

void check_three(storage::visibility_reader& lists) {
  BOOST_TEST((listed(lists, false) == ids{"open"}));
  BOOST_TEST((listed(lists, true) == ids{"done", "failed"}));
}

} // namespace

BOOST_AUTO_TEST_SUITE(visibility_rebuild)

BOOST_AUTO_TEST_CASE(a_missing_file_is_rebuilt_from_every_shard) {
  world w;
  w.add_three();
  for (int again = 0; again < 2; ++again) { // a second server after the file was deleted
    const auto lists = must(w.opener()());
    check_three(*lists);
    storage::query_request query;
    query.domain_id = domain;
    query.query = *storage::visibility::read_query("CustomIntField = 42 and CloseStatus = 'FAILED'",
                                                   workflow::default_attribute_types());
    const auto found = lists->list_by_query(query);
    BOOST_REQUIRE(found);
    BOOST_REQUIRE(found->executions.size() == 1);
    const auto& info = found->executions[0];
    BOOST_TEST(info.workflow_execution().workflow_id() == "failed");
    BOOST_TEST(info.type().name() == "order");
    BOOST_TEST(info.history_length() == 11);
    BOOST_TEST(info.start_time().seconds() == 5);
    BOOST_TEST(info.close_time().seconds() == 8);
    BOOST_TEST(info.update_time().seconds() == 9);
    BOOST_TEST(info.task_list() == "orders-list");
    BOOST_REQUIRE(storage::remove_visibility_files(w.file()));
  }
}

BOOST_AUTO_TEST_CASE(a_sound_file_is_left_alone) {
  world w;
  w.add_three();
  const auto open = w.opener();
  must(open()).reset();
  w.add("later", head_of(run_state::running));
  w.log.clear();
  check_three(*must(open()));
  BOOST_TEST(w.log.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_rebuilt) {
  world w;
  w.add_three();
  std::ofstream(w.file()) << std::string(8192, 'x');
  check_three(*must(w.opener()()));
  BOOST_TEST(w.log.find("rebuilding") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(damage_right_after_a_rebuild_waits) {
  world w;
  w.add_three();
  const auto open = w.opener();
  must(open()).reset();
  BOOST_REQUIRE(storage::remove_visibility_files(w.file()));
  std::ofstream(w.file()) << std::string(8192, 'x');
  const auto refused = open();
  BOOST_REQUIRE(!refused);
  BOOST_CHECK(refused.error().kind == error_kind::unavailable);
}

BOOST_AUTO_TEST_CASE(damage_found_in_use_leads_to_a_rebuild) {
  world w;
  w.add_three();
  must(w.opener()()).reset();
  const auto open = w.opener(); // of the next server: it has not rebuilt anything yet
  auto lists = must(open());
  // Behind the header: the file opens, and what it holds makes no sense.
  std::fstream file(w.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  const std::string noise(fs::file_size(w.file()) - 4096, '\x7f');
  file << noise << std::flush;
  lists.reset();
  auto damaged = open();
  if (damaged) {
    storage::list_request request;
    request.domain_id = domain;
    const auto page = (*damaged)->list_open(request);
    BOOST_REQUIRE(!page);
    BOOST_CHECK(page.error().kind == error_kind::internal_data_inconsistency);
    damaged->reset();
    damaged = open();
  }
  check_three(*must(std::move(damaged)));
}

BOOST_AUTO_TEST_CASE(a_task_of_a_run_wins_over_the_rebuild_in_any_order) {
  world w;
  w.add_three();
  const auto open_run = uuid::v4(1, 1);
  storage::visibility_change ended;
  ended.kind = storage::visibility_change_kind::closed;
  ended.domain_id = domain;
  ended.workflow_id = "open";
  ended.run_id = open_run;
  ended.task_id = 1;
  ended.record.set_close_status(close_status::canceled);
  for (const bool before : {false, true}) {
    const auto lists = must(storage::open_visibility_store({}));
    if (before)
      BOOST_REQUIRE(lists->apply({&ended, 1}));
    BOOST_REQUIRE(rebuild_visibility(w.source(), *lists));
    if (!before)
      BOOST_REQUIRE(lists->apply({&ended, 1}));
    BOOST_TEST((listed(*lists, false) == ids{}));
    BOOST_TEST((listed(*lists, true) == ids{"done", "failed", "open"}));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_listed_is_left_out_and_told) {
  world w;
  w.add_three();
  w.add("damaged", std::string("\xff\xff\xff"));
  w.add("ended somehow", head_of(run_state::completed, close_status::none));
  w.add("of another cluster", head_of(run_state::zombie));
  const auto lists = must(storage::open_visibility_store({}));
  const auto report = rebuild_visibility(w.source(), *lists);
  BOOST_REQUIRE(report);
  BOOST_TEST(report->runs == 3);
  BOOST_TEST(report->left_out == 2);
  BOOST_TEST(w.log.find("damaged") != std::string::npos);
  BOOST_TEST(w.log.find("ended somehow") != std::string::npos);
  check_three(*lists);
}

BOOST_AUTO_TEST_CASE(more_runs_than_a_page) {
  world w;
  for (int n = 0; n < 2345; ++n)
    w.add("wf-" + std::to_string(n), head_of(run_state::running));
  const auto lists = must(storage::open_visibility_store({}));
  const auto report = rebuild_visibility(w.source(), *lists);
  BOOST_REQUIRE(report);
  BOOST_TEST(report->runs == 2345);
  BOOST_TEST(listed(*lists, false).size() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_rebuild_that_breaks_off_leaves_no_file) {
  bool broken = true;
  world w([&](const storage::fault_point& at) {
    storage::fault out;
    if (broken && at.operation == "scan_runs" && at.shard == 2)
      out.what = storage::fault::kind::unavailable;
    return out;
  });
  w.add_three();
  const auto open = w.opener();
  const auto refused = open();
  BOOST_REQUIRE(!refused);
  BOOST_CHECK(refused.error().kind == error_kind::unavailable);
  BOOST_TEST(!fs::exists(w.file()));
  broken = false;
  check_three(*must(open()));
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_does_not_wait_for_a_rebuild) {
  world w;
  w.add_three();
  auto source = w.source();
  source.stopping = [] { return true; };
  const auto lists = must(storage::open_visibility_store({}));
  const auto report = rebuild_visibility(source, *lists);
  BOOST_REQUIRE(!report);
  BOOST_CHECK(report.error().kind == error_kind::unavailable);
}

BOOST_AUTO_TEST_CASE(lists_in_memory_are_rebuilt_every_time) {
  world w;
  w.add_three();
  const auto open = rebuilding_opener(w.source(), {}, w.time);
  must(open()).reset();
  w.add("later", head_of(run_state::running));
  BOOST_TEST((listed(*must(open()), false) == ids{"later", "open"}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
