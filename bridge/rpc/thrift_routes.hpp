#pragma once

#include "bridge/handlers/method_table.hpp"
#include "messages/thrift_methods.hpp"

#include <string_view>

namespace cadenza::bridge {

/// A method of the Thrift contract and the RPC that serves it.
struct thrift_route {
  const thrift_method* how = nullptr; ///< null: there is no such method
  const method* which = nullptr;

  [[nodiscard]] explicit operator bool() const { return how != nullptr; }
};

/// By the name that gRPC gives a method: "/WorkflowService/StartWorkflowExecution". Any thread.
[[nodiscard]] thrift_route thrift_route_of_path(const method_table& table, std::string_view path);
/// By the name of the procedure: "WorkflowService::StartWorkflowExecution". Any thread.
[[nodiscard]] thrift_route thrift_route_of_name(const method_table& table, std::string_view name);

/// Reads the response of an RPC that was serialized already.
[[nodiscard]] std::unique_ptr<google::protobuf::Message> response_of(const method& which, const std::string& bytes);

} // namespace cadenza::bridge
