#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <iterator>
#include <map>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

status describe_cluster(invocation& call) {
  admin::DescribeClusterResponse response;
  if (auto answer = call.call("AdminAPI/DescribeCluster", admin::DescribeClusterRequest{}, response); !answer)
    return failed("Operation DescribeCluster failed.", answer.error());
  show_json(call, to_json(response, json_style::readable));
  return {};
}

outcome<json> cluster_of(invocation& call) {
  auto answer = http_json(call.http_address(), http_verb::get, "/admin/cluster", call.timeout());
  if (!answer)
    return answer.error();
  const auto has = [&](const char* key) { return answer->contains(key) && (*answer)[key].is_array(); };
  if (!answer->is_object() || !has("members") || !has("shards"))
    return internal_error("the server's members of the cluster cannot be read");
  return answer;
}

std::string text_in(const json& row, const char* key) {
  return row.is_object() && row.contains(key) && row[key].is_string() ? row[key].get<std::string>() : std::string();
}

status list_members(invocation& call) {
  const auto cluster = cluster_of(call);
  if (!cluster)
    return failed("Cannot list the members of the cluster.", cluster.error());
  row_set rows{{"Node", "State", "Roles", "Shards", "gRPC", "HTTP", "Other nodes", "Version"}, {}};
  for (const auto& one : (*cluster)["members"]) {
    const bool draining = one.is_object() && one.contains("draining") && one["draining"] == true;
    const auto shards = one.is_object() && one.contains("shards") ? one["shards"].dump() : "0";
    rows.rows.push_back({text_in(one, "name"), draining ? "draining" : "member", text_in(one, "roles"), shards,
                         text_in(one, "grpc"), text_in(one, "http"), text_in(one, "link"), text_in(one, "build")});
    rows.data.push_back(one);
  }
  return show(call, rows);
}

status list_placed_shards(invocation& call) {
  const auto cluster = cluster_of(call);
  if (!cluster)
    return failed("Cannot list where shards are placed.", cluster.error());
  std::map<std::string, std::string> addresses;
  for (const auto& one : (*cluster)["members"])
    addresses[text_in(one, "name")] = text_in(one, "grpc");
  row_set rows{{"Shard", "Node", "gRPC"}, {}};
  int number = 0;
  for (const auto& one : (*cluster)["shards"]) {
    const auto node = one.is_string() ? one.get<std::string>() : std::string();
    const auto shard = number++;
    if (call.given("node") && node != call.text("node"))
      continue;
    rows.rows.push_back({std::to_string(shard), node.empty() ? "(nobody)" : node, addresses[node]});
    rows.data.push_back({{"shard", shard}, {"node", node}, {"grpc", addresses[node]}});
  }
  return show(call, rows);
}

status add_search_attribute(invocation& call) {
  static constexpr const char* types[] = {"String", "Keyword", "Int", "Double", "Bool", "Datetime"};
  const auto type = call.number("search_attr_type");
  const auto& key = call.text("search_attr_key");
  if (type < 0 || type >= static_cast<std::int64_t>(std::size(types)))
    return problem{"Unknown Search Attributes value type.", "0 to 5"};
  if (!call.on("yes") && !confirmed(call, "Are you trying to add key [" + key + "] with Type [" +
                                              types[static_cast<std::size_t>(type)] + "]?")) {
    return problem{"Nothing added", "nothing but yes adds it; --yes does not ask"};
  }
  admin::AddSearchAttributeRequest request;
  (*request.mutable_search_attribute())[key] = static_cast<api::IndexedValueType>(type + 1);
  request.set_security_token(call.text("security_token"));
  admin::AddSearchAttributeResponse response;
  if (auto answer = call.call("AdminAPI/AddSearchAttribute", request, response); !answer)
    return failed("Add search attribute failed.", answer.error());
  done(call, "Success.");
  return {};
}

} // namespace

command admin_cluster_commands() {
  flag key{"search_attr_key", "name of the attribute"};
  key.required = true;
  flag type{"search_attr_type", "0 String, 1 Keyword, 2 Int, 3 Double, 4 Bool, 5 Datetime", flag_kind::number};
  type.required = true;
  command group{"cluster", {"cl"}, "Inspect the cluster"};
  group.commands = {
      {"add-search-attr",
       {"asa"},
       "Add a search attribute",
       {key,
        type,
        {"security_token,st", "token, if the server requires one"},
        {"yes,y", "do not ask", flag_kind::toggle}},
       add_search_attribute},
      {"describe", {"d"}, "Show the cluster's hosts, stores and client versions", {}, describe_cluster},
      {"members", {"m"}, "List the nodes of the cluster, as the server that is asked knows them", {}, list_members},
      {"shards",
       {"s"},
       "List which node each history shard is placed on",
       {{"node", "only those of the node of this name"}},
       list_placed_shards},
  };
  for (const auto& [name, alias] : {std::pair{"failover", "fo"}, {"failover_fast", "fof"}, {"rebalance", "rb"}})
    group.commands.push_back(absent_command(
        name, {alias}, "Moving all domains is not built yet; 'cadenza domain failover' moves one domain."));
  return group;
}

} // namespace cadenza::cli
