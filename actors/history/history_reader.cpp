#include "actors/history/history_reader.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "workflow/run.hpp"
#include "workflow/version_history.hpp"

#include <google/protobuf/io/coded_stream.h>

#include <memory>

namespace cadenza::actors {
namespace {

/// A part of a branch that lives in one (ancestor) branch.
struct segment {
  uuid branch_id;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

struct reading {
  storage::store& store;
  int shard;
  uuid tree_id;
  std::vector<segment> segments;
  std::size_t at = 0;
  std::string page;
  std::int64_t to;
  int batches_left;
  std::int64_t max_bytes;
  history_slice slice;
  std::function<void(outcome<history_slice>)> done;
};

std::vector<segment> segments_of(const record::v1::HistoryBranch& branch, std::int64_t from, std::int64_t to) {
  std::vector<segment> out;
  std::int64_t own_begin = 1;
  for (const auto& a : branch.ancestors()) {
    own_begin = a.end_node();
    const auto begin = std::max(from, a.begin_node());
    const auto end = std::min(to, a.end_node());
    if (begin < end)
      out.push_back({uuid::from_raw(a.branch_id()), begin, end});
  }
  const auto begin = std::max(from, own_begin);
  if (begin < to)
    out.push_back({uuid::from_raw(branch.branch_id()), begin, to});
  return out;
}

void step(const std::shared_ptr<reading>& r);

/// True when the slice is complete or has failed, and `done` was called.
bool take(const std::shared_ptr<reading>& r, storage::page<storage::history_node>& page) {
  if (page.outcome == storage::status::corrupted) {
    r->done(error{error_kind::internal_data_inconsistency, "stored history is damaged: " + page.message});
    return true;
  }
  if (page.outcome != storage::status::committed) {
    r->done(unavailable("the history cannot be read right now: " + page.message));
    return true;
  }
  for (auto& node : page.rows) {
    if (node.first_event_id < r->slice.next_event_id)
      continue; // an older write of a batch that was written again
    if (node.first_event_id > r->slice.next_event_id) {
      r->done(error{error_kind::internal_data_inconsistency,
                    "corrupted history event batch, eventID is not continuous: want " +
                        std::to_string(r->slice.next_event_id) + ", have " + std::to_string(node.first_event_id)});
      return true;
    }
    if (r->batches_left == 0 ||
        (!r->slice.bytes.empty() && static_cast<std::int64_t>(r->slice.bytes.size()) >= r->max_bytes)) {
      r->slice.at_end = false;
      r->done(std::move(r->slice));
      return true;
    }
    const auto count = count_events(node.batch);
    if (count <= 0) {
      r->done(error{error_kind::internal_data_inconsistency, "a stored batch of events is damaged"});
      return true;
    }
    if (r->slice.bytes.empty())
      r->slice.bytes = std::move(node.batch);
    else
      r->slice.bytes += node.batch;
    r->slice.ends.push_back(r->slice.bytes.size());
    r->slice.next_event_id = node.first_event_id + count;
    --r->batches_left;
  }
  return false;
}

void step(const std::shared_ptr<reading>& r) {
  if (r->at == r->segments.size()) {
    if (r->slice.next_event_id < r->to)
      return r->done(error{error_kind::internal_data_inconsistency,
                           "the history ends before event " + std::to_string(r->slice.next_event_id) +
                               "; events up to " + std::to_string(r->to - 1) + " are missing"});
    r->done(std::move(r->slice));
    return;
  }
  const auto& s = r->segments[r->at];
  storage::history_query query;
  query.tree_id = r->tree_id;
  query.branch_id = s.branch_id;
  query.from = s.from;
  query.to = s.to;
  query.max_nodes = std::min(r->batches_left, 999) + 1;
  query.max_bytes = std::min<std::int64_t>(r->max_bytes, 16 << 20);
  query.page = r->page;
  r->store.shards().read_history(r->shard, query, [r](storage::page<storage::history_node> page) {
    if (take(r, page))
      return;
    r->page = std::move(page.next);
    if (r->page.empty())
      ++r->at;
    step(r);
  });
}

} // namespace

std::int64_t count_events(const std::string& history) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(history.data()),
                                            static_cast<int>(history.size()));
  constexpr std::uint32_t events_tag = 1 << 3 | 2;
  std::int64_t count = 0;
  while (const auto tag = in.ReadTag()) {
    std::uint32_t size = 0;
    if (tag != events_tag || !in.ReadVarint32(&size) || !in.Skip(static_cast<int>(size)))
      return -1;
    ++count;
  }
  return in.ConsumedEntireMessage() ? count : -1;
}

outcome<std::vector<std::shared_ptr<const uber::cadence::api::v1::History>>> parse_batches(const history_slice& slice) {
  std::vector<std::shared_ptr<const uber::cadence::api::v1::History>> out;
  out.reserve(slice.ends.size());
  std::size_t begin = 0;
  for (const auto end : slice.ends) {
    auto batch = std::make_shared<uber::cadence::api::v1::History>();
    if (!batch->ParseFromArray(slice.bytes.data() + begin, static_cast<int>(end - begin)))
      return error{error_kind::internal_data_inconsistency, "a stored batch of events is damaged"};
    out.push_back(std::move(batch));
    begin = end;
  }
  return out;
}

void read_branch(storage::store& store, int shard, const record::v1::HistoryBranch& branch, std::int64_t from,
                 std::int64_t to, int max_batches, std::int64_t max_bytes,
                 std::function<void(outcome<history_slice>)> done) {
  CADENZA_ASSERT(from >= first_event_id && max_batches > 0, "history is read from an event on, a batch at least");
  CADENZA_ASSERT(done, "somebody waits for the history that is read");
  auto r = std::make_shared<reading>(reading{store,
                                             shard,
                                             uuid::from_raw(branch.tree_id()),
                                             segments_of(branch, from, to),
                                             0,
                                             {},
                                             to,
                                             max_batches,
                                             max_bytes,
                                             {},
                                             std::move(done)});
  r->slice.first_event_id = from;
  r->slice.next_event_id = from;
  step(r);
}

bool may_read(const workflow::run& run, const record::v1::HistoryBranch& branch, std::int64_t from, std::int64_t to) {
  const auto& all = run.head().version_histories();
  const auto bytes = branch.SerializeAsString();
  for (int i = 0; i < all.branches_size(); ++i) {
    if (all.branches(i).branch().SerializeAsString() != bytes)
      continue;
    const auto end = i == all.current() ? run.next_event_id() : workflow::last_event_id(all.branches(i)) + 1;
    return first_event_id <= from && from <= to && to <= end;
  }
  return false;
}

void explain_failed_read(storage::store& store, int shard, const run_key& run, error why,
                         std::function<void(const error&)> tell) {
  if (why.kind != error_kind::internal_data_inconsistency)
    return tell(why);
  store.shards().read_run(shard, run,
                          [why = std::move(why), tell = std::move(tell)](const storage::read_result<run_rows>& rows) {
                            const bool gone = rows.outcome == storage::status::committed && !rows.value;
                            tell(gone ? not_exists("Workflow execution history not found.") : why);
                          });
}

} // namespace cadenza::actors
