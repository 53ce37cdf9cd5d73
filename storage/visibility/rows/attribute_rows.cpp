#include "storage/visibility/rows/attribute_rows.hpp"

#include "messages/rfc3339.hpp"

#include <nlohmann/json.hpp>

namespace cadenza::storage::visibility {
namespace {

void add_rows(std::string_view key, const nlohmann::json& value, std::vector<attribute_row>& rows) {
  using kind = nlohmann::json::value_t;
  switch (value.type()) {
  case kind::boolean: rows.push_back({key, std::int64_t{value.get<bool>()}}); break;
  case kind::number_integer: rows.push_back({key, value.get<std::int64_t>()}); break;
  case kind::number_unsigned:
    if (value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
      rows.push_back({key, value.get<double>()});
    else
      rows.push_back({key, value.get<std::int64_t>()});
    break;
  case kind::number_float: rows.push_back({key, value.get<double>()}); break;
  case kind::string: {
    const auto& text = value.get_ref<const std::string&>();
    rows.push_back({key, text});
    if (const auto time_ns = workflow::parse_rfc3339(text))
      rows.push_back({key, *time_ns});
    break;
  }
  default: break;
  }
}

/// FNV-1a.
void mix(std::uint64_t& hash, std::string_view bytes) {
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
}

} // namespace

std::vector<attribute_row> attribute_rows(const uber::cadence::api::v1::SearchAttributes& attributes) {
  std::vector<attribute_row> rows;
  for (const auto& [key, payload] : attributes.indexed_fields()) {
    const auto value = nlohmann::json::parse(payload.data(), nullptr, false);
    if (value.is_discarded())
      continue;
    if (value.is_array())
      for (const auto& one : value)
        add_rows(key, one, rows);
    else
      add_rows(key, value, rows);
  }
  return rows;
}

std::int64_t attributes_hash(const uber::cadence::api::v1::SearchAttributes& attributes) {
  // A sum over the fields, because their order in the message means nothing.
  std::uint64_t sum = 0;
  for (const auto& [key, payload] : attributes.indexed_fields()) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    mix(hash, key);
    mix(hash, std::string_view{"\0", 1});
    mix(hash, payload.data());
    sum += hash;
  }
  return static_cast<std::int64_t>(attributes.indexed_fields().empty() ? 0 : sum | 1);
}

} // namespace cadenza::storage::visibility
