#include "replication/activities.hpp"

#include "workflow/version_history.hpp"

namespace cadenza::replication {
namespace {

/// What must come before the activity's state means anything here; nothing: it can be looked at. `ignore`: it is of a
/// history that has lost.
struct order {
  std::optional<event_range> missing;
  bool ignore = false;
};

outcome<order> compare(const workflow::run& r, const foreign_activity& told) {
  const auto& own = r.current_branch();
  const auto shared = workflow::lowest_common_ancestor(own, told.items);
  if (!shared)
    return shared.error();
  const auto shared_id = shared->event_id();
  const bool within = shared_id == workflow::last_event_id(own) || shared_id == workflow::last_event_id(told.items);
  order out;
  event_range behind;
  behind.after = *shared;
  if (within) {
    if (told.state.schedule_id > shared_id)
      out.missing = behind;
    return out;
  }
  if (workflow::last_version(told.items) > workflow::last_version(own))
    out.missing = behind;
  else
    out.ignore = true;
  return out;
}

} // namespace

outcome<activity_applied> apply(const foreign_activity& told, workflow::run* r, workflow::event_source& events,
                                const workflow::environment& env, const cluster_group& group,
                                workflow::task_id_source& ids) {
  activity_applied out;
  if (r == nullptr || r->closed())
    return out;
  const auto order = compare(*r, told);
  if (!order)
    return order.error();
  if (order->missing) {
    out.what = activity_applied::kind::missing;
    out.missing = *order->missing;
    return out;
  }
  const auto* activity = r->activities().find(told.state.schedule_id);
  if (order->ignore || activity == nullptr || !activity->has_retry_policy() ||
      !workflow::is_news(*activity, told.state))
    return out;
  const bool same_cluster = group.same_cluster(activity->version(), told.state.version);
  const auto writer = workflow::at_version(env, r->last_write_version());
  workflow::transaction tx(*r, writer, events);
  tx.write_passively();
  workflow::take_over_activity(tx, told.state, same_cluster);
  auto made = tx.close(ids);
  if (!made)
    return made.error();
  made->current.reset();
  out.what = activity_applied::kind::written;
  out.made = std::move(*made);
  return out;
}

} // namespace cadenza::replication
