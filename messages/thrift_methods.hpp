#pragma once

#include "messages/error.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza {

struct thrift_plan;

/// A method of the Thrift contract and the RPC of the protobuf contract that does the same.
struct thrift_method_row {
  std::string_view service;
  std::string_view name;
  std::string_view rpc_service;
  std::string_view request;       ///< a struct of the tables; "": the method takes no argument
  std::string_view response;      ///< the same; "": it gives nothing
  std::string_view throws;        ///< the exceptions that it declares: "1:bad_request 3:entity_not_exists"
  bool translated = true;         ///< false: no server but the reference system's own needs it
  std::string_view rpc_name = {}; ///< of the RPC, where it is another
};

[[nodiscard]] const std::vector<thrift_method_row>& thrift_method_rows();

/// The same, ready for use.
struct thrift_method {
  static constexpr std::size_t error_kinds = static_cast<std::size_t>(error_kind::unknown) + 1;

  std::string name;                      ///< as procedures have it: "WorkflowService::StartWorkflowExecution"
  std::string path;                      ///< as gRPC has it: "/WorkflowService/StartWorkflowExecution"
  std::string rpc_path;                  ///< of the protobuf contract
  const thrift_plan* request = nullptr;  ///< null: no argument
  const thrift_plan* response = nullptr; ///< null: nothing
  bool translated = true;
  std::array<std::int16_t, error_kinds> throws{}; ///< the field of each exception; 0: not declared

  [[nodiscard]] std::int16_t field_of(error_kind kind) const { return throws[static_cast<std::size_t>(kind)]; }
};

/// All methods. Made once, for the life of the process.
[[nodiscard]] const std::vector<thrift_method>& thrift_methods();

} // namespace cadenza
