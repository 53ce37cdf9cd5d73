#include "actors/cluster/domain_feed.hpp"
#include "actors/engine/engine_state.hpp"
#include "actors/replication/events_page.hpp"
#include "actors/replication/feed_request.hpp"
#include "actors/replication/workflow_replica.hpp"
#include "actors/runs/shard_mail.hpp"
#include "messages/paging.hpp"
#include "replication/clusters.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <caf/send.hpp>

#include <utility>

/// What other clusters of the group ask this one.
namespace cadenza::actors {
namespace {

wire::v1::GreetingAnswer greeting_of(const actor_context& env) {
  wire::v1::GreetingAnswer out;
  out.set_cluster(env.clusters->group().self());
  out.set_shard_count(env.routes->shard_count());
  out.set_failover_version_increment(env.clusters->group().increment());
  return out;
}

void ask_shard(const actor_context& env, const std::string& from, wire::v1::FeedRequest asked, call_ptr call) {
  const int count = env.routes->shard_count();
  if (const auto there = check_index(asked.shard(), count, "shard"); !there)
    return call->reject(there.error());
  if (asked.shard_count() != 0 && asked.shard_count() != count)
    return call->reject(bad_request("cluster " + env.clusters->group().self() + " has " + std::to_string(count) +
                                    " shards, not " + std::to_string(asked.shard_count())));
  const auto shard = env.routes->shard(asked.shard());
  if (!shard)
    return call->reject(unavailable("the shard is not available right now"));
  auto request = std::make_shared<feed_request>();
  request->from = from;
  request->asked = std::move(asked);
  request->call = std::move(call);
  caf::anon_send(shard, make_shard_mail(std::move(request)));
}

/// Hands a request to `serve` when its bytes are what they ought to be.
template <class Request, class Serve> void parsed(const std::string& bytes, const call_ptr& call, Serve&& serve) {
  Request asked;
  if (!asked.ParseFromString(bytes))
    return call->reject(bad_request("what another cluster asks cannot be read"));
  serve(std::move(asked));
}

} // namespace

void local_engine::serve_cluster(const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call) {
  const auto& env = state_->env;
  if (!ready())
    return call->reject(unavailable("cluster " + env.clusters->group().self() + " is not ready"));
  switch (kind) {
  case cluster_kind::greeting: return call->reply(greeting_of(env));
  case cluster_kind::feed:
    return parsed<wire::v1::FeedRequest>(
        bytes, call, [&](wire::v1::FeedRequest asked) { ask_shard(env, from, std::move(asked), call); });
  case cluster_kind::events:
    return parsed<wire::v1::EventsRequest>(
        bytes, call, [&](const wire::v1::EventsRequest& asked) { answer_events(env, asked, call); });
  case cluster_kind::signals:
    return parsed<wire::v1::SignalsRequest>(
        bytes, call, [&](const wire::v1::SignalsRequest& asked) { deliver_signals(env, from, asked, call); });
  case cluster_kind::domains: return serve_domains(env, from, bytes, std::move(call));
  default:
    call->reject({error_kind::unimplemented, "cluster " + env.clusters->group().self() +
                                                 " does not know what cluster " + from + " asks (" +
                                                 std::to_string(kind) + ")"});
  }
}

} // namespace cadenza::actors
