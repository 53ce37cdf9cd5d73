#include "actors/base/actor_context.hpp"
#include "messages/invariant.hpp"

#include "messages/shard_hash.hpp"

namespace cadenza::actors {

router::router(int shard_count) : shard_count_(shard_count) {
  CADENZA_ASSERT(shard_count > 0, "a cluster has a shard at least");
  auto first = std::make_shared<table>();
  first->shards.resize(static_cast<std::size_t>(shard_count));
  table_.store(std::move(first));
}

caf::actor router::shard(int index) const {
  CADENZA_ASSERT(index >= 0 && index < shard_count_,
                 "a request goes to a shard that there is; shard " + std::to_string(index));
  return table_.load()->shards[static_cast<std::size_t>(index)];
}

caf::actor router::shard_of(const std::string& workflow_id) const {
  return shard(cadenza::shard_of(workflow_id, shard_count_));
}

caf::actor router::matching() const { return table_.load()->matching; }
caf::actor router::visibility() const { return table_.load()->visibility; }
caf::actor router::domains() const { return table_.load()->domains; }
caf::actor router::documents() const { return table_.load()->documents; }

template <class Change> void router::update(Change&& change) {
  auto old = table_.load();
  for (;;) {
    auto next = std::make_shared<table>(*old);
    change(*next);
    if (table_.compare_exchange_strong(old, std::move(next)))
      return;
  }
}

void router::set_shard(int index, caf::actor handle) {
  CADENZA_ASSERT(index >= 0 && index < shard_count_,
                 "a shard is one of those that the cluster has; shard " + std::to_string(index));
  update([&](table& t) { t.shards[static_cast<std::size_t>(index)] = handle; });
}
void router::set_matching(caf::actor handle) {
  update([&](table& t) { t.matching = handle; });
}
void router::set_visibility(caf::actor handle) {
  update([&](table& t) { t.visibility = handle; });
}
void router::set_documents(caf::actor handle) {
  update([&](table& t) { t.documents = handle; });
}
void router::set_domains(caf::actor handle) {
  update([&](table& t) { t.domains = handle; });
}

} // namespace cadenza::actors
