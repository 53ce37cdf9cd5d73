#include "actors/history/history_cache.hpp"

#include "messages/invariant.hpp"

namespace cadenza::actors {
namespace {

constexpr std::size_t kept_max = 16;

const uber::cadence::api::v1::HistoryEvent* find_in(const uber::cadence::api::v1::History& batch, std::int64_t id) {
  if (batch.events_size() == 0)
    return nullptr;
  const auto index = id - batch.events(0).event_id();
  if (index < 0 || index >= batch.events_size())
    return nullptr;
  // A damaged batch may lack events in its middle.
  const auto& event = batch.events(static_cast<int>(index));
  return event.event_id() == id ? &event : nullptr;
}

} // namespace

void history_cache::append(std::string bytes, std::shared_ptr<const uber::cadence::api::v1::History> batch,
                           std::int64_t first_event_id, std::int64_t next_event_id) {
  CADENZA_ASSERT(first_event_id < next_event_id, "a batch has events");
  CADENZA_ASSERT(!batch || batch->events_size() == next_event_id - first_event_id,
                 "a batch has the events that its ends say");
  if (!entries_.empty() && entries_.back().next != first_event_id)
    clear();
  bytes_ += bytes.size();
  entries_.push_back({first_event_id, next_event_id, std::move(bytes), std::move(batch)});
  while (bytes_ > bytes_max_ && entries_.size() > 1) {
    CADENZA_ASSERT(bytes_ >= entries_.front().bytes.size(), "a cache has the bytes of its batches");
    bytes_ -= entries_.front().bytes.size();
    entries_.pop_front();
  }
}

const uber::cadence::api::v1::HistoryEvent* history_cache::find(std::int64_t event_id) {
  for (auto i = entries_.rbegin(); i != entries_.rend(); ++i) {
    if (event_id >= i->first && event_id < i->next)
      return i->batch ? find_in(*i->batch, event_id) : nullptr;
  }
  for (const auto& batch : kept_) {
    if (const auto* event = find_in(*batch, event_id))
      return event;
  }
  return nullptr;
}

void history_cache::keep(std::shared_ptr<const uber::cadence::api::v1::History> batch) {
  CADENZA_ASSERT(batch && batch->events_size() > 0, "a batch that is kept for a rule has events");
  kept_.push_back(std::move(batch));
}

void history_cache::trim_kept() {
  if (kept_.size() > kept_max)
    kept_.erase(kept_.begin(), kept_.end() - kept_max);
}

bool history_cache::covers(std::int64_t from, std::int64_t to) const {
  if (from >= to)
    return true;
  if (entries_.empty() || from < entries_.front().first || to > entries_.back().next)
    return false;
  for (const auto& e : entries_) {
    if (e.first == from)
      return true;
  }
  return false;
}

history_slice history_cache::slice(std::int64_t from, std::int64_t to, int max_batches, std::int64_t max_bytes) const {
  CADENZA_ASSERT(from >= to || (!entries_.empty() && entries_.front().first <= from && to <= entries_.back().next),
                 "only what is in a cache is taken from it");
  history_slice out;
  out.first_event_id = from;
  out.next_event_id = from;
  int count = 0;
  for (const auto& e : entries_) {
    if (e.first < from || e.first >= to)
      continue;
    if (count == max_batches || (count > 0 && static_cast<std::int64_t>(out.bytes.size()) >= max_bytes)) {
      out.at_end = false;
      return out;
    }
    out.bytes += e.bytes;
    out.ends.push_back(out.bytes.size());
    out.next_event_id = e.next;
    ++count;
  }
  return out;
}

void history_cache::clear() {
  entries_.clear();
  kept_.clear();
  bytes_ = 0;
}

} // namespace cadenza::actors
