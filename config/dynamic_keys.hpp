#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// The keys of dynamic configuration, generated from the table in dynamic_keys.inc.
namespace cadenza::config {

struct tree;

enum class value_type { boolean, integer, number, duration, text, list, map };
[[nodiscard]] std::string_view name_of(value_type type);

/// What a value can be restricted to.
enum class filter : std::uint8_t {
  domain_name,
  domain_id,
  task_list_name,
  task_type, ///< 0: decision, 1: activity
  shard_id,
  cluster_name,
  workflow_id,
  workflow_type,
  ratelimit_key,
  entity_namespace, ///< "namespace"
};
inline constexpr std::size_t filter_count = 10;
/// As files spell it: "domainName".
[[nodiscard]] std::string_view name_of(filter which);
[[nodiscard]] std::optional<filter> filter_of(std::string_view name);

/// A set of filters, one bit each.
using filter_set = std::uint16_t;
[[nodiscard]] constexpr filter_set bit(filter which) {
  return static_cast<filter_set>(1u << static_cast<unsigned>(which));
}

/// Whether the server acts on a key: it does, a later version may, or there is nothing here that it could govern.
enum class key_effect { active, later, nothing };

struct key_declaration {
  std::string_view name; ///< "frontend.rps"
  value_type type;
  std::string_view fallback; ///< as a file would spell it; lists and maps as JSON
  std::int64_t least;        ///< smallest number allowed
  filter_set filters;        ///< what its values can be restricted to
  key_effect effect;
  std::string_view meaning;
};

/// All keys; a key's index is its place here.
[[nodiscard]] std::span<const key_declaration> dynamic_keys();

/// A key whose values are of type T: bool, std::int64_t, double, std::chrono::nanoseconds, std::string_view or tree.
template <class T> struct key {
  std::uint16_t index;
  [[nodiscard]] const key_declaration& declaration() const { return dynamic_keys()[index]; }
};

/// Stands for "no limit" in keys that are rates.
inline constexpr std::int64_t unlimited_rps = INT32_MAX;

namespace keys::detail {
enum : std::uint16_t {
#define CADENZA_DYNAMIC_KEY(identifier, name, type, fallback, least, filters, effect, meaning) index_##identifier,
#include "config/dynamic_keys.inc"
#undef CADENZA_DYNAMIC_KEY
};
using boolean = bool;
using integer = std::int64_t;
using number = double;
using duration = std::chrono::nanoseconds;
using text = std::string_view;
using list = tree;
using map = tree;
} // namespace keys::detail

/// One typed key per row of the table: keys::frontend_rps.
namespace keys {
#define CADENZA_DYNAMIC_KEY(identifier, name, type, fallback, least, filters, effect, meaning)                         \
  inline constexpr key<detail::type> identifier{detail::index_##identifier};
#include "config/dynamic_keys.inc"
#undef CADENZA_DYNAMIC_KEY
} // namespace keys

/// A key that Cadence knows and that nothing here needs: its values are checked for their type and then left alone.
struct foreign_key {
  std::string_view name;
  value_type type;
};
[[nodiscard]] std::span<const foreign_key> foreign_keys();

} // namespace cadenza::config
