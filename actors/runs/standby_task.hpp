#pragma once

#include "actors/base/task_receipt.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <memory>
#include <variant>

namespace cadenza::actors {

/// A task of a run whose domain is active in another cluster. It waits until the domain is active here, or until the
/// run has gone on without it. Immutable; what is stored of it stays until its receipt is done.
struct standby_task {
  std::variant<record::v1::TransferTask, record::v1::TimerTask> task;
  receipt_ptr receipt;
};
using standby_task_ptr = std::shared_ptr<const standby_task>;

} // namespace cadenza::actors
