#pragma once

#include "messages/outcome.hpp"
#include "uber/cadence/api/v1/common.pb.h"
#include "uber/cadence/api/v1/visibility.pb.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace cadenza::workflow {

/// The search attributes that exist and the type of each.
using attribute_types = std::map<std::string, uber::cadence::api::v1::IndexedValueType, std::less<>>;

/// The attributes that exist unless the configuration names others: those the server fills in and those for users.
[[nodiscard]] const attribute_types& default_attribute_types();

/// Whether only the server may set the attribute.
[[nodiscard]] bool is_system_attribute(std::string_view key);

/// What one request may carry. The sizes count the bytes of the JSON values; the total counts the keys as well.
struct attribute_limits {
  int keys_max = 100;
  std::int64_t value_bytes_max = 2048;
  std::int64_t total_bytes_max = 40 << 10;
  bool check_keys = true; ///< false: unknown keys and values of the wrong type are accepted
};

/// Whether `json` is a value of the type or an array of such values. null stands for "no value" and fits every type.
[[nodiscard]] bool is_attribute_value(std::string_view json, uber::cadence::api::v1::IndexedValueType type);

/// Refuses, as bad_request, what a start, signal-with-start, upsert or continue-as-new must not carry. Keys are looked
/// at in alphabetical order, so that the same input always gets the same answer. Pure; any thread.
[[nodiscard]] outcome<void> validate_search_attributes(const uber::cadence::api::v1::SearchAttributes& attributes,
                                                       const attribute_types& valid, const attribute_limits& limits);

} // namespace cadenza::workflow
