#pragma once

#include "config/options.hpp"

/// The rows of the table of options, by section. A group of rows is mounted at one or several places.
namespace cadenza::config::table {

struct row {
  std::string_view key; ///< below the place of the group
  option_kind kind;
  std::string_view fallback;
  std::string_view limits;
  option_effect effect;
  bool reloadable;
  std::string_view meaning;
};

struct group {
  std::string_view place; ///< empty: the top of the file
  std::span<const row> rows;
};

/// Two halves, only to keep files short: what one server needs, and what joins it to other systems.
[[nodiscard]] std::span<const group> server_groups();
[[nodiscard]] std::span<const group> outside_groups();

} // namespace cadenza::config::table
