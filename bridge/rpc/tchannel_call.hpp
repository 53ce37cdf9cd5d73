#pragma once

#include "bridge/net/counted.hpp"
#include "bridge/net/loop.hpp"
#include "bridge/net/worker.hpp"
#include "bridge/rpc/inbound_call.hpp"
#include "bridge/rpc/tchannel_answer.hpp"
#include "bridge/rpc/tchannel_arguments.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::bridge {

class tchannel_session;

/// A call over TChannel, from the moment when its arguments are whole.
///
/// Lifetime: held by its session until it is answered, and by the call object that was made of it.
/// Threads: under the turn of its loop; `send` only leaves the answer for the loop to take.
class tchannel_call final : public net::counted, private inbound_call, private net::posted, private net::timer {
public:
  tchannel_call(tchannel_session& in, call_core& core, const tchannel_marks& marks, const thrift_route& which,
                std::string service);

  [[nodiscard]] const tchannel_marks& marks() const { return marks_; }

  /// The request begins. `ttl_ms`: until it must be answered.
  void start(std::shared_ptr<const actors::caller_info> caller, std::uint32_t ttl_ms, std::string_view body);
  /// The same on another thread, for what would hold up the loop.
  void start_elsewhere(net::worker& on, std::shared_ptr<const actors::caller_info> caller, std::uint32_t ttl_ms,
                       std::shared_ptr<const tchannel_arrival> from);
  /// The session has no more to do with it.
  void detach();
  /// Whoever works for it is told that nobody waits. On the loop's own thread.
  void give_up() { left(); }

  /// What it is answered with; for the session.
  struct reply {
    bool failed = false; ///< the body is an exception
    std::string headers; ///< written as the second argument
    std::string body;
    std::optional<wire_status> status; ///< a failure that no body tells
  };
  [[nodiscard]] reply take_reply() { return std::move(reply_); }

private:
  friend void intrusive_ptr_add_ref(const tchannel_call* at) { at->hold(); }
  friend void intrusive_ptr_release(const tchannel_call* at) { at->let_go(); }

  void send(const google::protobuf::MessageLite& response) override;
  void send(std::string serialized_response) override;
  void send(const error& reason) override;
  void hold() const override { intrusive_ptr_add_ref(static_cast<const net::counted*>(this)); }
  void let_go() const override { intrusive_ptr_release(static_cast<const net::counted*>(this)); }
  void on_posted() override;
  void on_timer(std::int64_t now_ns) override;
  void leave(reply answer);
  [[nodiscard]] std::string service_header_alone() const;
  [[nodiscard]] std::int64_t set_deadline(std::uint32_t ttl_ms);

  net::loop& loop_;
  tchannel_session* session_; ///< null: nobody waits for it; under the turn
  const tchannel_marks marks_;
  reply reply_; ///< written once by the thread that answers, then read under the turn
};

using tchannel_call_ptr = net::counted_ptr<tchannel_call>;

/// The code of an error frame that says what a status says, as YARPC has them.
[[nodiscard]] tchannel::error_code tchannel_code(const wire_status& of);

} // namespace cadenza::bridge
