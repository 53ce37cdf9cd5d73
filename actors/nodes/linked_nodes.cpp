#include "actors/nodes/linked_nodes.hpp"

#include "actors/nodes/link_kinds.hpp"
#include "messages/invariant.hpp"
#include "messages/shard_hash.hpp"

#include "cadenza/record/v1/matching_message.pb.h"
#include "cadenza/record/v1/run_message.pb.h"

#include <utility>

namespace cadenza::actors {

std::string placement_key(const storage::task_list_key& list) {
  return list.domain_id.raw() + static_cast<char>('0' + list.type) + list.name;
}

linked_nodes::linked_nodes(const cluster_views& views, const node_links& links,
                           std::function<void(matching_message_ptr)> deliver)
  : views_(views), links_(links), deliver_(std::move(deliver)) {
  CADENZA_ASSERT(deliver_, "somebody takes what turns out to be for this node");
}

bool linked_nodes::list_is_far(const storage::task_list_key& list) const {
  const auto view = views_.get();
  const auto* owner = view->owner_of_list(placement_key(list));
  return owner == nullptr || owner->name != view->self();
}

bool linked_nodes::run_is_far(const workflow_key& workflow) const {
  const auto view = views_.get();
  const auto* owner = view->owner_of_shard(shard_of(workflow.workflow_id, view->shard_count()));
  return owner != nullptr && owner->name != view->self();
}

list_place linked_nodes::place_of(const storage::task_list_key& list) const {
  const auto view = views_.get();
  const auto* owner = view->owner_of_list(placement_key(list));
  return owner != nullptr ? list_place{owner->name, owner->incarnation} : list_place{};
}

void linked_nodes::carry(matching_message_ptr message) {
  const auto view = views_.get();
  std::string to = message->has_to() ? message->to().node() : message->node();
  if (to.empty()) {
    const auto& list = message->list();
    const auto* owner =
        message->has_run()
            ? view->owner_of_shard(shard_of(message->run().workflow_id(), view->shard_count()))
            : view->owner_of_list(placement_key({uuid::from_raw(list.domain_id()), list.name(), list.type()}));
    if (owner == nullptr)
      return; // lost, as any message may be
    to = owner->name;
  }
  if (to == view->self())
    return deliver_(std::move(message));
  links_.ask(to, {link_kind::matching_message, message->SerializeAsString(), false, nullptr});
}

bool linked_nodes::carried(const run_message_ptr& message) {
  const auto view = views_.get();
  const int shard = shard_of(message->to().workflow_id(), view->shard_count());
  if (view->shard_is_here(shard))
    return false;
  if (const auto* owner = view->owner_of_shard(shard))
    links_.ask(owner->name, {link_kind::run_message, message->SerializeAsString(), false, nullptr});
  return true;
}

void linked_nodes::tell(cluster_news what) {
  links_.tell_all(what == cluster_news::domains ? link_kind::domains_changed : link_kind::documents_changed, {});
}

} // namespace cadenza::actors
