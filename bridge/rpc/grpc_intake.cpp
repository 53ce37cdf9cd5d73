#include "bridge/rpc/grpc_intake.hpp"

#include "bridge/rpc/grpc_codes.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace {

constexpr std::size_t small_bytes_max = 128 << 10; // fits into the window that a client has from the start
constexpr std::size_t progress_bytes_min = 16 << 10;
constexpr std::int32_t large_window_bytes = 2 << 20;

std::size_t length_of(const std::uint8_t* prefix) {
  return static_cast<std::size_t>(prefix[1]) << 24 | static_cast<std::size_t>(prefix[2]) << 16 |
         static_cast<std::size_t>(prefix[3]) << 8 | prefix[4];
}

} // namespace

wire_status grpc_intake::out_of_memory() {
  return {grpc_code::resource_exhausted, "the server has no memory for the request right now; try again", {}};
}

wire_status grpc_intake::too_large(const std::string& what, std::int64_t bytes_max) {
  return {grpc_code::invalid_argument,
          what + ": no more than " + std::to_string(bytes_max) + " are taken (services.frontend.rpc.grpcMaxMsgSize)",
          {}};
}

std::optional<std::size_t> grpc_intake::whole_in(std::string_view bytes) {
  if (bytes.size() < prefix_bytes || bytes.size() > small_bytes_max || bytes.front() != 0)
    return std::nullopt;
  const auto length = length_of(reinterpret_cast<const std::uint8_t*>(bytes.data()));
  return length == bytes.size() - prefix_bytes ? std::optional(length) : std::nullopt;
}

std::optional<wire_status> grpc_intake::read_prefix(net::h2_session& in) {
  announced_ = length_of(prefix_.data());
  if (prefix_.front() > 1 || (compressed() && !gzip_))
    return wire_status{grpc_code::internal, "the message is compressed, but the request does not say how", {}};
  const auto bytes_max = in.shared().how.message_bytes_max;
  if (static_cast<std::int64_t>(announced_) > bytes_max) {
    in.shared().counts.refused(net::refusal::message_bytes);
    return too_large("the message has " + std::to_string(announced_) + " bytes", bytes_max);
  }
  needs_memory_ = announced_ > small_bytes_max;
  seen_refusals_ = memory_.of().times_refused();
  return std::nullopt;
}

std::optional<wire_status> grpc_intake::add(net::h2_session& in, net::h2_stream& of, std::string_view bytes) {
  if (prefix_size_ < prefix_bytes) {
    const auto part = std::min(prefix_bytes - prefix_size_, bytes.size());
    std::copy_n(bytes.begin(), part, prefix_.begin() + static_cast<std::ptrdiff_t>(prefix_size_));
    prefix_size_ += part;
    bytes.remove_prefix(part);
    in.take_more(of, part);
    if (prefix_size_ < prefix_bytes)
      return std::nullopt;
    if (auto refused = read_prefix(in))
      return refused;
  }
  if (bytes.size() > announced_ - body_.size())
    return wire_status{grpc_code::internal, "the request has more than one message", {}};
  if (bytes.empty())
    return std::nullopt;
  // Before its first part asks for a little: the whole may have room where that has none.
  const bool waited = waits_for_memory();
  if (waited)
    try_to_set_aside(in, of);
  if (set_aside_) {
    in.take_more(of, bytes.size());
  } else if (memory_.take_little(static_cast<std::int64_t>(bytes.size()))) {
    in.hold(of, static_cast<std::int64_t>(bytes.size()));
  } else {
    in.shared().counts.refused(net::refusal::request_bytes);
    return out_of_memory();
  }
  body_.append(bytes, announced_);
  // Small ones without number would wait for one another's windows and never be whole.
  needs_memory_ = needs_memory_ || (in.holds_too_much() && !whole());
  if (!waited && waits_for_memory())
    try_to_set_aside(in, of);
  return std::nullopt;
}

void grpc_intake::try_to_set_aside(net::h2_session& in, net::h2_stream& of) {
  const auto here = static_cast<std::int64_t>(body_.size());
  if (!memory_.take_even_beyond(static_cast<std::int64_t>(announced_) - memory_.bytes()))
    return;
  set_aside_ = true;
  seen_refusals_ = memory_.of().times_refused(); // its time begins now
  seen_size_ = body_.size();
  in.hold(of, -here);
  in.take_more(of, body_.size());
  if (announced_ > small_bytes_max) {
    in.expect(of);
    in.widen(of, large_window_bytes);
  }
}

bool grpc_intake::stands_in_the_way() {
  const auto refusals = memory_.of().times_refused();
  const bool short_of_memory = refusals != seen_refusals_ || memory_.of().full();
  const bool stalled = body_.size() < seen_size_ + progress_bytes_min && !waits_for_memory();
  seen_refusals_ = refusals;
  seen_size_ = body_.size();
  return short_of_memory && stalled;
}

} // namespace cadenza::bridge
