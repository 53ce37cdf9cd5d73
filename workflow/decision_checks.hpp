#pragma once

#include "workflow/domain_view.hpp"
#include "workflow/environment.hpp"

#include <string>
#include <string_view>

/// Checks that several kinds of decisions share. Only for decision*.cpp.
namespace cadenza::workflow {

/// The domain a decision names; the run's own for "". internal_service with `unable` before the name when there is no
/// such domain.
[[nodiscard]] outcome<domain_ptr> target_domain(const environment& env, const std::string& name, const char* unable);

/// Whether a run of one domain may reach into another.
[[nodiscard]] outcome<void> check_cross_domain(const environment& env, const domain_view& target);

/// bad_request "<what> exceeds length limit."; notes ids longer than the warning limit.
[[nodiscard]] outcome<void> check_length(const environment& env, std::string_view id, const char* what, int bytes_max);
/// Notes an id that is longer than the warning limit.
void note_length(const environment& env, std::string_view id, const char* what);

/// Empty or a uuid.
[[nodiscard]] outcome<void> check_run_id(const std::string& run_id);

/// A cron text that parses and fires at least once more; empty is fine.
[[nodiscard]] outcome<void> check_cron(const std::string& text, std::int64_t now_ns);

/// Search attributes of a decision against the limits and the registered keys.
[[nodiscard]] outcome<void> check_search_attributes(const uber::cadence::api::v1::SearchAttributes& attributes,
                                                    const rules& limits);

} // namespace cadenza::workflow
