#include "actors/base/configured_attributes.hpp"

#include "config/scalar.hpp"
#include "workflow/search_attributes.hpp"

#include <cctype>

namespace cadenza::actors {

namespace {

/// A type as the configuration spells it: 0 string, 1 keyword, 2 int, 3 double, 4 bool, 5 datetime, or the word.
std::optional<uber::cadence::api::v1::IndexedValueType> attribute_type_of(const std::string& text) {
  if (const auto number = config::parse_int(text)) {
    const auto type = *number + 1;
    if (*number < 0 || !uber::cadence::api::v1::IndexedValueType_IsValid(static_cast<int>(type)))
      return std::nullopt;
    return static_cast<uber::cadence::api::v1::IndexedValueType>(type);
  }
  std::string word = "INDEXED_VALUE_TYPE_";
  for (const char c : text)
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  uber::cadence::api::v1::IndexedValueType out{};
  if (!uber::cadence::api::v1::IndexedValueType_Parse(word, &out) || out == 0)
    return std::nullopt;
  return out;
}

} // namespace

std::shared_ptr<const workflow::attribute_types> configured_attributes::types() const {
  const auto now = from_.current();
  const std::lock_guard guard(mutex_);
  if (types_ && now->version() == version_)
    return types_;
  auto out = std::make_shared<workflow::attribute_types>();
  for (const auto& [key, type] : now->get(config::keys::frontend_valid_search_attributes).entries)
    if (const auto known = attribute_type_of(type.text))
      out->insert_or_assign(key, *known);
  // What the server fills in exists whatever the configuration says; of which type it is told is the configuration's.
  for (const auto& [key, type] : workflow::default_attribute_types())
    if (workflow::is_system_attribute(key))
      out->emplace(key, type);
  types_ = std::move(out);
  version_ = now->version();
  return types_;
}

} // namespace cadenza::actors
