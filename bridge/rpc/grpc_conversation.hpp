#pragma once

#include "bridge/rpc/grpc_stream.hpp"
#include "bridge/rpc/stream.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace cadenza::bridge {

/// A gRPC request with several messages in or out: what the standard protocols speak.
///
/// Lifetime: as `grpc_unary`'s. Threads: the stream's functions are called on the loop's own thread.
class grpc_conversation final : public grpc_stream, private stream_peer {
public:
  grpc_conversation(net::h2_session& in, std::int32_t id, grpc_shared& shared, const grpc_head& head,
                    std::unique_ptr<stream> user);

private:
  /// Brings back to the loop's own thread what became known on another one.
  struct teller final : net::posted {
    explicit teller(grpc_conversation& c) : of(c) {}
    void on_posted() override { of.tell(); }
    grpc_conversation& of;
  };

  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_begin() override;
  void on_due(std::int64_t now_ns) override;
  void on_run() override;
  void on_said() override;
  void on_closed() override;
  void on_abandon() override;
  std::span<const net::header> trailers() override;

  void read_next() override;
  void write(const google::protobuf::MessageLite& message) override;
  void finish(const wire_status& status) override;
  call_core& calls() override { return shared().calls; }
  void hold_peer() const override { intrusive_ptr_add_ref(static_cast<const net::counted*>(this)); }
  void let_go_of_peer() const override { intrusive_ptr_release(static_cast<const net::counted*>(this)); }

  void read_what_is_here();
  void end(wire_status why);
  void tell_soon();
  void tell();

  const std::unique_ptr<stream> user_;
  teller teller_{*this};
  std::string received_; ///< not read yet
  net::share memory_;    ///< for that
  bool wants_ = true;    ///< a message
  bool begins_ = false;  ///< one is on its way to the user
  bool request_over_ = false;
  bool half_close_told_ = false;
  bool spoke_ = false; ///< the answer has begun
  int written_ = 0;    ///< messages that have left, and the user does not know it
  std::unique_ptr<grpc_status_fields> ending_;

  std::mutex lock_; ///< guards what follows
  std::deque<net::payload_ptr> to_say_;
  std::optional<wire_status> to_end_;
  bool asks_ = false; ///< `read_next` was called
};

} // namespace cadenza::bridge
