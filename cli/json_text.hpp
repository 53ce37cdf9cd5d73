#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace cadenza::cli {

using json = nlohmann::ordered_json;

enum class json_style {
  stored,   ///< times as nanoseconds, payloads as base64: nothing is lost
  readable, ///< times as RFC3339, payloads as the JSON or text they hold
};

/// A wire message as JSON with the keys that operators of this protocol know. Unset fields are left out.
[[nodiscard]] json to_json(const google::protobuf::Message& message, json_style style);

/// A payload's bytes: the JSON value they hold, else the text, else base64.
[[nodiscard]] json payload_json(const std::string& bytes);

/// Indented by two blanks; bytes that are not UTF-8 are replaced instead of failing.
[[nodiscard]] std::string pretty(const json& value);

/// On one line.
[[nodiscard]] std::string compact(const json& value);

} // namespace cadenza::cli
