#pragma once

#include "harbour.hpp"
#include "store_check.hpp"

#include "actors/runs/persist.hpp"
#include "messages/shard_hash.hpp"
#include "workflow/describe.hpp"

#include "cadenza/record/v1/run.pb.h"
#include "cadenza/record/v1/task.pb.h"

#include <algorithm>

namespace cadenza::simulation {

namespace rec = record::v1;
using kind = actors::finding::kind;
using actors::verify_report;

/// A harbour whose store is looked at, damaged and mended between two steps of the world.
class yard : public harbour {
public:
  using harbour::harbour;

  verify_report check(bool live = false) { return check_store(in, live); }
  verify_report repair() { return mend_store(in); }

  [[nodiscard]] int shard(const std::string& workflow_id) { return shard_of(workflow_id, in.shards()); }
  run_key key(const std::string& workflow_id, const std::string& run_id) {
    return {in.domain(domain_name)->id, workflow_id, *uuid::parse(run_id)};
  }

  /// The range id of a shard's owner. The engine is ready before its shards have taken their rows, so this may wait.
  [[nodiscard]] std::int64_t range_of(int shard) {
    std::int64_t range_id = 0;
    const auto taken = [&] {
      const auto still = in.peek();
      in.store().shards().read_shard(shard, [&](storage::read_result<std::string> row) {
        BOOST_REQUIRE(row.outcome == storage::status::committed);
        if (!row.value)
          return;
        rec::Shard parsed;
        BOOST_REQUIRE(parsed.ParseFromString(*row.value));
        range_id = parsed.range_id();
      });
      return range_id > 0;
    };
    in.run_until("the shard has an owner", taken, minute);
    return range_id;
  }

  void drop_history(int shard, const rec::HistoryBranch& branch, std::int64_t from, std::int64_t to) {
    const auto range_id = range_of(shard);
    const auto still = in.peek();
    in.store().shards().drop_history(
        {shard, range_id, {{uuid::from_raw(branch.tree_id()), uuid::from_raw(branch.branch_id()), from, to}}},
        [](const storage::commit_result& done) { BOOST_REQUIRE(done.outcome == storage::status::committed); });
  }

  /// Writes behind the engine's back.
  template <class Change> void write(int shard, Change&& change) {
    storage::shard_transaction tx;
    tx.shard = shard;
    tx.range_id = range_of(shard);
    const auto still = in.peek();
    change(tx);
    in.store().shards().commit(std::move(tx), [](const storage::commit_result& done) {
      BOOST_REQUIRE_MESSAGE(done.outcome == storage::status::committed, done.message);
    });
  }

  rec::Run head_of(const std::string& workflow_id, const std::string& run_id) {
    const auto still = in.peek();
    rec::Run head;
    in.store().shards().read_run(shard(workflow_id), key(workflow_id, run_id),
                                 [&](storage::read_result<run_rows> rows) {
                                   BOOST_REQUIRE((rows.value && head.ParseFromString(rows.value->header)));
                                 });
    return head;
  }

  /// Writes a run's header as `change` leaves it, under the next version and without a checksum.
  template <class Change> void alter(const std::string& workflow_id, const std::string& run_id, Change&& change) {
    auto head = head_of(workflow_id, run_id);
    run_mutation mutation;
    mutation.key = key(workflow_id, run_id);
    mutation.expected_version = head.row_version();
    mutation.new_version = head.row_version() + 1;
    head.set_row_version(mutation.new_version);
    head.clear_checksum();
    change(head, mutation);
    if (mutation.header.empty())
      mutation.header = head.SerializeAsString();
    write(shard(workflow_id), [&](auto& tx) { tx.runs.push_back(mutation); });
  }

  /// Lists a run as it is but for `change`, in place of what the lists say.
  template <class Change> void list_as(const std::string& workflow_id, const std::string& run_id, Change&& change) {
    const auto still = in.peek();
    storage::visibility_change listed;
    in.store().shards().read_run(
        shard(workflow_id), key(workflow_id, run_id), [&](storage::read_result<run_rows> rows) {
          rec::Run head;
          rec::RunFixed fixed;
          BOOST_REQUIRE(
              (rows.value && head.ParseFromString(rows.value->header) && fixed.ParseFromString(rows.value->fixed)));
          listed.kind = head.state() == run_state::completed ? storage::visibility_change_kind::closed
                                                             : storage::visibility_change_kind::upsert;
          listed.record = workflow::visibility_record(head, fixed, {domain_name, 0, head.last_updated_ns(), 0});
        });
    const auto named = key(workflow_id, run_id);
    listed.domain_id = named.domain_id;
    listed.workflow_id = named.workflow_id;
    listed.run_id = named.run_id;
    listed.task_id = next_listing_++;
    change(listed.record);
    BOOST_REQUIRE(in.lists().apply({&listed, 1}));
  }

  /// A workflow that waits for a timer and then goes on for a while.
  std::string start_waiting(const std::string& workflow_id) {
    const auto run = start(workflow_id, "a0 t30 a0 m");
    workers.push_back(std::make_unique<worker>(in, book, static_cast<int>(workers.size()), false));
    workers.back()->begin();
    while (true) {
      const auto head = head_of(workflow_id, run);
      if (head.last_processed_event() > 6)
        break;
      wait(ns_per_s);
    }
    workers.back()->stop();
    wait(5 * ns_per_s);
    return run;
  }

private:
  std::int64_t next_listing_ = INT64_MAX / 2; ///< above every task id
};

inline bool names(const verify_report& report, kind what, const std::string& workflow_id, const std::string& run_id) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const actors::finding& f) {
    return f.what == what && f.workflow_id == workflow_id && f.run_id == run_id && f.domain == domain_name;
  });
}

inline void check_clean(const verify_report& report) { BOOST_TEST(report.found == 0, told(report)); }

/// The damage is named, mended, and then all is well; the workflow goes on to its end.
inline void check_mended(yard& y, kind what, const std::string& workflow_id, const std::string& run_id) {
  const auto found = y.check();
  BOOST_TEST(names(found, what, workflow_id, run_id), "not named:" + told(found));
  BOOST_TEST(!found.clean());
  const auto mended = y.repair();
  BOOST_TEST(mended.clean(), told(mended));
  check_clean(y.check());
  y.work_until_closed(workflow_id);
  y.wait(30 * ns_per_s);
  check_clean(y.check());
}

} // namespace cadenza::simulation
