#pragma once

#include "messages/thrift_output.hpp"

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza {

struct thrift_plan;
struct thrift_struct;

/// One field of a struct, with everything known about its counterpart.
struct thrift_step {
  /// How the value changes on its way.
  enum class way : std::uint8_t {
    same,        ///< numbers, strings, bytes
    enumeration, ///< the number there is `offset` less; 0 of the message is absent here
    duration,    ///< google.protobuf.Duration, in units of `unit_seconds`
    nanos,       ///< google.protobuf.Timestamp, since the epoch
    payload,     ///< the bytes of api.v1.Payload
    wrapped,     ///< google.protobuf.Int64Value or DoubleValue
    as_text,     ///< an int32 there, a string here
    always_true, ///< nothing there
    message,     ///< a struct, or a list or map of them
  };

  std::int16_t id = 0;
  thrift_type type = thrift_type::stop;
  thrift_type key = thrift_type::stop;   ///< of a map
  thrift_type inner = thrift_type::stop; ///< of a list's elements, of a map's values
  way how = way::same;
  bool if_set = false; ///< an empty scalar is left out
  bool always = false; ///< an empty list or map is there
  bool masked = false;
  std::int32_t offset = 0;
  std::int32_t unit_seconds = 1;
  std::vector<const google::protobuf::FieldDescriptor*> parents; ///< messages on the way to the field
  const google::protobuf::FieldDescriptor* field = nullptr; ///< null: the struct holds fields of the message itself
  const thrift_plan* nested = nullptr;                      ///< when `how` is message
};

struct thrift_plan {
  const thrift_struct* from = nullptr;
  const google::protobuf::Descriptor* message = nullptr;
  std::vector<thrift_step> steps;                          ///< by id
  const google::protobuf::FieldDescriptor* mask = nullptr; ///< of fields that are told to be there
  std::int16_t kind_id = 0;                                ///< of the field that tells the kind; 0: none does
  std::vector<const google::protobuf::FieldDescriptor*> kinds;

  /// Null when this struct has no such field.
  [[nodiscard]] const thrift_step* find(std::int16_t id) const;
};

/// How the struct `name` of the tables is written; null when they have none. Made once, for the life of the process.
[[nodiscard]] const thrift_plan* thrift_plan_of(std::string_view name);

/// All of them, in no order.
[[nodiscard]] std::vector<const thrift_plan*> all_thrift_plans();

} // namespace cadenza
