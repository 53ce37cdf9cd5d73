#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How gRPC writes things in headers.
namespace cadenza::bridge::grpc_text {

/// A header `grpc-timeout` ("250m") in nanoseconds; INT64_MAX for what is too long to count. Nothing: it is none.
[[nodiscard]] std::optional<std::int64_t> parse_timeout(std::string_view text);

/// Whether a content type is gRPC's with protobuf inside, which is what it means when it does not say.
[[nodiscard]] bool is_protobuf(std::string_view content_type);

/// A message as the header `grpc-message` holds it: bytes that a header must not contain are percent-encoded. What does
/// not fit into `bytes_max` is cut off, not within a character.
[[nodiscard]] std::string encode_message(std::string_view message, std::size_t bytes_max);

/// Base64 as binary headers hold it, without padding.
[[nodiscard]] std::string encode_binary(std::string_view bytes);

/// A status code as a header's value; "2" (unknown) for what is no code.
[[nodiscard]] std::string_view code_text(int code);

} // namespace cadenza::bridge::grpc_text
