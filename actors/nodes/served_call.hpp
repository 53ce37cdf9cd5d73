#pragma once

#include "actors/nodes/link_hall.hpp"

#include <caf/send.hpp>
#include <google/protobuf/message_lite.h>

#include <functional>
#include <mutex>
#include <utility>

namespace cadenza::actors {

/// A request of another node that is being carried out here: its answer goes to the session, as bytes.
class served_call final : public call {
public:
  served_call(caf::actor session, std::uint64_t id, std::int64_t deadline_ns, caller_info caller)
    : call(deadline_ns), session_(std::move(session)), id_(id), caller_(std::move(caller)) {}
  ~served_call() override { lost(); }

  [[nodiscard]] bool cancelled() const override {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }
  void on_cancel(std::function<void()> hook) override {
    {
      const std::lock_guard lock(mutex_);
      if (!cancelled_) {
        hook_ = std::move(hook);
        return;
      }
    }
    hook();
  }
  [[nodiscard]] const caller_info& caller() const override { return caller_; }

  /// Nobody waits for the answer any more. Any thread.
  void cancel() {
    std::function<void()> hook;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(cancelled_, true))
        return;
      hook = std::move(hook_);
    }
    if (hook)
      hook();
  }

protected:
  void send(const google::protobuf::MessageLite& response) override { send_bytes(response.SerializeAsString()); }
  void send_bytes(std::string bytes) override {
    caf::anon_send(session_, std::make_shared<served_answer>(served_answer{id_, std::move(bytes), std::nullopt}));
  }
  void fail(const error& reason) override {
    caf::anon_send(session_, std::make_shared<served_answer>(served_answer{id_, {}, reason}));
  }

private:
  const caf::actor session_;
  const std::uint64_t id_;
  const caller_info caller_;
  mutable std::mutex mutex_;
  bool cancelled_ = false;
  std::function<void()> hook_;
};

} // namespace cadenza::actors
