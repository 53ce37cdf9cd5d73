#include "replication/activities.hpp"

#include "workflow/version_history.hpp"

#include <algorithm>

namespace cadenza::replication {
namespace {

/// What must come before the activity's state means anything here; nothing: it can be looked at. `ignore`: it is of a
/// history that has lost.
struct order {
  event_range behind; ///< what both have
  bool missing = false;
  bool ignore = false;
};

/// Of an activity whose start is an event, and not here yet: that may be on a history that is still to lose, so nothing
/// is known of the activity before it comes.
bool starts(const workflow::run& r, const foreign_activity& told) {
  const auto* activity = r.activities().find(told.state.schedule_id);
  return activity != nullptr && !activity->has_retry_policy() && activity->started_id() == no_event_id &&
         told.state.started_id != no_event_id;
}

outcome<order> compare(const workflow::run& r, const foreign_activity& told) {
  const auto& own = r.current_branch();
  const auto shared = workflow::lowest_common_ancestor(own, told.items);
  if (!shared)
    return shared.error();
  const auto shared_id = shared->event_id();
  const bool within = shared_id == workflow::last_event_id(own) || shared_id == workflow::last_event_id(told.items);
  order out;
  out.behind.after = *shared;
  // A later version comes first even where it only goes on from here: the own branch may still go another way, and
  // would leave behind what is taken over now.
  if (workflow::last_version(told.items) > workflow::last_version(own))
    out.missing = true;
  else if (!within)
    // Unless it is told by a version later than anything written here: whoever goes over to this history keeps that.
    out.ignore = told.state.schedule_id > shared_id || told.state.version <= r.last_write_version() || starts(r, told);
  else if (told.state.schedule_id > shared_id)
    out.missing = true;
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
  const auto* activity = r->activities().find(told.state.schedule_id);
  if (order->missing || (!order->ignore && starts(*r, told))) {
    out.what = activity_applied::kind::missing;
    out.missing = order->behind;
    return out;
  }
  if (order->ignore || activity == nullptr || !workflow::is_news(*activity, told.state))
    return out;
  const bool same_cluster = group.same_cluster(activity->version(), told.state.version);
  const auto writer = workflow::at_version(env, std::max(r->last_write_version(), told.state.version));
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
