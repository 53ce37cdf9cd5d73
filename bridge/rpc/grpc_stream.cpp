#include "bridge/rpc/grpc_stream.hpp"

#include "bridge/rpc/grpc_codes.hpp"
#include "bridge/rpc/grpc_intake.hpp"
#include "bridge/rpc/grpc_text.hpp"

#include <google/protobuf/message_lite.h>

#include <array>
#include <chrono>

namespace cadenza::bridge {

namespace {

// Clients take between 8 and 16 KiB of headers. What is too much for them is an error of its own that says nothing.
constexpr std::size_t message_bytes_max = 3 << 10;
constexpr std::size_t details_bytes_max = 4 << 10;

constexpr net::header ok_field{":status", "200"};
constexpr net::header type_field{"content-type", "application/grpc"};

std::array<char, grpc_intake::prefix_bytes> prefix_of(std::size_t size) {
  return {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
          static_cast<char>(size)};
}

} // namespace

bool grpc_head::read(const net::header_list& from, std::int64_t now_ns, wire_status& refused) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto [name, value] = from[i];
    if (name == "grpc-timeout") {
      const auto timeout_ns = grpc_text::parse_timeout(value);
      if (!timeout_ns) {
        refused = {grpc_code::invalid_argument, "the header grpc-timeout cannot be read: " + std::string(value), {}};
        return false;
      }
      const auto unix_ns =
          std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count();
      if (*timeout_ns < INT64_MAX - unix_ns) {
        deadline_ns = unix_ns + *timeout_ns;
        steady_deadline_ns = now_ns + *timeout_ns;
      }
    } else if (name == "grpc-encoding") {
      gzip = value == "gzip";
      if (!gzip && value != "identity") {
        refused = {grpc_code::unimplemented, "messages compressed with " + std::string(value) + " are not taken", {}};
        return false;
      }
    }
  }
  return true;
}

grpc_status_fields::grpc_status_fields(const wire_status& of)
  : message_(grpc_text::encode_message(of.message, message_bytes_max)), details_(grpc_text::encode_binary(of.details)) {
  fields_ = {ok_field, type_field, {"grpc-status", grpc_text::code_text(of.code)}};
  if (!message_.empty())
    fields_.push_back({"grpc-message", message_});
  if (!details_.empty() && details_.size() <= details_bytes_max)
    fields_.push_back({"grpc-status-details-bin", details_});
  if (of.code == grpc_code::unimplemented)
    fields_.push_back({"grpc-accept-encoding", "identity,gzip"});
}

std::span<const net::header> grpc_answer_head() {
  static constexpr net::header fields[]{ok_field, type_field};
  return fields;
}

std::span<const net::header> grpc_good_trailers() {
  static constexpr net::header fields[]{{"grpc-status", "0"}};
  return fields;
}

net::payload_ptr grpc_message(const google::protobuf::MessageLite& message) {
  const auto size = message.ByteSizeLong();
  const auto prefix = prefix_of(size);
  auto out = net::payload::make(prefix.size() + size);
  std::copy(prefix.begin(), prefix.end(), reinterpret_cast<char*>(out->data()));
  message.SerializeWithCachedSizesToArray(out->data() + prefix.size());
  return out;
}

net::payload_ptr grpc_message(std::string serialized) {
  const auto prefix = prefix_of(serialized.size());
  return net::payload::make({prefix.data(), prefix.size()}, std::move(serialized));
}

void grpc_stream::end_with(const wire_status& why) {
  if (!session())
    return;
  const grpc_status_fields fields(why);
  session()->answer(*this, fields.whole_answer(), nullptr);
}

} // namespace cadenza::bridge
