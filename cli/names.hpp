#pragma once

#include <string>
#include <string_view>

namespace google::protobuf {
class EnumValueDescriptor;
class FieldDescriptor;
} // namespace google::protobuf

namespace cadenza::cli {

/// A wire field's name as the tools of this protocol have always shown it: "workflow_id" → "WorkflowID", durations in
/// seconds say so ("execution_start_to_close_timeout" → "ExecutionStartToCloseTimeoutSeconds").
[[nodiscard]] std::string title_name(const google::protobuf::FieldDescriptor& field);

/// The same for JSON keys: "workflowId", "executionStartToCloseTimeoutSeconds".
[[nodiscard]] std::string json_name(const google::protobuf::FieldDescriptor& field);

/// An enum value without the prefix of its type: "COMPLETED". Reuse policies and continue-as-new initiators read
/// "AllowDuplicate", "Decider".
[[nodiscard]] std::string enum_name(const google::protobuf::EnumValueDescriptor& value);

/// The name of an event's kind from its attributes' field: "workflow_execution_started_event_attributes" →
/// "WorkflowExecutionStarted".
[[nodiscard]] std::string event_name(std::string_view attributes_field);

/// A column's name as a key of JSON: "WorkflowID" → "workflowId", "Default value" → "defaultValue". Names in small
/// letters stay as they are.
[[nodiscard]] std::string json_key(std::string_view column);

} // namespace cadenza::cli
