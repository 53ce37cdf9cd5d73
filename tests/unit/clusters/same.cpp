#include "same.hpp"

#include "actors/replication/dead_letters.hpp"

#include "messages/shard_hash.hpp"
#include "workflow/replay_difference.hpp"

#include <memory>

namespace cadenza::actors {
namespace {

std::unique_ptr<workflow::run> comparable(two_clusters& of, two_clusters::side& in, const std::string& domain,
                                          const std::string& id, const std::string& run_id) {
  auto rows = of.stored(in, domain, id, run_id);
  record::v1::Run head;
  if (!rows || !head.ParseFromString(rows->header))
    return nullptr;
  auto& histories = *head.mutable_version_histories();
  auto own = histories.branches(histories.current());
  own.clear_branch();
  if (head.decision().attempt() > 1)
    head.mutable_decision()->set_attempt(1);
  histories.Clear();
  *histories.add_branches() = std::move(own);
  head.clear_checksum();
  rows->header = head.SerializeAsString();
  auto out = workflow::run::load({two_clusters::domain(in, domain)->id, id, *uuid::parse(run_id)}, *rows);
  return out ? std::make_unique<workflow::run>(*std::move(out)) : nullptr;
}

std::string items_of(const workflow::run& run) {
  std::string out;
  for (const auto& item : run.current_branch().items())
    out += std::to_string(item.event_id()) + "@" + std::to_string(item.version()) + " ";
  return out;
}

} // namespace

std::string current_of(two_clusters& of, two_clusters::side& in, const std::string& domain, const std::string& id) {
  (void)of;
  const auto known = two_clusters::domain(in, domain);
  std::string out;
  if (known)
    in.store.shards().read_current(shard_of(id, in.shards), {known->id, id},
                                   [&](const storage::read_result<storage::current_row>& row) {
                                     if (row.value)
                                       out = row.value->run_id.str();
                                   });
  return out;
}

std::string difference(two_clusters& of, const std::string& domain, const std::string& id, const std::string& run_id) {
  const auto left_id = run_id.empty() ? current_of(of, of.dc1(), domain, id) : run_id;
  const auto right_id = run_id.empty() ? current_of(of, of.dc2(), domain, id) : run_id;
  if (left_id != right_id || left_id.empty())
    return "current runs '" + left_id + "' and '" + right_id + "'";
  const auto left = comparable(of, of.dc1(), domain, id, left_id);
  const auto right = comparable(of, of.dc2(), domain, id, left_id);
  if (!left || !right)
    return std::string("the run is not there in ") + (left ? "dc2" : "dc1");
  if (items_of(*left) != items_of(*right))
    return "version histories " + items_of(*left) + "and " + items_of(*right);
  if (left->head().state() != right->head().state() || left->head().close_status() != right->head().close_status())
    return "states " + std::to_string(left->head().state()) + " and " + std::to_string(right->head().state());
  const auto one = of.history(of.dc1(), domain, id, left_id);
  const auto two = of.history(of.dc2(), domain, id, left_id);
  if (one.size() != two.size() || one.empty())
    return "histories of " + std::to_string(one.size()) + " and " + std::to_string(two.size()) + " events";
  for (std::size_t i = 0; i < one.size(); ++i)
    if (one[i].SerializeAsString() != two[i].SerializeAsString())
      return "event " + one[i].ShortDebugString() + "\n" + two[i].ShortDebugString();
  auto out = workflow::difference_from_replay(*left, *right, false);
  return out.empty() ? workflow::difference_from_replay(*right, *left, false) : out;
}

std::vector<wire::v1::FeedItem> dead_letters_of(two_clusters::side& in, const std::string& from) {
  std::vector<wire::v1::FeedItem> out;
  constexpr int shards_most = 16; // of the cluster that tells
  for (int source = 0; source < shards_most; ++source)
    in.store.shards().scan_dead_letters(letters_of(from, source, in.shards), 0, INT64_MAX, 100,
                                        [&](storage::page<replication_row> page) {
                                          for (const auto& row : page.rows)
                                            out.emplace_back().ParseFromString(row.value);
                                        });
  return out;
}

api::PollForDecisionTaskResponse followed_clusters::begun(const std::string& id) {
  BOOST_TEST(problem_of(start(dc1(), "orders", id)) == "");
  auto task = poll(dc1(), "orders");
  BOOST_REQUIRE(task);
  BOOST_REQUIRE(task->workflow_execution().workflow_id() == id);
  return *task;
}

void followed_clusters::expect_same(const std::string& id, const std::string& run_id) {
  std::string last;
  const bool same = until([&] { return (last = difference(*this, "orders", id, run_id)).empty(); }, patience_s);
  BOOST_TEST(same, id + " differs: " + last);
}

} // namespace cadenza::actors
