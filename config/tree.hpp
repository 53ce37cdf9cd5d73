#pragma once

#include "messages/outcome.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cadenza::config {

/// Where something stands in a file; lines and columns count from 1. `line == 0`: not from a file.
struct mark {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;

  /// "file:line:column", or "defaults".
  [[nodiscard]] std::string text() const;
};

/// A YAML or JSON value that remembers where it was written. Keys keep their order.
struct tree {
  enum class kind { null, scalar, list, map };

  kind type = kind::null;
  std::string text{};                                  ///< of a scalar
  bool quoted = false;                                 ///< a scalar in quotes is never a number, bool or null
  std::vector<tree> items{};                           ///< of a list
  std::vector<std::pair<std::string, tree>> entries{}; ///< of a map
  mark at{};

  [[nodiscard]] const tree* find(std::string_view key) const;
  [[nodiscard]] tree* find(std::string_view key);
  /// By keys separated by dots; null when any of them is missing. Keys that hold dots cannot be found this way.
  [[nodiscard]] const tree* find_path(std::string_view path) const;
  /// The map entry of that name, made when missing. Turns a null into a map.
  tree& child(std::string_view key);

  static tree scalar(std::string text, mark at = {});
  static tree map(mark at = {});
};

/// Reads one YAML document (JSON is YAML). An empty document is an empty map. Errors name file, line and column: broken
/// YAML, a key given twice, keys that are not scalars, nesting deeper than 64 levels.
[[nodiscard]] outcome<tree> parse_yaml(const std::string& text, const std::string& file_name);

/// Reads a whole file of at most 16 MiB.
[[nodiscard]] outcome<std::string> read_text_file(const std::string& path);

/// Lays `overlay` over `base`: maps are merged key by key, anything else replaces what was there; null takes it away.
void merge(tree& base, tree overlay);

/// As YAML that reads back to an equal tree; `indent` in levels of two spaces.
[[nodiscard]] std::string to_yaml(const tree& value, int indent = 0);
/// A scalar as YAML, in quotes when it needs them.
[[nodiscard]] std::string yaml_scalar(std::string_view text, bool quoted);

} // namespace cadenza::config
