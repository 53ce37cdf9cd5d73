#include "config/dynamic_keys.hpp"

#include <array>

namespace cadenza::config {

namespace {

constexpr filter_set none = 0;
constexpr filter_set by_domain = bit(filter::domain_name);
constexpr filter_set by_list = by_domain | bit(filter::task_list_name);
constexpr filter_set by_list_type = by_list | bit(filter::task_type);

constexpr auto active = key_effect::active;
constexpr auto later = key_effect::later;
constexpr auto nothing = key_effect::nothing;

constexpr key_declaration table[] = {
#define CADENZA_DYNAMIC_KEY(identifier, name, type, fallback, least, filters, effect, meaning)                         \
  {name, value_type::type, fallback, least, filters, effect, meaning},
#include "config/dynamic_keys.inc"
#undef CADENZA_DYNAMIC_KEY
};

constexpr std::array<std::string_view, filter_count> filter_names{
    "domainName",  "domainID",   "taskListName", "taskType",     "shardID",
    "clusterName", "workflowID", "workflowType", "ratelimitKey", "namespace"};

} // namespace

std::span<const key_declaration> dynamic_keys() { return table; }

std::string_view name_of(value_type type) {
  constexpr std::array<std::string_view, 7> names{"bool", "int", "float", "duration", "string", "list", "map"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view name_of(filter which) { return filter_names[static_cast<std::size_t>(which)]; }

std::optional<filter> filter_of(std::string_view name) {
  for (std::size_t i = 0; i < filter_names.size(); ++i)
    if (filter_names[i] == name)
      return static_cast<filter>(i);
  return std::nullopt;
}

} // namespace cadenza::config
