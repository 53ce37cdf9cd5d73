#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <optional>
#include <string>

namespace google::protobuf {
class Descriptor;
}

namespace cadenza::bridge {

/// A request that could not be parsed as a `type`, with readable text (messages/wire_text.hpp); nothing when its text
/// is not what is wrong with it.
[[nodiscard]] std::optional<std::string> with_readable_text(grpc::ByteBuffer& request,
                                                            const google::protobuf::Descriptor& type);

} // namespace cadenza::bridge
