#pragma once

#include <cstdint>

namespace cadenza::actors {

/// What nodes ask and tell each other: `link_request::kind`. The numbers stay.
namespace link_kind {
inline constexpr std::uint32_t engine_request = 1;    ///< wire.v1.EngineRequest
inline constexpr std::uint32_t run_message = 2;       ///< wire.v1.RunMessage; told
inline constexpr std::uint32_t members_changed = 3;   ///< no bytes; told: look at the leases
inline constexpr std::uint32_t domains_changed = 4;   ///< no bytes; told: read the domains
inline constexpr std::uint32_t documents_changed = 5; ///< no bytes; told: read the documents
inline constexpr std::uint32_t matching_message = 6;  ///< wire.v1.MatchingMessage; told
inline constexpr std::uint32_t node_request = 7;      ///< wire.v1.NodeRequest
} // namespace link_kind

} // namespace cadenza::actors
