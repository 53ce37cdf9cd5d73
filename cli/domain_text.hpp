#pragma once

#include "cli/output.hpp"

#include "uber/cadence/api/v1/domain.pb.h"

namespace cadenza::cli {

/// A domain as operators read it: one labelled line a property.
[[nodiscard]] std::string domain_text(const uber::cadence::api::v1::Domain& domain, const palette& paint);

/// The same properties for programs.
[[nodiscard]] json domain_json(const uber::cadence::api::v1::Domain& domain);

/// Domains as rows; `full` adds clusters, retention and archival settings.
[[nodiscard]] row_set domain_rows(const std::vector<uber::cadence::api::v1::Domain>& domains, bool with_status,
                                  bool full);

} // namespace cadenza::cli
