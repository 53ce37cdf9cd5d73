#include "workflow/pending_index.hpp"

#include "messages/invariant.hpp"

namespace cadenza::workflow {

void activity_index::added(std::int64_t schedule_id, const record::v1::PendingActivity& activity) {
  by_activity_id_.emplace(activity.activity_id(), schedule_id);
  out_of_place_.insert(schedule_id);
}

void activity_index::removed(std::int64_t schedule_id, const record::v1::PendingActivity& activity) {
  const auto [begin, end] = by_activity_id_.equal_range(activity.activity_id());
  const auto found = std::find_if(begin, end, [&](const auto& item) { return item.second == schedule_id; });
  if (found != end)
    by_activity_id_.erase(found);
  if (out_of_place_.erase(schedule_id) == 0)
    deadlines_.erase(earliest(schedule_id, activity));
}

void activity_index::before_edit(std::int64_t schedule_id, const record::v1::PendingActivity& activity) {
  if (!out_of_place_.insert(schedule_id).second)
    return;
  const auto taken_out = deadlines_.erase(earliest(schedule_id, activity));
  CADENZA_ASSERT(taken_out == 1, "an activity that was not edited stands among the deadlines where it was put");
}

std::optional<std::int64_t> activity_index::first_of(const std::string& activity_id) const {
  std::optional<std::int64_t> out;
  const auto [begin, end] = by_activity_id_.equal_range(activity_id);
  for (auto i = begin; i != end; ++i)
    out = std::min(out.value_or(i->second), i->second);
  return out;
}

std::optional<std::int64_t> activity_index::last_of(const std::string& activity_id) const {
  std::optional<std::int64_t> out;
  const auto [begin, end] = by_activity_id_.equal_range(activity_id);
  for (auto i = begin; i != end; ++i)
    out = std::max(out.value_or(i->second), i->second);
  return out;
}

activity_deadline activity_index::earliest(std::int64_t schedule_id, const record::v1::PendingActivity& activity) {
  std::optional<activity_deadline> first;
  for_each_deadline(schedule_id, activity, [&](const activity_deadline& d) {
    if (!first || d < *first)
      first = d;
  });
  return *first;
}

void timer_index::added(const std::string& id, const record::v1::PendingTimer& timer) {
  by_expiry_.emplace(timer.expiry_ns(), timer.started_id(), id);
  by_started_id_.insert_or_assign(timer.started_id(), id);
}

void timer_index::removed(const std::string& id, const record::v1::PendingTimer& timer) {
  by_expiry_.erase(entry{timer.expiry_ns(), timer.started_id(), id});
  const auto found = by_started_id_.find(timer.started_id());
  if (found != by_started_id_.end() && found->second == id)
    by_started_id_.erase(found);
}

const std::string* timer_index::by_started_id(std::int64_t started_id) const {
  const auto found = by_started_id_.find(started_id);
  return found == by_started_id_.end() ? nullptr : &found->second;
}

} // namespace cadenza::workflow
