#pragma once

#include "config/node_roles.hpp"
#include "config/problems.hpp"
#include "config/schema.hpp"
#include "config/server_config.hpp"

#include <string>
#include <vector>

namespace cadenza::config {

/// The words of `--services`, with commas between them or each by itself; all roles when there are none. An error names
/// a word that is no role.
[[nodiscard]] outcome<std::vector<std::string>> roles_of(const std::vector<std::string>& words);

/// The section `node` and what it rests on: `so_far` has the frontend and the stores.
[[nodiscard]] node_config node_of(const reader& all, const server_config& so_far, problems& out);

} // namespace cadenza::config
