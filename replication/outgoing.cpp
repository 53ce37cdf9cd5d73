#include "replication/outgoing.hpp"

#include "messages/invariant.hpp"

#include "workflow/version_history.hpp"
#include <algorithm>

namespace cadenza::replication {

outcome<foreign_batch> tell(const workflow::run& r, std::shared_ptr<api::History> events,
                            std::shared_ptr<api::History> new_run_events) {
  CADENZA_ASSERT(events != nullptr && !events->events().empty(), "a stored batch has events");
  const auto& last = *events->events().rbegin();
  rec::VersionItem end;
  end.set_event_id(last.event_id());
  end.set_version(last.version());
  const auto& histories = r.head().version_histories();
  const auto branch = branch_with(histories, end);
  if (!branch)
    return not_exists("Run " + r.key().run_id.str() + " has no event " + std::to_string(end.event_id()) +
                      " of version " + std::to_string(end.version()));
  auto items = workflow::duplicate_until(histories.branches(*branch), end);
  if (!items)
    return items.error();
  items->clear_branch();
  return foreign_batch{r.key(), std::move(*items), std::move(events), std::move(new_run_events)};
}

std::span<const workflow::batch> own_part(const uuid& run_id, std::span<const workflow::batch> batches) {
  const auto first = std::find_if(batches.begin(), batches.end(), [&](const workflow::batch& stored) {
    return workflow::begins_own_part(*stored, run_id);
  });
  return first == batches.end() ? batches : batches.subspan(static_cast<std::size_t>(first - batches.begin()));
}

std::optional<foreign_activity> tell_activity(const workflow::run& r, std::int64_t schedule_id) {
  const auto* activity = r.activities().find(schedule_id);
  if (r.closed() || activity == nullptr)
    return std::nullopt;
  foreign_activity out{r.key(), r.current_branch(), workflow::state_of(*activity)};
  out.items.clear_branch();
  return out;
}

} // namespace cadenza::replication
