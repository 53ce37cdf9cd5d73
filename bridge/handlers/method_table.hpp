#pragma once

#include "actors/base/call.hpp"
#include "bridge/handlers/rpc_context.hpp"

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cadenza::bridge {

/// One RPC of the contract.
struct method {
  using request_ptr = std::shared_ptr<google::protobuf::Message>;
  /// An empty request, for whoever reads one, in whatever encoding.
  using maker = request_ptr (*)();
  /// Sees to the answer of a request that `make` has made. Must not throw or block.
  using handler = void (*)(rpc_context&, request_ptr, actors::call_ptr);

  std::string path;    ///< "/uber.cadence.api.v1.WorkflowAPI/StartWorkflowExecution"
  std::string service; ///< "uber.cadence.api.v1.WorkflowAPI"
  std::string name;    ///< "StartWorkflowExecution"
  const google::protobuf::Descriptor* input = nullptr;
  const google::protobuf::Descriptor* output = nullptr;
  maker make = nullptr;         ///< null: as `handle`
  handler handle = nullptr;     ///< null: not implemented yet
  bool hangs = false;           ///< a poll: an empty answer is a good answer
  bool asks_worker = false;     ///< cannot end without another call, of a worker; without effect
  bool version_checked = false; ///< clients that are too new are refused
  std::size_t index = 0;        ///< position in the table
};

/// Every RPC of the contract, by path. Built once, then read by any thread.
class method_table {
public:
  /// Knows every method of every service of the contract, none of them handled.
  method_table();
  method_table(method_table&&) = default;
  method_table(const method_table&) = delete;

  /// Null when there is no such method.
  [[nodiscard]] const method* find(std::string_view path) const;
  [[nodiscard]] const std::vector<method>& methods() const { return methods_; }
  [[nodiscard]] const std::vector<std::string>& services_served() const { return services_; }

  /// Lets `Handle(rpc_context&, shared_ptr<Request>, call_ptr)` answer a method. The program ends when the contract
  /// has no such method or it takes another request.
  template <class Request, auto Handle> method& on(std::string_view service, std::string_view name) {
    auto& at = must_find(service, name, Request::descriptor());
    at.make = []() -> method::request_ptr { return std::make_shared<Request>(); };
    at.handle = [](rpc_context& context, method::request_ptr request, actors::call_ptr call) {
      Handle(context, std::static_pointer_cast<Request>(std::move(request)), std::move(call));
    };
    return at;
  }

private:
  method& must_find(std::string_view service, std::string_view name, const google::protobuf::Descriptor* input);

  std::vector<method> methods_;
  std::vector<std::string> services_;
  std::unordered_map<std::string_view, std::size_t> by_path_; // keys live in methods_
};

void add_workflow_methods(method_table& table);
void add_diagnosis_methods(method_table& table);
void add_worker_methods(method_table& table);
void add_domain_methods(method_table& table);
void add_visibility_methods(method_table& table);
void add_admin_methods(method_table& table);
void add_config_methods(method_table& table);
void add_group_methods(method_table& table);
void add_meta_methods(method_table& table);

/// The table with everything this server answers.
[[nodiscard]] method_table full_method_table();

} // namespace cadenza::bridge
