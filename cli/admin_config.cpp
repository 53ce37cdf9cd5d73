#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

api::DataBlob blob_of(const json& value) {
  api::DataBlob blob;
  blob.set_encoding_type(api::ENCODING_TYPE_JSON);
  blob.set_data(compact(value));
  return blob;
}

/// `{"domainName":"x", …}` as the contract's filters.
template <class Filters> outcome<void> add_filters(const json& given, Filters& filters) {
  if (!given.is_object())
    return bad_request("a filter is a JSON object, as {\"domainName\":\"x\"}");
  for (const auto& [name, value] : given.items()) {
    auto& filter = *filters.Add();
    filter.set_name(name);
    *filter.mutable_value() = blob_of(value);
  }
  return {};
}

/// `{"Value":…,"Filters":[{"Name":…,"Value":…}, …]}` as the contract's value. A plain JSON value has no filters.
outcome<admin::DynamicConfigValue> value_of(const std::string& text) {
  const auto document = json::parse(text, nullptr, false);
  if (document.is_discarded())
    return bad_request("value is no JSON: " + text);
  admin::DynamicConfigValue result;
  if (!document.is_object() || !document.contains("Value")) {
    *result.mutable_value() = blob_of(document);
    return result;
  }
  *result.mutable_value() = blob_of(document["Value"]);
  if (!document.contains("Filters") || document["Filters"].is_null())
    return result;
  if (!document["Filters"].is_array())
    return bad_request("\"Filters\" is no JSON array");
  for (const auto& filter : document["Filters"]) {
    if (!filter.is_object() || !filter.contains("Name") || !filter["Name"].is_string() || !filter.contains("Value")) {
      CADENZA_TRY(add_filters(filter, *result.mutable_filters()));
      continue;
    }
    auto& added = *result.add_filters();
    added.set_name(filter["Name"].get<std::string>());
    *added.mutable_value() = blob_of(filter["Value"]);
  }
  return result;
}

json value_json(const admin::DynamicConfigValue& value) {
  json filters = json::array();
  for (const auto& filter : value.filters())
    filters.push_back({{"Name", filter.name()}, {"Value", payload_json(filter.value().data())}});
  return {{"Value", payload_json(value.value().data())}, {"Filters", filters}};
}

template <class Request> outcome<Request> named_request(const invocation& call) {
  Request request;
  request.set_config_name(call.text("name"));
  if (!call.text("filter").empty()) {
    const auto filter = json::parse(call.text("filter"), nullptr, false);
    CADENZA_TRY(add_filters(filter, *request.mutable_filters()));
  }
  return request;
}

status get(invocation& call) {
  const auto request = named_request<admin::GetDynamicConfigRequest>(call);
  if (!request)
    return failed("Failed to parse input filter array", request.error());
  admin::GetDynamicConfigResponse response;
  if (auto answer = call.call("AdminAPI/GetDynamicConfig", *request, response); !answer)
    return failed("Failed to get dynamic config value", answer.error());
  if (response.value().data().empty())
    call.err() << "No values stored for specified dynamic config.\n";
  else
    show_json(call, payload_json(response.value().data()));
  return {};
}

status update(invocation& call) {
  admin::UpdateDynamicConfigRequest request;
  request.set_config_name(call.text("name"));
  std::string shown;
  for (const auto& text : call.all("value")) {
    auto value = value_of(text);
    if (!value)
      return failed("Unable to unmarshal value to inputValue", value.error());
    *request.add_config_values() = std::move(*value);
    shown += (shown.empty() ? "" : " ") + text;
  }
  admin::UpdateDynamicConfigResponse response;
  if (auto answer = call.call("AdminAPI/UpdateDynamicConfig", request, response); !answer)
    return failed("Failed to update dynamic config value", answer.error());
  done(call, "Dynamic Config \"" + call.text("name") + "\" updated with [" + shown + "]");
  return {};
}

