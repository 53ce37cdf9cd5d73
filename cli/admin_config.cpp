#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/values.hpp"
#include "messages/utf8.hpp"

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
    return bad_request("value is not JSON: " + text);
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
  for (const auto& text : call.all("filter"))
    CADENZA_TRY(add_filters(json::parse(text, nullptr, false), *request.mutable_filters()));
  return request;
}

/// The two configurations of a cluster: the calls of each and how it is named in sentences.
#define CADENZA_CONFIGURATION(kind, prefix, lower_name, title_name)                                                    \
  struct kind {                                                                                                        \
    using get_request = admin::Get##prefix##DynamicConfigRequest;                                                      \
    using get_response = admin::Get##prefix##DynamicConfigResponse;                                                    \
    using update_request = admin::Update##prefix##DynamicConfigRequest;                                                \
    using update_response = admin::Update##prefix##DynamicConfigResponse;                                              \
    using restore_request = admin::Restore##prefix##DynamicConfigRequest;                                              \
    using restore_response = admin::Restore##prefix##DynamicConfigResponse;                                            \
    using list_request = admin::List##prefix##DynamicConfigRequest;                                                    \
    using list_response = admin::List##prefix##DynamicConfigResponse;                                                  \
    static std::string method(const char* verb) { return std::string("AdminAPI/") + verb + #prefix "DynamicConfig"; }  \
    static constexpr const char* name = lower_name;                                                                    \
    static constexpr const char* title = title_name;                                                                   \
  }
CADENZA_CONFIGURATION(ordinary, , "dynamic config", "Dynamic Config");
CADENZA_CONFIGURATION(operational, Operational, "operational dynamic config", "Operational Dynamic Config");
#undef CADENZA_CONFIGURATION

template <class Kind> status get(invocation& call) {
  const auto request = named_request<typename Kind::get_request>(call);
  if (!request)
    return failed("Failed to parse input filter array", request.error());
  typename Kind::get_response response;
  if (auto answer = call.call(Kind::method("Get"), *request, response); !answer)
    return failed(std::string("Failed to get ") + Kind::name + " value", answer.error());
  if (response.value().data().empty())
    call.err() << "No values stored for specified " << Kind::name << ".\n";
  else
    show_json(call, payload_json(response.value().data()));
  return {};
}

template <class Kind> status update(invocation& call) {
  typename Kind::update_request request;
  request.set_config_name(call.text("name"));
  std::string shown;
  for (const auto& text : call.all("value")) {
    auto value = value_of(text);
    if (!value)
      return failed("Unable to unmarshal value to inputValue", value.error());
    *request.add_config_values() = std::move(*value);
    shown += (shown.empty() ? "" : " ") + text;
  }
  typename Kind::update_response response;
  if (auto answer = call.call(Kind::method("Update"), request, response); !answer)
    return failed(std::string("Failed to update ") + Kind::name + " value", answer.error());
  done(call, std::string(Kind::title) + " \"" + call.text("name") + "\" updated with [" + shown + "]");
  return {};
}

/// Keys and the values that were set, by name.
template <class Kind> outcome<json> set_values(invocation& call) {
  typename Kind::list_response response;
  CADENZA_TRY(call.call(Kind::method("List"), typename Kind::list_request{}, response));
  json result = json::object();
  for (const auto& entry : response.entries()) {
    json values = json::array();
    for (const auto& value : entry.values())
      values.push_back(value_json(value));
    result[entry.name()] = std::move(values);
  }
  return result;
}

/// The values that are stored for --name, an empty list when there are none.
template <class Kind> outcome<json> stored_values(invocation& call) {
  auto all = set_values<Kind>(call);
  if (!all)
    return all.error();
  for (const auto& [name, values] : all->items())
    if (name == call.text("name"))
      return values;
  return json::array();
}

template <class Kind> status restore(invocation& call) {
  const auto request = named_request<typename Kind::restore_request>(call);
  if (!request)
    return failed("Failed to parse input filter", request.error());
  const auto before = stored_values<Kind>(call);
  typename Kind::restore_response response;
  if (auto answer = call.call(Kind::method("Restore"), *request, response); !answer)
    return failed(std::string("Failed to restore ") + Kind::name + " value", answer.error());
  const auto after = stored_values<Kind>(call);
  if (before && after && *before == *after)
    done(call, "No such setting is stored for \"" + call.text("name") + "\": nothing was restored");
  else
    done(call, std::string(Kind::title) + " \"" + call.text("name") + "\" restored");
  if (after && !after->empty())
    call.err() << counted(static_cast<std::int64_t>(after->size()), "value stays, for its own filter",
                          "values stay, each for its own filter")
               << ": " << compact(*after) << "; --filter removes one\n";
  return {};
}

json listed(const json& stored) {
  json entries = json::array();
  for (const auto& [name, values] : stored.items())
    entries.push_back({{"Name", name}, {"Values", values}});
  return entries;
}

status list_operational(invocation& call) {
  const auto stored = set_values<operational>(call);
  if (!stored)
    return failed("Failed to list operational dynamic config value(s)", stored.error());
  if (stored->empty() && !call.json())
    call.out() << "No operational dynamic config values stored to list.\n";
  else
    show_json(call, listed(*stored));
  return {};
}

std::string text_of(const json& entry, const char* key) {
  if (!entry.is_object() || !entry.contains(key))
    return {};
  return entry[key].is_string() ? entry[key].get<std::string>() : compact(entry[key]);
}

/// The value that applies everywhere, then those of domains, task lists…: "5; 7 for domainName=orders".
std::string values_of(const json& entry) {
  auto out = text_of(entry, "value");
  if (!entry.contains("restricted"))
    return out;
  for (const auto& one : entry["restricted"]) {
    out += "; " + text_of(one, "value") + " for";
    if (one.contains("constraints"))
      for (const auto& [name, value] : one["constraints"].items())
        out += " " + name + "=" + text_of(one["constraints"], name.c_str());
  }
  return out;
}

/// What a column of a table has room for; JSON output has all of it.
std::string cut(const std::string& text) {
  constexpr std::size_t most = 60;
  return text.size() <= most ? text : std::string(utf8::head(text, most - 3)) + "...";
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
  const auto stored = set_values<ordinary>(call);
  if (!stored)
    return failed("Failed to list dynamic config value(s)", stored.error());
  const auto known = known_keys(call);
  if (!known) {
    // Without the HTTP side there are still the values that were set.
    call.err() << "Defaults and meanings are not shown: " << explain(known.error()) << '\n';
    show_json(call, listed(*stored));
    return {};
  }
  row_set rows{{"Name", "Value", "Default value", "Description"}, {}};
  for (const auto& entry : *known) {
    const auto name = text_of(entry, "name");
    rows.rows.push_back({name, cut(values_of(entry)), cut(text_of(entry, "default")), text_of(entry, "description")});
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
    rows.rows.push_back({text_of(entry, "name"), text_of(entry, "description"), cut(text_of(entry, "default"))});
    rows.data.push_back({{"Name", text_of(entry, "name")},
                         {"Description", text_of(entry, "description")},
                         {"Default value", entry.contains("default") ? entry["default"] : json(nullptr)}});
  }
  return show(call, rows);
}

} // namespace

