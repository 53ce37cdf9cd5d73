#include "actors/matching/far_call.hpp"

#include "actors/base/actor_context.hpp"
#include "messages/invariant.hpp"

#include <caf/send.hpp>
#include <google/protobuf/message_lite.h>

namespace cadenza::actors {

// ---------------------------------------------------------------- calls that wait in a list of this node

arrived_call::arrived_call(caf::actor desk, far_request of, std::int64_t deadline_ns)
  : call(deadline_ns), desk_(std::move(desk)), of_(of) {}

void arrived_call::on_cancel(std::function<void()> hook) {
  {
    const std::lock_guard hold(mutex_);
    if (!cancelled()) {
      hook_ = std::move(hook);
      return;
    }
  }
  hook();
}

void arrived_call::go() {
  std::function<void()> hook;
  {
    const std::lock_guard hold(mutex_);
    gone_.store(true, std::memory_order_relaxed);
    hook = std::exchange(hook_, nullptr);
  }
  if (hook)
    hook();
}

void arrived_call::send(const google::protobuf::MessageLite& response) { tell(response.SerializeAsString()); }
void arrived_call::send_bytes(std::string bytes) { tell(std::move(bytes)); }
void arrived_call::fail(const error& reason) { tell(reason); }

void arrived_call::tell(outcome<std::string> bytes) {
  caf::anon_send(desk_, std::make_shared<far_answer>(far_answer{of_, std::move(bytes)}));
}

// ---------------------------------------------------------------- calls of workers far away

far_worker_call::far_worker_call(const actor_context& env, matching_message_ptr request)
  : call(INT64_MAX), env_(env), request_(std::move(request)) {
  CADENZA_ASSERT(request_, "a worker far away is named by the message that asks for it");
}

void far_worker_call::not_started(bool done) {
  if (!told_.exchange(true))
    answer_over(env_, *request_, done);
}

void far_worker_call::send(const google::protobuf::MessageLite& response) { send_bytes(response.SerializeAsString()); }
void far_worker_call::send_bytes(std::string bytes) {
  if (!told_.exchange(true))
    answer_reply(env_, *request_, std::move(bytes));
}
void far_worker_call::fail(const error& reason) {
  if (!told_.exchange(true))
    answer_failed(env_, *request_, reason);
}

} // namespace cadenza::actors
