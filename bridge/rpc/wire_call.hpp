#pragma once

#include "actors/base/call.hpp"
#include "bridge/rpc/inbound_call.hpp"

namespace cadenza::bridge {

/// A client's request, as the engine holds it. Dropped unanswered it answers UNAVAILABLE by itself.
class wire_call final : public actors::call {
public:
  wire_call(inbound_ptr at, std::int64_t deadline_ns) : call(deadline_ns), at_(std::move(at)) {}
  ~wire_call() override { lost(); }

  [[nodiscard]] bool cancelled() const override { return at_->gone(); }
  void on_cancel(std::function<void()> hook) override { at_->on_cancel(std::move(hook)); }
  [[nodiscard]] const actors::caller_info& caller() const override { return at_->caller(); }

protected:
  void send(const google::protobuf::MessageLite& response) override { at_->answer(response); }
  void send_bytes(std::string bytes) override { at_->answer(std::move(bytes)); }
  void fail(const error& reason) override { at_->answer(reason); }

private:
  const inbound_ptr at_;
};

} // namespace cadenza::bridge
