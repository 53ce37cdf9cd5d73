#pragma once

#include "messages/error.hpp"

#include <string>

namespace cadenza::bridge {

/// A failure as gRPC carries it.
struct wire_status {
  int code = 2;        ///< grpc::StatusCode
  std::string message; ///< for people
  std::string details; ///< serialized google.rpc.Status with at most one detail; "" when the error has none
};

/// Who answers: the reference system's frontend hides the type of internal errors, its admin handler does not.
enum class told_by { frontend, admin };

/// The one table from errors to wire codes. `told_already_completed`: the caller can take
/// WorkflowExecutionAlreadyCompletedError; others are told that the workflow does not exist, as the reference system
/// does. Very long messages are cut, so that they fit the trailers that clients accept.
[[nodiscard]] wire_status to_wire(const error& reason, bool told_already_completed, told_by who = told_by::frontend);

} // namespace cadenza::bridge