status restore(invocation& call) {
  const auto request = named_request<admin::RestoreDynamicConfigRequest>(call);
  if (!request)
    return failed("Failed to parse input filter", request.error());
  admin::RestoreDynamicConfigResponse response;
  if (auto answer = call.call("AdminAPI/RestoreDynamicConfig", *request, response); !answer)
    return failed("Failed to restore dynamic config value", answer.error());
  done(call, "Dynamic Config \"" + call.text("name") + "\" restored");
  return {};
}

/// Keys and the values that were set, by name.
outcome<json> set_values(invocation& call) {
  admin::ListDynamicConfigResponse response;
  CADENZA_TRY(call.call("AdminAPI/ListDynamicConfig", admin::ListDynamicConfigRequest{}, response));
  json result = json::object();
  for (const auto& entry : response.entries()) {
    json values = json::array();
    for (const auto& value : entry.values())
      values.push_back(value_json(value));
    result[entry.name()] = std::move(values);
  }
  return result;
}

std::string text_of(const json& entry, const char* key) {
  if (!entry.is_object() || !entry.contains(key))
    return {};
  return entry[key].is_string() ? entry[key].get<std::string>() : compact(entry[key]);
}

/// What the server says it knows: [{name, type, default, value, description, filters}].
outcome<json> known_keys(invocation& call) {
  auto answer = http_json(call.http_address(), http_verb::get, "/admin/config", call.timeout());
  if (!answer)
    return answer.error();
  auto keys = rows_of(*answer, "config");
  if (keys.is_null())
    return internal_error("the server's list of configuration keys cannot be read");
  return keys;
}

status list(invocation& call) {
  const auto stored = set_values(call);
  if (!stored)
    return failed("Failed to list dynamic config value(s)", stored.error());
  const auto known = known_keys(call);
  if (!known) {
    // Without the HTTP side there are still the values that were set.
    call.err() << "Defaults and meanings are not shown: " << explain(known.error()) << '\n';
    json entries = json::array();
    for (const auto& [name, values] : stored->items())
      entries.push_back({{"Name", name}, {"Values", values}});
    show_json(call, entries);
    return {};
  }
  row_set rows{{"Name", "Value", "Default value", "Description"}, {}};
  for (const auto& entry : *known) {
    const auto name = text_of(entry, "name");
    rows.rows.push_back({name, text_of(entry, "value"), text_of(entry, "default"), text_of(entry, "description")});
    json row = entry;
    row["stored"] = stored->contains(name) ? (*stored)[name] : json::array();
    rows.data.push_back(std::move(row));
  }
  return show(call, rows);
}

status list_all(invocation& call) {
  const auto known = known_keys(call);
  if (!known)
    return failed("Failed to list dynamic config keys", known.error());
  row_set rows{{"Name", "Description", "Default value"}, {}};
  for (const auto& entry : *known) {
    rows.rows.push_back({text_of(entry, "name"), text_of(entry, "description"), text_of(entry, "default")});
    rows.data.push_back({{"Name", text_of(entry, "name")},
                         {"Description", text_of(entry, "description")},
                         {"Default value", entry.contains("default") ? entry["default"] : json(nullptr)}});
  }
  return show(call, rows);
}

} // namespace

command admin_config_commands() {
  flag name{"name", "key, as history.maximumSignalsPerExecution"};
  name.required = true;
  const flag filter{"filter", "which of the key's values: {\"domainName\":\"x\"}"};
  flag value{"value", "{\"Value\":...,\"Filters\":[{\"Name\":\"domainName\",\"Value\":\"x\"}]}; may be repeated",
             flag_kind::list};
  value.required = true;
  command group{"config", {"c"}, "Read and change dynamic configuration"};
  group.commands = {
      {"get", {"g"}, "Show the value that applies", {name, filter}, get},
      {"update", {"u"}, "Set a key's values", {name, value}, update},
      {"restore", {"r"}, "Take a key's values back to the default", {name, filter}, restore},
      {"list", {"l"}, "List the keys with value, default and meaning", {format_flag()}, list},
      {"listall", {"la"}, "List the keys with meaning and default", {format_flag()}, list_all},
  };
  return group;
}

} // namespace cadenza::cli
