#pragma once

#include "cli/invocation.hpp"

#include "uber/cadence/api/v1/query.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <functional>

namespace cadenza::cli {

struct history_query {
  std::string workflow_id;
  std::string run_id; ///< "" for the current run
  bool wait = false;  ///< long poll until the run closes
  uber::cadence::api::v1::QueryConsistencyLevel consistency = uber::cadence::api::v1::QUERY_CONSISTENCY_LEVEL_INVALID;
  /// While waiting: a long poll ended without an event.
  std::function<void()> idle = {};
  /// While waiting: the server does not answer. Whether to ask again; it takes its time before it says so.
  std::function<bool(const error&)> lost = {};
};

/// Reads a run's history page by page and hands over each event in order; `each` returns false to stop early.
[[nodiscard]] outcome<void> read_history(invocation& call, const history_query& query,
                                         const std::function<bool(const uber::cadence::api::v1::HistoryEvent&)>& each);

/// All events of a run as a server has them now.
[[nodiscard]] outcome<uber::cadence::api::v1::History>
whole_history(client& server, const std::string& domain, const uber::cadence::api::v1::WorkflowExecution& run,
              std::chrono::milliseconds timeout);

/// A stored batch as servers send it; an error when it is in an encoding that is not read here, or damaged.
[[nodiscard]] outcome<uber::cadence::api::v1::History> read_batch(const uber::cadence::api::v1::DataBlob& blob);

/// Whether this event is the last of its run.
[[nodiscard]] bool closes_run(const uber::cadence::api::v1::HistoryEvent& event);

} // namespace cadenza::cli
