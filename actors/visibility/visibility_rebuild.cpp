#include "actors/visibility/visibility_rebuild.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "workflow/describe.hpp"

#include "cadenza/record/v1/domain.pb.h"
#include "cadenza/record/v1/run.pb.h"

#include <future>
#include <unordered_map>

namespace cadenza::actors {
namespace {

constexpr int page_runs = 1000;
constexpr int page_domains = 500;
constexpr std::int64_t runs_between_notes = 100'000;

struct domain_facts {
  std::string name;
  int clusters = 0;
};
using domain_book = std::unordered_map<uuid, domain_facts>;

template <class Result, class Call> Result wait_for(Call&& call) {
  const auto promise = std::make_shared<std::promise<Result>>();
  auto answer = promise->get_future();
  call([promise](Result result) { promise->set_value(std::move(result)); });
  return answer.get();
}

outcome<domain_book> read_domains(storage::store& store) {
  domain_book book;
  record::v1::DomainRow row;
  std::string next;
  do {
    auto read = wait_for<storage::page<storage::domain_row>>(
        [&](auto done) { store.cluster().read_domains(std::move(next), page_domains, std::move(done)); });
    if (read.outcome != storage::status::committed)
      return unavailable("the domains cannot be read: " + read.message);
    for (const auto& stored : read.rows)
      book[stored.id] = {stored.name, row.ParseFromString(stored.value) ? row.domain().clusters_size() : 0};
    next = std::move(read.next);
  } while (!next.empty());
  return book;
}

/// Turns rows into changes; remembers what it needs between runs.
class listing {
public:
  listing(const rebuild_source& from, domain_book domains) : from_(from), domains_(std::move(domains)) {}

  void add(int shard, const run_key& key, const run_rows& rows) {
    if (rows.header.empty())
      return leave_out(key, "its header is lost");
    if (!head_.ParseFromString(rows.header) || !fixed_.ParseFromString(rows.fixed))
      return leave_out(key, "its rows do not parse");
    if (head_.state() == run_state::none || head_.state() == run_state::zombie)
      return;
    if (key.domain_id == uuid{} || key.run_id == uuid{})
      return leave_out(key, "its key is incomplete");
    const bool closed = head_.state() == run_state::completed;
    if (closed && (head_.close_status() < close_status::completed || head_.close_status() > close_status::timed_out))
      return leave_out(key, "it ended with no known status");
    const auto domain = domains_.find(key.domain_id);
    static const domain_facts unknown;
    const auto& facts = domain == domains_.end() ? unknown : domain->second;

    auto& change = changes.emplace_back();
    change.kind = closed ? storage::visibility_change_kind::closed : storage::visibility_change_kind::started;
    change.domain_id = key.domain_id;
    change.workflow_id = key.workflow_id;
    change.run_id = key.run_id;
    change.shard = shard;
    change.record =
        workflow::visibility_record(head_, fixed_, {facts.name, facts.clusters, head_.last_updated_ns(), shard});
  }

  std::vector<storage::visibility_change> changes;
  std::int64_t left_out = 0;

private:
  void leave_out(const run_key& key, const char* why) {
    ++left_out;
    from_.log(log::level::warn,
              {field::workflow_id(key.workflow_id), field::run_id(key.run_id.str()), field::error(why)},
              "run {run_id} of workflow {workflow_id} is left out of visibility: {error}");
  }

  const rebuild_source& from_;
  const domain_book domains_;
  record::v1::Run head_;
  record::v1::RunFixed fixed_;
};

} // namespace

outcome<rebuild_report> rebuild_visibility(const rebuild_source& from, storage::visibility_store& into) {
  CADENZA_ASSERT(from.store != nullptr && from.shard_count > 0, "lists are made anew from the runs of a store");
  auto domains = read_domains(*from.store);
  if (!domains)
    return domains.error();
  listing lists(from, *std::move(domains));
  rebuild_report report;
  std::int64_t noted = 0;
  for (int shard = 0; shard < from.shard_count; ++shard) {
    std::string next;
    do {
      if (from.stopping && from.stopping())
        return unavailable("the server stops");
      using page = storage::page<std::pair<run_key, run_rows>>;
      auto read = wait_for<page>(
          [&](auto done) { from.store->shards().scan_runs(shard, std::move(next), page_runs, std::move(done)); });
      if (read.outcome != storage::status::committed)
        return unavailable("the runs of shard " + std::to_string(shard) + " cannot be read: " + read.message);
      lists.changes.clear();
      for (const auto& [key, rows] : read.rows)
        lists.add(shard, key, rows);
      const auto applied = into.apply(lists.changes);
      if (!applied)
        return applied.error();
      report.runs += static_cast<std::int64_t>(lists.changes.size());
      next = std::move(read.next);
    } while (!next.empty());
    if (report.runs - noted >= runs_between_notes) {
      noted = report.runs;
      from.log(log::level::info, {field::count(report.runs), field::shard(shard), field::shards(from.shard_count)},
               "visibility store: {count} runs listed so far, up to shard {shard} of {shards}");
    }
  }
  report.left_out = lists.left_out;
  return report;
}

} // namespace cadenza::actors
