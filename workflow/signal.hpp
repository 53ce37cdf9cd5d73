#pragma once

#include "workflow/transaction.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <optional>
#include <string>

namespace cadenza::workflow {

/// Where a request that another workflow makes comes from.
struct external_origin {
  std::string workflow_id;
  std::string run_id;
  std::optional<std::int64_t> initiated_id; ///< absent for a parent's close policy (written as 0)
  bool child_only = false;                  ///< the target must be a child of that workflow
};

struct signal_input {
  std::string name;
  std::optional<std::string> input;
  std::optional<std::string> control;
  std::string identity;
  std::string request_id;
  bool to_current = false; ///< to whatever run is current: requests of the runs before it count as well
  std::optional<external_origin> origin;
};

/// A signal. False: the request id was seen before, nothing was changed.
[[nodiscard]] outcome<bool> signal(transaction& tx, const signal_input& input);

/// Forgets a request id of a signal that its sender has recorded as delivered. False: was not there.
[[nodiscard]] bool remove_signal_request(transaction& tx, const std::string& request_id);

struct cancel_input {
  std::string cause;
  std::string identity;
  std::string request_id;
  std::string first_execution_run_id; ///< "": not checked
  bool to_current = false;            ///< as for a signal; not with a first run: that names the chain
  std::optional<external_origin> origin;
};

/// A cancel request. False: the same request again, nothing was changed. True: it has been recorded, or it is the same
/// again and no decision was pending: then one is scheduled, as in the reference system.
[[nodiscard]] outcome<bool> request_cancel(transaction& tx, const cancel_input& input);

struct terminate_input {
  std::string reason;
  std::optional<std::string> details;
  std::string identity;
  std::string first_execution_run_id; ///< "": not checked
  std::optional<external_origin> origin;
};

/// Closes the run from outside.
[[nodiscard]] outcome<void> terminate(transaction& tx, const terminate_input& input);

} // namespace cadenza::workflow
