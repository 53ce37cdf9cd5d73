#include "actors/replication/replica_streams.hpp"

#include "messages/invariant.hpp"

#include <algorithm>

namespace cadenza::actors {

void replica_streams::add(workflow_key key, item told) {
  CADENZA_ASSERT(open_.empty() || open_.rbegin()->first < told->task_id(), "task ids of a shard grow");
  bytes_ += told->ByteSizeLong();
  open_.emplace(told->task_id(), told);
  auto& of = streams_[key];
  const bool idle = of.waiting.empty() && of.under_way.empty();
  of.waiting.push_back(std::move(told));
  if (idle)
    ready_.push_back(std::move(key));
}

std::optional<replica_streams::piece> replica_streams::take(std::int64_t now_ns) {
  while (!paused_.empty() && paused_.begin()->first <= now_ns) {
    ready_.push_back(paused_.begin()->second);
    paused_.erase(paused_.begin());
  }
  if (ready_.empty())
    return std::nullopt;
  piece out{std::move(ready_.front()), {}};
  ready_.pop_front();
  auto& of = streams_.at(out.key);
  CADENZA_ASSERT(of.under_way.empty() && !of.waiting.empty(), "one piece of a workflow id is under way at a time");
  while (!of.waiting.empty() && of.under_way.size() < piece_items) {
    of.under_way.push_back(std::move(of.waiting.front()));
    of.waiting.pop_front();
  }
  out.items = of.under_way;
  return out;
}

std::size_t replica_streams::done(const workflow_key& key) {
  const auto at = streams_.find(key);
  CADENZA_ASSERT(at != streams_.end() && !at->second.under_way.empty(), "a piece that ends was under way");
  auto& of = at->second;
  const auto count = of.under_way.size();
  for (const auto& each : of.under_way) {
    bytes_ -= each->ByteSizeLong();
    open_.erase(each->task_id());
  }
  of.under_way.clear();
  of.pause_ns = 0;
  if (of.waiting.empty())
    streams_.erase(at);
  else
    ready_.push_back(key);
  return count;
}

std::size_t replica_streams::failed(const workflow_key& key, std::int64_t now_ns) {
  const auto at = streams_.find(key);
  CADENZA_ASSERT(at != streams_.end() && !at->second.under_way.empty(), "a piece that ends was under way");
  auto& of = at->second;
  const auto count = of.under_way.size();
  of.waiting.insert(of.waiting.begin(), of.under_way.begin(), of.under_way.end());
  of.under_way.clear();
  of.pause_ns = std::clamp(of.pause_ns * 2, first_pause_ns, longest_pause_ns);
  paused_.emplace(now_ns + of.pause_ns, key);
  return count;
}

const wire::v1::FeedItem* replica_streams::oldest() const {
  return open_.empty() ? nullptr : open_.begin()->second.get();
}

} // namespace cadenza::actors
