#include "bridge/handlers/audit.hpp"

#include "bridge/handlers/method_table.hpp"
#include "config/log.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::bridge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array<std::string_view, 22> noted{
    "AddSearchAttributeRequest",
    "CloseShardRequest",
    "DeleteDomainRequest",
    "DeleteWorkflowRequest",
    "DeprecateDomainRequest",
    "FailoverDomainRequest",
    "MaintainCorruptWorkflowRequest",
    "RefreshWorkflowTasksRequest",
    "RegisterDomainRequest",
    "RemoveTaskRequest",
    "ResetQueueRequest",
    "ResetWorkflowExecutionRequest",
    "RestoreDynamicConfigRequest",
    "RestoreOperationalDynamicConfigRequest",
    "TerminateWorkflowExecutionRequest",
    "UpdateDomainAsyncWorkflowConfiguratonRequest",
    "UpdateDomainIsolationGroupsRequest",
    "UpdateDomainRequest",
    "UpdateDynamicConfigRequest",
    "UpdateGlobalIsolationGroupsRequest",
    "UpdateOperationalDynamicConfigRequest",
    "UpdateTaskListPartitionConfigRequest",
};
static_assert(std::is_sorted(noted.begin(), noted.end()));

/// So many lines a second, and how many were left out before the one that is let through.
class line_budget {
public:
  std::optional<std::uint64_t> admit() {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard guard(lock_);
    if (now - begun_ >= std::chrono::seconds(1)) {
      begun_ = now;
      written_ = 0;
    }
    if (written_ >= lines_max) {
      ++left_out_;
      return std::nullopt;
    }
    ++written_;
    return std::exchange(left_out_, 0);
  }

private:
  static constexpr int lines_max = 50;
  std::mutex lock_;
  std::chrono::steady_clock::time_point begun_{};
  int written_ = 0;
  std::uint64_t left_out_ = 0;
};

/// A text of a message by its name; "" when it has no such field.
std::string value_of(const Message& from, const std::string& name) {
  const auto* field = from.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated())
    return {};
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
    return from.GetReflection()->GetString(from, field);
  return {};
}

std::optional<std::int32_t> number_of(const Message& from, const std::string& name) {
  const auto* field = from.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_INT32)
    return std::nullopt;
  return from.GetReflection()->GetInt32(from, field);
}

const Message* part_of(const Message& from, const std::string& name) {
  const auto* field = from.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
      !from.GetReflection()->HasField(from, field))
    return nullptr;
  return &from.GetReflection()->GetMessage(from, field);
}

} // namespace

std::vector<bool> noted_methods(const method_table& table) {
  std::vector<bool> out(table.methods().size());
  for (const auto& one : table.methods())
    out[one.index] =
        one.handle != nullptr && std::binary_search(noted.begin(), noted.end(), std::string_view(one.input->name()));
  return out;
}

void note_change(const Message& request, const actors::caller_info& caller) {
  static line_budget budget;
  if (!log::enabled(log::level::info))
    return;
  const auto left_out = budget.admit();
  if (!left_out)
    return;
  if (*left_out > 0)
    log::info({field::left_out(*left_out)},
              "{left_out} requested changes are not in the log: there were too many at once");
  std::string rpc = request.GetDescriptor()->name();
  rpc.resize(rpc.size() - std::string_view("Request").size());
  const auto* run = part_of(request, "workflow_execution");
  auto domain = value_of(request, "domain");
  if (domain.empty() && rpc.find("Domain") != std::string::npos)
    domain = value_of(request, "name").empty() ? value_of(request, "domain_name") : value_of(request, "name");
  const auto workflow = run != nullptr ? value_of(*run, "workflow_id") : std::string();
  const auto run_id = run != nullptr ? value_of(*run, "run_id") : std::string();
  const auto identity = value_of(request, "identity");
  const auto reason = value_of(request, "reason");
  const auto key = value_of(request, "config_name");
  std::vector<log::field> values{field::rpc(rpc),
                                 field::domain(domain),
                                 field::workflow_id(workflow),
                                 field::run_id(run_id),
                                 field::key(key),
                                 field::reason(reason),
                                 field::identity(identity),
                                 field::caller(caller.name),
                                 field::client(caller.client_impl)};
  if (const auto shard = number_of(request, "shard_id"))
    values.push_back(field::shard(*shard));
  log::info(values, "change requested: {rpc}");
}

} // namespace cadenza::bridge
