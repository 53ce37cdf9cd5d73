#pragma once

#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::tests {

inline constexpr const char* some_uuid = "0f5b4c2e-8d6a-4c1b-9a57-3f2f1d0b7e11";

/// A start that passes every check.
inline uber::cadence::api::v1::StartWorkflowExecutionRequest good_start() {
  uber::cadence::api::v1::StartWorkflowExecutionRequest request;
  request.set_domain("orders");
  request.set_workflow_id("wf");
  request.set_request_id(some_uuid);
  request.mutable_workflow_type()->set_name("type");
  request.mutable_task_list()->set_name("list");
  request.mutable_execution_start_to_close_timeout()->set_seconds(100);
  request.mutable_task_start_to_close_timeout()->set_seconds(10);
  return request;
}

} // namespace cadenza::tests
