#pragma once

#include "actors/base/call.hpp"
#include "messages/outcome.hpp"

#include <string_view>

namespace cadenza::bridge {

/// Highest client versions that are let in, as GetClusterInfo tells them.
inline constexpr std::string_view go_version_max = "1.7.0";
inline constexpr std::string_view java_version_max = "1.5.0";
inline constexpr std::string_view cli_version_max = "1.7.0";

/// Puts together what a caller says about itself from its request headers; unknown ones are passed over.
/// `told_already_completed` then says whether the client asked for that error and is new enough for it,
/// `reads_raw_history` and `takes_sticky_queries` whether it is new enough for those.
class caller_builder {
public:
  void add(std::string_view header, std::string_view value);
  [[nodiscard]] actors::caller_info finish() &&;

private:
  actors::caller_info caller_;
  std::string feature_flags_;
};

/// Whether a client's version is at most / at least `bound` ("1.7.0"). Versions are numbers separated by points with an
/// optional leading v; pre-releases satisfy neither. False for any other text.
[[nodiscard]] bool version_at_most(std::string_view version, std::string_view bound);
[[nodiscard]] bool version_at_least(std::string_view version, std::string_view bound);

/// Refuses clients that are newer than this server knows (client_version_not_supported). Clients that do not say their
/// version, or are of a kind unknown here, are let in.
[[nodiscard]] outcome<void> check_client_version(const actors::caller_info& caller);

} // namespace cadenza::bridge
