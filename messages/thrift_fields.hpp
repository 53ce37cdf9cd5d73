#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza {

/// A field of a Thrift struct and the field of a protobuf message that says the same.
struct thrift_field {
  enum option : std::uint8_t {
    plain,
    wide,   ///< an i64 where the message has an int32 or a duration
    if_set, ///< left out when empty; other strings are always there
  };

  std::int16_t id = 0;
  std::string path; ///< names from the message down, with points between: "failure.reason"
  option how = plain;
};

/// How a message of uber.cadence.api.v1 is written as a struct of Cadence's Thrift contract.
struct thrift_struct {
  std::string message;              ///< without its package; the struct has the same name
  std::vector<thrift_field> fields; ///< by id
};

/// Every message that a history may hold.
[[nodiscard]] const std::vector<thrift_struct>& thrift_structs();

/// The kinds of events, each by the name of its attributes in HistoryEvent, in the order of Thrift's EventType.
[[nodiscard]] const std::vector<std::string_view>& thrift_event_types();

} // namespace cadenza
