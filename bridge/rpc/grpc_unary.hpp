#pragma once

#include "bridge/rpc/grpc_intake.hpp"
#include "bridge/rpc/grpc_stream.hpp"
#include "bridge/rpc/inbound_call.hpp"
#include "bridge/rpc/thrift_trailers.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cadenza::bridge {

/// A gRPC request with one message and one answer.
///
/// Lifetime: held by its session until the stream is closed, and by the call object that was made of it.
/// Threads: as its bases say; `send` only leaves the answer for the loop to take.
class grpc_unary final : public grpc_stream, private inbound_call {
public:
  grpc_unary(net::h2_session& in, std::int32_t id, grpc_shared& shared, const grpc_head& head, const method& which,
             std::shared_ptr<const actors::caller_info> caller);
  /// For a call in Thrift of a method of `service`.
  grpc_unary(net::h2_session& in, std::int32_t id, grpc_shared& shared, const grpc_head& head,
             const thrift_route& which, std::string service, std::shared_ptr<const actors::caller_info> caller);

private:
  void on_data(std::string_view bytes) override;
  void on_view_over() override;
  void on_end() override;
  void on_begin() override;
  void on_due(std::int64_t now_ns) override;
  void on_run() override;
  void on_closed() override;
  void on_abandon() override;
  std::span<const net::header> trailers() override;

  void send(const google::protobuf::MessageLite& response) override;
  void send(std::string serialized_response) override;
  void send(const error& reason) override;
  void hold() const override { intrusive_ptr_add_ref(static_cast<const net::counted*>(this)); }
  void let_go() const override { intrusive_ptr_release(static_cast<const net::counted*>(this)); }

  void take(std::string_view bytes);
  void give_up(const wire_status& why); ///< before the request began
  void start(google::protobuf::io::ZeroCopyInputStream& request, const std::function<std::string()>& again);
  void start_thrift(std::string_view request);
  void start_elsewhere();
  void start_inflated(grpc_intake& from, net::meters& counts);
  void set_next_due(std::int64_t now_ns);
  void send_message(net::payload_ptr message);
  void send_thrift(std::string body, std::vector<header_text> tail);
  void send_status(wire_status status);

  /// Headers behind an answer, with the memory that they refer to.
  struct owned_trailers {
    std::vector<header_text> texts;
    std::vector<net::header> fields;
  };

  const method& method_;
  std::shared_ptr<const actors::caller_info> caller_; ///< until it begins
  std::unique_ptr<grpc_intake> intake_;               ///< until it begins
  std::string_view view_;                             ///< the whole request, while it is where it was received
  const std::int64_t request_due_ns_;

  net::payload_ptr answer_; ///< these: written once by the thread that answers, then read under the turn
  std::unique_ptr<wire_status> failure_;
  std::unique_ptr<owned_trailers> trailers_; ///< of an answer in Thrift; written before the answer
};

} // namespace cadenza::bridge
