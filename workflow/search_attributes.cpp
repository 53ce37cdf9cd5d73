#include "workflow/search_attributes.hpp"

#include "messages/rfc3339.hpp"
#include "messages/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace cadenza::workflow {
namespace {

namespace api = uber::cadence::api::v1;

constexpr auto text_type = api::INDEXED_VALUE_TYPE_STRING;
constexpr auto keyword_type = api::INDEXED_VALUE_TYPE_KEYWORD;
constexpr auto int_type = api::INDEXED_VALUE_TYPE_INT;
constexpr auto double_type = api::INDEXED_VALUE_TYPE_DOUBLE;
constexpr auto bool_type = api::INDEXED_VALUE_TYPE_BOOL;
constexpr auto datetime_type = api::INDEXED_VALUE_TYPE_DATETIME;

const attribute_types& system_types() {
  static const attribute_types types = {
      {"DomainID", keyword_type},
      {"WorkflowID", keyword_type},
      {"RunID", keyword_type},
      {"WorkflowType", keyword_type},
      {"TaskList", keyword_type},
      {"CronSchedule", keyword_type},
      {"ClusterAttributeScope", keyword_type},
      {"ClusterAttributeName", keyword_type},
      {"StartTime", int_type},
      {"ExecutionTime", int_type},
      {"CloseTime", int_type},
      {"CloseStatus", int_type},
      {"HistoryLength", int_type},
      {"NumClusters", int_type},
      {"UpdateTime", int_type},
      {"ExecutionStatus", int_type},
      {"ScheduledExecutionTime", int_type},
      {"IsCron", bool_type},
  };
  return types;
}

attribute_types all_types() {
  attribute_types types = {
      {"CustomStringField", text_type},
      {"CustomKeywordField", keyword_type},
      {"CustomIntField", int_type},
      {"CustomDoubleField", double_type},
      {"CustomBoolField", bool_type},
      {"CustomDatetimeField", datetime_type},
      {"CadenceChangeVersion", keyword_type},
      {"BinaryChecksums", keyword_type},
      {"CustomDomain", text_type},
      {"Operator", text_type},
      {"CadenceScheduleID", keyword_type},
      {"CadenceScheduleState", keyword_type},
      {"CadenceScheduleCron", keyword_type},
      {"CadenceScheduleWorkflowType", keyword_type},
      {"CadenceScheduleBackfillID", keyword_type},
      {"CadenceScheduleTime", datetime_type},
      {"CadenceScheduleIsBackfill", bool_type},
  };
  types.insert(system_types().begin(), system_types().end());
  return types;
}

bool fits(const nlohmann::json& value, api::IndexedValueType type) {
  if (value.is_null())
    return true;
  switch (type) {
  case text_type:
  case keyword_type: return value.is_string();
  case int_type:
    return value.is_number_integer() &&
           !(value.is_number_unsigned() &&
             value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  case double_type: return value.is_number();
  case bool_type: return value.is_boolean();
  case datetime_type: return value.is_string() && parse_rfc3339(value.get_ref<const std::string&>()).has_value();
  default: return false;
  }
}

} // namespace

const attribute_types& default_attribute_types() {
  static const attribute_types types = all_types();
  return types;
}

bool is_system_attribute(std::string_view key) { return system_types().contains(key); }

bool is_attribute_value(std::string_view json, api::IndexedValueType type) {
  const auto value = nlohmann::json::parse(json, nullptr, false);
  if (value.is_discarded())
    return false;
  if (value.is_array())
    return std::all_of(value.begin(), value.end(), [type](const nlohmann::json& one) { return fits(one, type); });
  return fits(value, type);
}

outcome<void> validate_search_attributes(const api::SearchAttributes& attributes, const attribute_types& valid,
                                         const attribute_limits& limits) {
  const auto& fields = attributes.indexed_fields();
  if (static_cast<std::int64_t>(fields.size()) > limits.keys_max)
    return bad_request("number of keys " + std::to_string(fields.size()) + " exceed limit");

  std::vector<std::string_view> keys;
  keys.reserve(fields.size());
  for (const auto& field : fields)
    keys.push_back(field.first);
  std::sort(keys.begin(), keys.end());

  std::int64_t total = 0;
  for (const auto& view : keys) {
    const std::string key{view};
    const std::string& value = fields.at(key).data();
    if (limits.check_keys) {
      const auto known = valid.find(key);
      if (known == valid.end())
        return bad_request(utf8::excerpt(key) + " is not a valid search attribute key");
      if (!is_attribute_value(value, known->second))
        return bad_request(utf8::excerpt(value) + " is not a valid search attribute value for key " + key);
    }
    if (is_system_attribute(key))
      return bad_request(key + " is read-only Cadence reserved attribute");
    if (static_cast<std::int64_t>(value.size()) > limits.value_bytes_max)
      return bad_request("size limit exceed for key " + key);
    total += static_cast<std::int64_t>(key.size() + value.size());
  }
  if (total > limits.total_bytes_max)
    return bad_request("total size " + std::to_string(total) + " exceed limit");
  return {};
}

} // namespace cadenza::workflow
