#include "server/serve_cluster.hpp"

#include "server/serve_parts.hpp"

namespace cadenza {
namespace {

using nlohmann::json;

json to_json(const actors::node_card& card, int shards) {
  return {{"name", card.name},
          {"grpc", card.grpc_address},
          {"http", card.http_address},
          {"link", card.link_address},
          {"roles", actors::text_of_roles(card.roles)},
          {"draining", card.draining},
          {"build", card.build},
          {"started_ns", card.started_ns},
          {"shards", shards}};
}

bridge::http_response tell(const actors::cluster_view& view) {
  auto shards = json::array();
  for (int shard = 0; shard < view.shard_count(); ++shard) {
    const auto* owner = view.owner_of_shard(shard);
    shards.push_back(owner == nullptr ? std::string() : owner->name);
  }
  auto members = json::array();
  const auto shares = view.shares();
  for (const auto& member : view.members())
    members.push_back(to_json(member, shares.at(member.name)));
  return json_reply({{"self", view.self()},
                     {"member", view.self_belongs()},
                     {"members", std::move(members)},
                     {"shards", std::move(shards)}});
}

} // namespace

void add_cluster_routes(bridge::http_server& to, const node_part* node, int shard_count, const std::string& alone_as) {
  if (node != nullptr) {
    to.add_route("GET", "/admin/cluster", [node](const bridge::http_request&) { return tell(*node->view()); });
    return;
  }
  actors::node_card card;
  card.name = card.grpc_address = alone_as;
  card.build = CADENZA_VERSION;
  auto view = std::make_shared<const actors::cluster_view>(1, card.name, std::vector{card}, shard_count);
  to.add_route("GET", "/admin/cluster", [view](const bridge::http_request&) { return tell(*view); });
}

} // namespace cadenza
