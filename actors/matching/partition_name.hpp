#pragma once

#include "messages/constants.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::actors {

/// Which partition of which list a task list's name stands for: "orders" is partition 0 of "orders",
/// "/__cadence_sys/orders/3" its partition 3.
struct partition_name {
  std::string root;
  int index = 0;
};

/// Nothing for a reserved name that is not a partition's.
[[nodiscard]] inline std::optional<partition_name> parse_partition(std::string_view name) {
  if (!name.starts_with(reserved_task_list_prefix))
    return partition_name{std::string(name), 0};
  name.remove_prefix(reserved_task_list_prefix.size());
  const auto slash = name.rfind('/');
  if (slash == std::string_view::npos || slash == 0)
    return std::nullopt;
  partition_name out{std::string(name.substr(0, slash)), 0};
  const auto* end = name.data() + name.size();
  const auto [rest, problem] = std::from_chars(name.data() + slash + 1, end, out.index);
  if (problem != std::errc{} || rest != end || out.index < 1)
    return std::nullopt;
  return out;
}

[[nodiscard]] inline std::string name_of_partition(const std::string& root, int index) {
  return index == 0 ? root : std::string(reserved_task_list_prefix) + root + '/' + std::to_string(index);
}

/// The partition to which partition `index` (> 0) forwards: a tree in which every node has up to `degree` children.
[[nodiscard]] constexpr int parent_partition(int index, int degree) { return (index + degree - 1) / degree - 1; }

} // namespace cadenza::actors
