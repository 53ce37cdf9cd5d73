#pragma once

#include "actors/base/call.hpp"
#include "actors/base/task_receipt.hpp"
#include "workflow/domain_view.hpp"

#include "cadenza/record/v1/task.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>
#include <variant>
#include <vector>

/// What the visibility writer is sent. One mail type, a shared pointer to a variant. Nothing of this leaves the
/// process.
namespace cadenza::actors {

/// A change of the visibility store, from a durable task.
struct visibility_task {
  record::v1::TransferTask task;
  receipt_ptr receipt; ///< done() once the store has it on disk
};

struct visibility_list {
  workflow::domain_ptr domain;
  std::variant<std::shared_ptr<uber::cadence::api::v1::ListOpenWorkflowExecutionsRequest>,
               std::shared_ptr<uber::cadence::api::v1::ListClosedWorkflowExecutionsRequest>,
               std::shared_ptr<uber::cadence::api::v1::ListWorkflowExecutionsRequest>,
               std::shared_ptr<uber::cadence::api::v1::ScanWorkflowExecutionsRequest>,
               std::shared_ptr<uber::cadence::api::v1::CountWorkflowExecutionsRequest>>
      request;
  call_ptr call;
};

using visibility_mail = std::variant<std::vector<visibility_task>, visibility_list>;
using visibility_mail_ptr = std::shared_ptr<visibility_mail>;

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::visibility_mail_ptr)
