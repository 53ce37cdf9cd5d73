#pragma once

#include "actors/base/call.hpp"
#include "actors/base/matching_message.hpp"
#include "messages/outcome.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace cadenza::actors {

/// Names a request that another node has made: the life of its matching and the number of the errand.
using far_request = std::pair<std::uint64_t, std::int64_t>;

/// A call that came over a wire has its answer.
struct far_answer {
  far_request of;
  outcome<std::string> bytes; ///< the serialized response
};
using far_answer_ptr = std::shared_ptr<far_answer>;

/// A call that came over a wire: its answer goes to the desk of this node, which sees to it that it arrives.
class arrived_call final : public call {
public:
  arrived_call(caf::actor desk, far_request of, std::int64_t deadline_ns);
  ~arrived_call() override { lost(); }

  [[nodiscard]] bool cancelled() const override { return gone_.load(std::memory_order_relaxed); }
  void on_cancel(std::function<void()> hook) override;
  /// Whoever has asked does not wait any more.
  void go();

protected:
  void send(const google::protobuf::MessageLite& response) override;
  void send_bytes(std::string bytes) override;
  void fail(const error& reason) override;

private:
  void tell(outcome<std::string> bytes);

  const caf::actor desk_;
  const far_request of_;
  std::atomic<bool> gone_{false};
  std::mutex mutex_; // guards what follows
  std::function<void()> hook_;
};

/// The call of a worker that waits on another node, while a run of this node starts a task for it. The answer goes back
/// at once; when it is lost, the list asks again and gets it again.
class far_worker_call final : public call {
public:
  /// `env` must outlive it.
  far_worker_call(const actor_context& env, matching_message_ptr request);
  ~far_worker_call() override { lost(); }

  /// The worker gets nothing now: the task is over (`done`), or must be offered again.
  void not_started(bool done);

protected:
  void send(const google::protobuf::MessageLite& response) override;
  void send_bytes(std::string bytes) override;
  void fail(const error& reason) override;

private:
  const actor_context& env_;
  const matching_message_ptr request_;
  std::atomic<bool> told_{false};
};

/// Stands for the call of a poll that waits in a partition on another node: nobody is answered here.
class absent_call final : public call {
public:
  using call::call;

protected:
  void send(const google::protobuf::MessageLite&) override {}
  void send_bytes(std::string) override {}
  void fail(const error&) override {}
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::far_answer_ptr)
