#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace cadenza {

/// A message of type `type` on the wire, with the bytes of its text that are no UTF-8 replaced by U+FFFD: in `string`
/// fields at any depth, elements of lists, keys and values of maps included. `bytes` fields, and fields that the type
/// does not have, stay as they are. Nothing when all text is UTF-8, so that something else must be wrong with a message
/// that cannot be parsed, or when `wire` is no message.
///
/// Parsers refuse a message for one such byte, while clients in Go send any text. Walks the whole message and copies
/// it: for messages that could not be parsed, only.
[[nodiscard]] std::optional<std::string> with_readable_text(std::string_view wire,
                                                            const google::protobuf::Descriptor& type);

} // namespace cadenza
