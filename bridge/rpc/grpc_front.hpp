#pragma once

#include "bridge/net/h2_session.hpp"
#include "bridge/rpc/grpc_stream.hpp"

#include <memory>

namespace cadenza::bridge {

/// gRPC over HTTP/2: finds out what each request is about and makes the stream that serves it.
class grpc_front final : public net::h2_user {
public:
  explicit grpc_front(grpc_shared& shared) : shared_(shared) {}

  net::h2_stream_ptr open(net::h2_session& in, std::int32_t id, const net::header_list& headers) override;
  void open_too_large(net::h2_session& in, std::int32_t id, const net::header_list& headers) override;

private:
  [[nodiscard]] net::h2_stream_ptr open_grpc(net::h2_session& in, std::int32_t id, const net::header_list& headers);
  /// Who called last on a connection. Most clients say the same with every call.
  struct last_caller;
  [[nodiscard]] static std::shared_ptr<const actors::caller_info> caller_of(net::h2_session& in,
                                                                            const net::header_list& headers);

  grpc_shared& shared_;
};

} // namespace cadenza::bridge
