#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <iterator>
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
  };
  for (const auto& [name, alias] : {std::pair{"failover", "fo"}, {"failover_fast", "fof"}, {"rebalance", "rb"}})
    group.commands.push_back(absent_command(
        name, {alias}, "Moving all domains is not built yet; 'cadenza domain failover' moves one domain."));
  return group;
}

} // namespace cadenza::cli
