#include "actors/base/task_receipt.hpp"

#include <caf/send.hpp>

namespace cadenza::actors {

task_receipt::~task_receipt() {
  caf::anon_send(owner_, task_over{timer_, fire_ns_, task_id_, parts_.load(std::memory_order_acquire) <= 0,
                                   broken_.load(std::memory_order_acquire)});
}

} // namespace cadenza::actors
