#include "cli/commands.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"

#include "google/protobuf/descriptor.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <map>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

status search_attributes(invocation& call) {
  api::GetSearchAttributesResponse response;
  if (auto answer = call.call("VisibilityAPI/GetSearchAttributes", api::GetSearchAttributesRequest{}, response);
      !answer)
    return failed("Failed to get search attributes.", answer.error());
  std::map<std::string, std::string> sorted;
  for (const auto& [key, type] : response.keys()) {
    const auto* known = api::IndexedValueType_descriptor()->FindValueByNumber(type);
    sorted[key] = known == nullptr ? std::to_string(type) : enum_name(*known);
  }
  row_set rows{{"Key", "Value type"}, {}};
  for (const auto& [key, type] : sorted) {
    rows.rows.push_back({key, type});
    rows.data.push_back({{"Key", key}, {"ValueType", type}});
  }
  return show(call, rows);
}

} // namespace

command cluster_commands() {
  command group{"cluster", {"cl"}, "Operate the cluster"};
  group.commands = {
      {"get-search-attr", {}, "List the search attributes and their types", {format_flag()}, search_attributes}};
  return group;
}

} // namespace cadenza::cli
