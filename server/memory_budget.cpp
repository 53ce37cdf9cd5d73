#include "server/memory_budget.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cadenza {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t mib = std::int64_t{1} << 20;

std::int64_t machine_memory() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::int64_t>(sysconf(_SC_PAGESIZE));
}

/// The number in a file; nothing when there is none ("max", or no such file).
std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t out = 0;
  return in >> out ? std::optional(out) : std::nullopt;
}

/// The lowest limit on the way from a group up to the root. A container may see its own group as the root: then the
/// path, which is the host's, leads nowhere, and the root has the limit.
void lower_to_groups(std::int64_t& limit, const fs::path& root, const fs::path& group, const char* file) {
  for (auto at = group.relative_path();; at = at.parent_path()) {
    if (const auto found = number_in(root / at / file); found && *found > 0)
      limit = std::min(limit, *found);
    if (at.empty())
      return;
  }
}

/// Whether a line's list of controllers ("cpu,memory") has that of memory.
bool has_memory(const std::string& controllers) {
  return ("," + controllers + ",").find(",memory,") != std::string::npos;
}

} // namespace

memory_budget budget_of(std::int64_t limit) {
  memory_budget out;
  out.run_cache = std::clamp(limit / 8, 16 * mib, 256 * mib);
  out.write_buffers = std::clamp(limit / 16, 8 * mib, 64 * mib);
  out.log = 2 * out.write_buffers;
  out.block_cache = std::clamp(limit / 32, 4 * mib, 32 * mib);
  out.queued_commits = std::clamp(limit / 8, 16 * mib, 512 * mib);
  out.requests = out.answers = std::clamp(limit / 8, 16 * mib, 256 * mib);
  return out;
}

memory_budget budget_of(const config::server_config& c) {
  return budget_of(c.engine.memory_bytes > 0 ? c.engine.memory_bytes : memory_limit());
}

config::network_config network_of(const config::server_config& c) {
  auto out = c.network;
  const auto budget = budget_of(c);
  // Or a large message could never go, and none could come while the first parts of others wait for their memory.
  if (out.answer_bytes_max == 0)
    out.answer_bytes_max = std::max(budget.answers, out.message_bytes_max);
  if (out.request_bytes_max == 0)
    out.request_bytes_max = std::max(budget.requests, 2 * out.message_bytes_max);
  return out;
}

std::int64_t memory_limit(const std::string& group_file, const std::string& group_root) {
  auto limit = machine_memory();
  std::ifstream in(group_file);
  // "0::/path" for version 2; "4:memory:/path" for a controller of version 1.
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
      continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      lower_to_groups(limit, group_root, group, "memory.max");
      lower_to_groups(limit, fs::path(group_root) / "unified", group, "memory.max"); // beside version 1
    } else if (has_memory(controllers)) {
      lower_to_groups(limit, fs::path(group_root) / "memory", group, "memory.limit_in_bytes");
    }
  }
  return limit;
}

} // namespace cadenza
