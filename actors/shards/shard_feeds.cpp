#include "actors/replication/feed_page.hpp"
#include "actors/shards/history_shard.hpp"
#include "messages/invariant.hpp"
#include "replication/clusters.hpp"

#include <caf/all.hpp>

#include <algorithm>

/// What a shard tells other clusters: they ask for what is behind the tasks that they have, and hear as soon as there
/// is something. What all of them have applied is dropped; how far each is, is stored with the levels of the queues.
namespace cadenza::actors {
namespace {

constexpr std::int64_t patience_ns = 5 * ns_per_s;
constexpr int tasks_most = 200;
constexpr std::int64_t bytes_most = 4 << 20;
/// A commit with a lower id may still be under way: it is looked again so much later.
constexpr std::int64_t settling_ns = 2 * ns_per_ms;

} // namespace

void history_shard::handle(feed_request_ptr& asked) {
  if (phase_ != phase::ready)
    return asked->call->reject(unavailable("history shard " + std::to_string(index_) + " is loading"));
  auto& wanted = asked->asked;
  if (wanted.applied() >= sequence_->next() || wanted.after() >= sequence_->next())
    return asked->call->reject(bad_request("cluster " + asked->from + " asks for what is behind task " +
                                           std::to_string(std::max(wanted.applied(), wanted.after())) +
                                           ", which shard " + std::to_string(index_) + " has not given out"));
  auto& applied = applied_[asked->from];
  applied = std::max({applied, wanted.applied(),
                      row_.replication_ack().count(asked->from) != 0 ? row_.replication_ack().at(asked->from) : 0});
  if (wanted.after() < 0)
    wanted.set_after(applied);
  wanted.set_tasks_most(std::clamp(wanted.tasks_most(), 1, tasks_most));
  wanted.set_bytes_most(std::clamp<std::int64_t>(wanted.bytes_most(), 1, bytes_most));
  asked->waits_until_ns = now() + patience_ns;
  feed(std::move(asked));
}

void history_shard::feed(feed_request_ptr asked) {
  const auto up_to = sequence_->settled_below() - 1;
  // What is behind the queue as it was read is told by commits.
  const bool nothing = asked->asked.after() >= told_up_to_ && newest_told_ <= asked->asked.after();
  if (nothing || asked->asked.after() >= up_to)
    return wait_to_feed(std::move(asked));
  read_feed(env_, index_, asked, up_to, [self = me(), asked](outcome<wire::v1::FeedPage> page) {
    if (!page)
      return asked->call->reject(page.error());
    if (page->items_size() > 0)
      return asked->call->reply(*page);
    asked->asked.set_after(page->last_id());
    caf::anon_send(self, make_shard_mail(feed_read{asked, page->more()}));
  });
}

/// Nothing in what was read concerns the cluster that asks.
void history_shard::handle(feed_read& read) {
  if (!read.more)
    told_up_to_ =
        told_up_to_ == INT64_MAX ? read.request->asked.after() : std::max(told_up_to_, read.request->asked.after());
  feed(std::move(read.request));
}

void history_shard::wait_to_feed(feed_request_ptr asked) {
  // Who asks again has given up what was asked before.
  std::erase_if(feeds_, [&](const feed_request_ptr& before) { return before->from == asked->from; });
  feeds_.push_back(std::move(asked));
  if (newest_told_ > feeds_.back()->asked.after())
    look_at_feeds_soon();
}

void history_shard::look_at_feeds_soon() {
  if (std::exchange(feeds_armed_, true))
    return;
  delayed_send(this, std::chrono::nanoseconds(settling_ns), feed_tick{});
}

/// A commit has told something, or some time has gone by.
void history_shard::look_at_feeds() {
  if (feeds_.empty())
    return;
  const auto settled = sequence_->settled_below() - 1;
  auto waiting = std::exchange(feeds_, {});
  for (auto& asked : waiting) {
    if (asked->call->cancelled())
      continue;
    const auto after = asked->asked.after();
    if (newest_told_ > after && settled > after) {
      feed(std::move(asked));
    } else if (now() >= asked->waits_until_ns) {
      wire::v1::FeedPage page;
      page.set_last_id(after);
      page.set_shard_count(env_.routes->shard_count());
      page.set_now_ns(now());
      asked->call->reply(page);
    } else {
      feeds_.push_back(std::move(asked));
    }
  }
  if (std::any_of(feeds_.begin(), feeds_.end(),
                  [&](const feed_request_ptr& asked) { return newest_told_ > asked->asked.after(); }))
    look_at_feeds_soon();
}

void history_shard::note_told(std::int64_t task_id) {
  newest_told_ = std::max(newest_told_, task_id);
  if (!feeds_.empty())
    look_at_feeds_soon();
}

std::int64_t history_shard::applied_by_all() const {
  std::int64_t all = INT64_MAX;
  for (const auto& cluster : env_.clusters->group().clusters()) {
    if (cluster.name == env_.clusters->group().self())
      continue;
    const auto known = applied_.find(cluster.name);
    const auto stored = row_.replication_ack().find(cluster.name);
    all = std::min(all, std::max(known == applied_.end() ? 0 : known->second,
                                 stored == row_.replication_ack().end() ? 0 : stored->second));
  }
  return all == INT64_MAX ? 0 : all;
}

bool history_shard::take_over_applied() {
  bool moved = false;
  for (const auto& [cluster, id] : applied_) {
    auto& stored = (*row_.mutable_replication_ack())[cluster];
    moved = moved || id > stored;
    stored = std::max(stored, id);
  }
  return moved;
}

} // namespace cadenza::actors
