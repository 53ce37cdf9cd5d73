#pragma once

#include "bridge/base/error_mapping.hpp"
#include "bridge/net/h2_session.hpp"
#include "bridge/net/worker.hpp"
#include "bridge/rpc/call_core.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cadenza::bridge {

/// What all gRPC requests of one server share. Outlives them.
struct grpc_shared {
  call_core& calls;
  net::worker& heavy;
  std::int64_t message_bytes_max;
};

/// What the headers of a gRPC request say about it.
struct grpc_head {
  std::int64_t deadline_ns = INT64_MAX;        ///< unix time, as calls want it
  std::int64_t steady_deadline_ns = INT64_MAX; ///< the same for timers
  bool gzip = false;                           ///< messages may be compressed

  /// Reads them. False, and `refused` tells why: it cannot be served.
  [[nodiscard]] bool read(const net::header_list& from, std::int64_t now_ns, wire_status& refused);
};

/// A status as headers: those of an answer that has no message, or the trailers of one that has.
class grpc_status_fields {
public:
  explicit grpc_status_fields(const wire_status& of);
  [[nodiscard]] std::span<const net::header> whole_answer() const { return fields_; }
  [[nodiscard]] std::span<const net::header> trailers() const { return whole_answer().subspan(head_fields); }

private:
  static constexpr std::size_t head_fields = 2; ///< of HTTP; they come first
  std::string message_;
  std::string details_;
  std::vector<net::header> fields_;
};

/// The headers of an answer with messages.
[[nodiscard]] std::span<const net::header> grpc_answer_head();
/// The trailers of an answer that went well.
[[nodiscard]] std::span<const net::header> grpc_good_trailers();

/// A message with its length before it.
[[nodiscard]] net::payload_ptr grpc_message(const google::protobuf::MessageLite& message);
[[nodiscard]] net::payload_ptr grpc_message(std::string serialized);

/// A stream that carries a gRPC request.
class grpc_stream : public net::h2_stream {
protected:
  grpc_stream(net::h2_session& in, std::int32_t id, grpc_shared& shared, const grpc_head& head)
    : h2_stream(in, id), shared_(shared), head_(head) {}

  [[nodiscard]] grpc_shared& shared() const { return shared_; }
  [[nodiscard]] const grpc_head& head() const { return head_; }
  /// Ends the stream with a status and no message, if nothing was said yet.
  void end_with(const wire_status& why);
  std::span<const net::header> trailers() override { return grpc_good_trailers(); }

private:
  grpc_shared& shared_;
  const grpc_head head_;
};

} // namespace cadenza::bridge
