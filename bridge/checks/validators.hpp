#pragma once

#include "messages/outcome.hpp"

#include "uber/cadence/api/v1/common.pb.h"
#include "uber/cadence/api/v1/visibility.pb.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cadenza::bridge {

/// Checks whose knowledge lives elsewhere; the wiring fills them in (`default_validators()` has the usual ones). All
/// may be called from any thread at the same time. An absent one accepts everything.
struct validators {
  /// Seconds between the first two firings of a cron text; bad_request when it does not parse or never fires.
  std::function<outcome<std::int64_t>(std::string_view text)> cron_period_s;

  /// What a start may carry as search attributes in a domain.
  std::function<outcome<void>(const uber::cadence::api::v1::SearchAttributes&, std::string_view domain)>
      search_attributes;

  /// The query of a list, scan or count; gives it as the visibility store wants it.
  std::function<outcome<std::string>(std::string_view query)> visibility_query;

  /// The search attributes that exist.
  std::function<std::map<std::string, uber::cadence::api::v1::IndexedValueType>()> attribute_types;
};

/// Cron texts and search attributes by the rules of `workflow/`, with the default attribute types; queries unchecked.
[[nodiscard]] validators default_validators();

} // namespace cadenza::bridge
