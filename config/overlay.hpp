#pragma once

#include "config/snapshot.hpp"
#include "messages/outcome.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Documents of changes made at run time: JSON in the format of the dynamic configuration's file, as they are stored.
/// Pure functions; "" is the empty document.
namespace cadenza::config {

/// Filters of a value by name; the values are JSON texts.
using overlay_filters = std::map<std::string, std::string>;

/// One value of a key, as a JSON text, and what it is restricted to.
struct overlay_value {
  std::string value;
  overlay_filters filters;
};

/// A key and all its values.
struct overlay_entry {
  std::string key;
  std::vector<overlay_value> values;
};

/// No document grows beyond this.
inline constexpr std::size_t overlay_bytes_max = 1 << 20;

/// The document with the values of one key replaced; no values take the key away. bad_request when nobody knows the
/// key, a value is not of its type or out of range, the key has no such filter, or the document would become too large.
[[nodiscard]] outcome<std::string> with_values(const std::string& document, const std::string& key,
                                               const std::vector<overlay_value>& values);

/// The document without some values of a key: those without filters, or, when `filters` are given, those whose filters
/// are all among them. bad_request for an unknown key; entity_not_exists when the document says nothing of the key.
[[nodiscard]] outcome<std::string> without_values(const std::string& document, const std::string& key,
                                                  const std::optional<overlay_filters>& filters);

/// Everything a document says, by key; bad_request when it is none.
[[nodiscard]] outcome<std::vector<overlay_entry>> entries_of(const std::string& document);

/// The value that a document has for a key under these filters, as JSON; nothing when it has none.
[[nodiscard]] outcome<std::optional<std::string>> value_in(const std::string& document, const std::string& key,
                                                           const overlay_filters& filters);

/// The value that applies under these filters, as JSON: of run time, else of the file, else the default. Nothing for
/// keys that only Cadence needs; bad_request for unknown ones and for filters that do not exist.
[[nodiscard]] outcome<std::optional<std::string>> value_in(const snapshot& now, const std::string& key,
                                                           const overlay_filters& filters);

} // namespace cadenza::config
