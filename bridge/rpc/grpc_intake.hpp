#pragma once

#include "bridge/base/error_mapping.hpp"
#include "bridge/net/body.hpp"
#include "bridge/net/h2_session.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza::bridge {

/// The one message of a unary gRPC request while it arrives: five bytes that tell its length, then as much.
///
/// A small message is kept as it comes, unless too many of a connection do the same. For a large one memory is set
/// aside as a whole before more of it than a first part may come, so that those that have begun can always end. One at
/// a time gets it although it does not fit, so that first parts, and requests that take long, hold up none for ever.
/// Threads: under the turn of the stream's loop.
class grpc_intake {
public:
  static constexpr std::size_t prefix_bytes = 5;

  /// `gzip`: messages may be compressed.
  grpc_intake(net::h2_session& in, bool gzip) : memory_(in.shared().requests), gzip_(gzip) {}

  /// Takes what the stream was given. Something: why the request must be refused.
  [[nodiscard]] std::optional<wire_status> add(net::h2_session& in, net::h2_stream& of, std::string_view bytes);
  /// The length of a message that is whole in `bytes`, uncompressed and alone; nothing when it is not that simple.
  [[nodiscard]] static std::optional<std::size_t> whole_in(std::string_view bytes);

  [[nodiscard]] bool empty() const { return prefix_size_ == 0; }
  [[nodiscard]] bool whole() const { return prefix_size_ == prefix_bytes && body_.size() == announced_; }
  [[nodiscard]] bool compressed() const { return prefix_.front() != 0; }
  [[nodiscard]] const net::body& message() const { return body_; }
  [[nodiscard]] std::size_t size() const { return announced_; }
  [[nodiscard]] net::share& memory() { return memory_; }
  [[nodiscard]] static wire_status out_of_memory();
  /// Will be so however often it is sent: clients are not to try again, as they do after RESOURCE_EXHAUSTED.
  [[nodiscard]] static wire_status too_large(const std::string& what, std::int64_t bytes_max);

  /// More of it cannot come before memory was set aside: tries that again.
  [[nodiscard]] bool waits_for_memory() const { return needs_memory_ && !set_aside_; }
  void try_to_set_aside(net::h2_session& in, net::h2_stream& of);
  /// Next to nothing came since the last time this was asked, and meanwhile others found no memory.
  [[nodiscard]] bool stands_in_the_way();

private:
  [[nodiscard]] std::optional<wire_status> read_prefix(net::h2_session& in);

  std::array<std::uint8_t, prefix_bytes> prefix_{};
  std::size_t prefix_size_ = 0;
  std::size_t announced_ = 0;
  net::body body_;
  net::share memory_;
  const bool gzip_;
  bool needs_memory_ = false; ///< set aside as a whole: it is large, or its connection has too much that is not
  bool set_aside_ = false;
  std::size_t seen_size_ = 0; ///< when `stands_in_the_way` was asked last
  std::uint32_t seen_refusals_ = 0;
};

} // namespace cadenza::bridge
