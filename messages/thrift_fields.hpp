#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace cadenza {

/// A field of a Thrift struct and the field of a protobuf message that says the same.
struct thrift_field {
  enum option : std::uint8_t {
    plain = 0,
    wide = 1,         ///< an i64 where the message has an int32 or a duration
    days = 2,         ///< a duration in whole days, not in seconds
    if_set = 4,       ///< left out when it is empty or zero; other scalars are always there
    always = 8,       ///< a list or map that is there when it is empty, too
    as_text = 16,     ///< a number of the message as a text
    masked = 32,      ///< there when the message's `update_mask` names it
    always_true = 64, ///< of no message: written as true, passed over when it is read
  };

  std::int16_t id = 0;
  std::string_view
      path;        ///< names from the message down, with points between: "failure.reason"; ".": the message itself
  int how = plain; ///< options
  std::string_view as = {}; ///< the struct that it holds, where it is not the one of the field's message
};

/// How a message of the protobuf contract is written as a struct of Cadence's Thrift contract. A struct whose fields
/// are spread over several messages, or are the same for several, is here once for each.
struct thrift_struct {
  std::string_view name; ///< of the struct, or a name of our own; those of other files with the file: "admin.HostInfo"
  std::vector<thrift_field> fields;  ///< by id
  std::string_view message = {};     ///< without its package; empty: as the struct
  std::string_view struct_name = {}; ///< in the contract, where `name` is our own
};

[[nodiscard]] const std::vector<thrift_struct>& thrift_events();
[[nodiscard]] const std::vector<thrift_struct>& thrift_decisions();
[[nodiscard]] const std::vector<thrift_struct>& thrift_workflow();
[[nodiscard]] const std::vector<thrift_struct>& thrift_worker();
[[nodiscard]] const std::vector<thrift_struct>& thrift_domains();
[[nodiscard]] const std::vector<thrift_struct>& thrift_schedules();
[[nodiscard]] const std::vector<thrift_struct>& thrift_admin();

/// A field that tells which of a struct's other fields is there. The message tells it by its oneof.
struct thrift_kinds {
  std::string_view of; ///< struct
  std::int16_t id = 0;
  std::vector<std::string_view> fields; ///< of the message, in the order of the Thrift enumeration
};

/// EventType and DecisionType.
[[nodiscard]] const std::vector<thrift_kinds>& all_thrift_kinds();

} // namespace cadenza
