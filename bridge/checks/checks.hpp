#pragma once

#include "bridge/checks/limits.hpp"
#include "bridge/checks/validators.hpp"
#include "workflow/domain_view.hpp"

#include "uber/cadence/api/v1/common.pb.h"
#include "uber/cadence/api/v1/tasklist.pb.h"

#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <string_view>

namespace cadenza {
class limit_warnings;
}

namespace cadenza::bridge {

/// What the validation of one request looks at: a snapshot, nothing waits and nothing changes under it.
struct checks {
  const limits& max;
  const validators& hooks;
  const workflow::domain_directory& domains;
  std::int64_t now_ns = 0;            ///< unix time
  limit_warnings* warnings = nullptr; ///< what goes beyond warning limits is noted there; null: nowhere
  std::string_view domain{};          ///< as the request names it, for those notes; "": it does not
};

/// Pieces that the validation of several RPCs shares. Each gives the first thing that is wrong.
[[nodiscard]] outcome<void> check_domain_set(std::string_view domain);
/// The domain of a call that works in one. As in the reference system nothing of the call is looked at before.
[[nodiscard]] outcome<workflow::domain_ptr> named_domain(const checks& rules, std::string_view name);
[[nodiscard]] outcome<void> check_length(const checks& rules, std::string_view text, std::size_t bytes_max,
                                         const char* what);
[[nodiscard]] outcome<void> check_execution(bool present, const uber::cadence::api::v1::WorkflowExecution& execution);
[[nodiscard]] outcome<void> check_task_list(const checks& rules, bool present,
                                            const uber::cadence::api::v1::TaskList& list);
[[nodiscard]] outcome<void> check_blob(const checks& rules, std::size_t bytes, std::string_view what,
                                       std::string_view workflow_id);

/// Notes a payload that is larger than the warning limit. `domain`: where the request does not name it.
void note_blob(const checks& rules, std::size_t bytes, std::string_view what, std::string_view workflow_id,
               std::string_view domain = {});

/// The domain of that name or id; entity_not_exists when there is none.
[[nodiscard]] outcome<workflow::domain_ptr> find_domain(const checks& rules, std::string_view name);
[[nodiscard]] outcome<workflow::domain_ptr> find_domain(const checks& rules, const uuid& id);

/// Bytes of a memo as the reference system counts them.
[[nodiscard]] std::size_t size_of(const uber::cadence::api::v1::Memo& memo);

} // namespace cadenza::bridge