command admin_config_commands() {
  flag name{"name", "key, such as history.maximumSignalsPerExecution"};
  name.required = true;
  const flag filter{"filter", "which of the key's values: {\"domainName\":\"x\"}; may be repeated", flag_kind::list};
  flag value{"value",
             "{\"Value\":...,\"Filters\":[{\"Name\":\"domainName\",\"Value\":\"x\"}]} or the plain value; may be "
             "repeated; the key has these values then and no others ('restore' takes values away)",
             flag_kind::list};
  value.required = true;
  // As in the reference system: without filters the value for everybody goes, with filters those they match.
  command group{"config", {"c"}, "Read and change dynamic configuration"};
  group.commands = {
      {"get", {"g"}, "Show the value that applies", {name, filter}, get<ordinary>},
      {"update", {"u"}, "Set a key's values", {name, value}, update<ordinary>},
      {"restore",
       {"r"},
       "Remove the value without filters, or those that the filter matches",
       {name, filter},
       restore<ordinary>},
      {"list", {"l"}, "List the keys with value, default and meaning", {format_flag()}, list},
      {"listall", {"la"}, "List the keys with meaning and default", {format_flag()}, list_all},
      {"operational-get", {"og"}, "Show an operational value", {name, filter}, get<operational>},
      {"operational-update", {"ou"}, "Set a key's operational values", {name, value}, update<operational>},
      {"operational-restore",
       {"or"},
       "Remove operational values, as restore does",
       {name, filter},
       restore<operational>},
      {"operational-list", {"ol"}, "List the operational values that are set", {}, list_operational},
  };
  return group;
}

} // namespace cadenza::cli
