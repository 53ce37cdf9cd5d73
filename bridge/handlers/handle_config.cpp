#include "bridge/checks/stored_settings.hpp"
#include "bridge/handlers/method_table.hpp"
#include "config/overlay.hpp"

namespace cadenza::bridge {

namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

namespace {

template <class T> using body = actors::engine::body<T>;
using actors::document_kind;

constexpr std::string_view service = "uber.cadence.admin.v1.AdminAPI";
constexpr auto dynamic = document_kind::dynamic_configuration;
constexpr auto operational = document_kind::operational_configuration;

outcome<std::string> json_in(const api::DataBlob& blob, const std::string& what) {
  if (blob.encoding_type() != api::ENCODING_TYPE_JSON)
    return bad_request(what + ": unsupported blob encoding; JSON is needed");
  return blob.data();
}

template <class Filters> outcome<config::overlay_filters> filters_in(const Filters& given) {
  config::overlay_filters out;
  for (const auto& one : given) {
    auto value = json_in(one.value(), one.name());
    if (!value)
      return value.error();
    if (!out.emplace(one.name(), *std::move(value)).second)
      return bad_request("filter " + one.name() + " is given twice");
  }
  return out;
}

void put_json(api::DataBlob& blob, std::string text) {
  blob.set_encoding_type(api::ENCODING_TYPE_JSON);
  blob.set_data(std::move(text));
}

/// Null: the call has been told that there is nothing to change here.
stored_settings* stored(rpc_context& context, actors::call& call) {
  if (!context.stored())
    call.reject({error_kind::unimplemented, "this server keeps no configuration"});
  return context.stored();
}

template <document_kind Which, class Request, class Response>
void get(rpc_context& context, body<Request> request, actors::call_ptr call) {
  auto* const kept = stored(context, *call);
  if (!kept)
    return;
  const auto filters = filters_in(request->filters());
  if (!filters)
    return call->reject(filters.error());
  auto found = Which == dynamic ? config::value_in(*kept->dynamic().current(), request->config_name(), *filters)
                                : config::value_in(*kept->document(Which), request->config_name(), *filters);
  // Keys that only Cadence needs have no default here: what is stored is all there is.
  if (found && !*found && Which == dynamic)
    found = config::value_in(*kept->document(Which), request->config_name(), *filters);
  if (!found)
    return call->reject(found.error());
  if (!*found)
    return call->reject(not_exists("unable to find key"));
  Response response;
  put_json(*response.mutable_value(), **std::move(found));
  call->reply(response);
}

template <document_kind Which, class Request, class Response>
void update(rpc_context& context, body<Request> request, actors::call_ptr call) {
  if (!stored(context, *call))
    return;
  std::vector<config::overlay_value> values;
  for (const auto& one : request->config_values()) {
    auto value = json_in(one.value(), request->config_name());
    if (!value)
      return call->reject(value.error());
    auto filters = filters_in(one.filters());
    if (!filters)
      return call->reject(filters.error());
    values.push_back({*std::move(value), *std::move(filters)});
  }
  actors::document_change change;
  change.document = Which;
  change.plan = [key = request->config_name(), values = std::move(values)](const std::string& now) {
    return config::with_values(now, key, values);
  };
  change.done = [call] { call->reply(Response()); };
  change.call = std::move(call);
  context.engine().change_document(std::move(change));
}

template <document_kind Which, class Request, class Response>
void restore(rpc_context& context, body<Request> request, actors::call_ptr call) {
  if (!stored(context, *call))
    return;
  std::optional<config::overlay_filters> filters;
  if (!request->filters().empty()) {
    auto read = filters_in(request->filters());
    if (!read)
      return call->reject(read.error());
    filters = *std::move(read);
  }
  actors::document_change change;
  change.document = Which;
  change.plan = [key = request->config_name(), filters = std::move(filters)](const std::string& now) {
    return config::without_values(now, key, filters);
  };
  change.done = [call] { call->reply(Response()); };
  change.call = std::move(call);
  context.engine().change_document(std::move(change));
}

template <document_kind Which, class Request, class Response>
void list(rpc_context& context, body<Request> request, actors::call_ptr call) {
  auto* const kept = stored(context, *call);
  if (!kept)
    return;
  const auto all = config::entries_of(*kept->document(Which));
  if (!all)
    return call->reject(all.error());
  // A name that nothing is stored of gives everything, as in the reference system.
  const auto& name = request->config_name();
  const bool one = std::any_of(all->begin(), all->end(), [&](const auto& entry) { return entry.key == name; });
  Response response;
  for (const auto& entry : *all) {
    if (one && entry.key != name)
      continue;
    auto& shown = *response.add_entries();
    shown.set_name(entry.key);
    for (const auto& value : entry.values) {
      auto& to = *shown.add_values();
      put_json(*to.mutable_value(), value.value);
      for (const auto& [filter, text] : value.filters) {
        auto& restriction = *to.add_filters();
        restriction.set_name(filter);
        put_json(*restriction.mutable_value(), text);
      }
    }
  }
  call->reply(response);
}

} // namespace

void add_config_methods(method_table& table) {
#define CADENZA_CONFIG_METHOD(function, which, name)                                                                   \
  table.on<admin::name##Request, &function<which, admin::name##Request, admin::name##Response>>(service, #name)
  CADENZA_CONFIG_METHOD(get, dynamic, GetDynamicConfig);
  CADENZA_CONFIG_METHOD(update, dynamic, UpdateDynamicConfig);
  CADENZA_CONFIG_METHOD(restore, dynamic, RestoreDynamicConfig);
  CADENZA_CONFIG_METHOD(list, dynamic, ListDynamicConfig);
  CADENZA_CONFIG_METHOD(get, operational, GetOperationalDynamicConfig);
  CADENZA_CONFIG_METHOD(update, operational, UpdateOperationalDynamicConfig);
  CADENZA_CONFIG_METHOD(restore, operational, RestoreOperationalDynamicConfig);
  CADENZA_CONFIG_METHOD(list, operational, ListOperationalDynamicConfig);
#undef CADENZA_CONFIG_METHOD
}

} // namespace cadenza::bridge
