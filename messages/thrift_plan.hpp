#pragma once

#include "messages/thrift_output.hpp"

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <vector>

namespace cadenza {

struct thrift_plan;

/// One field of a struct, with everything known about its counterpart.
struct thrift_step {
  /// How the value changes on its way.
  enum class way : std::uint8_t {
    same,        ///< numbers, strings, bytes, lists and maps of strings
    enumeration, ///< Thrift counts from 0, the message from 1; 0 there is absent here
    seconds,     ///< google.protobuf.Duration
    nanos,       ///< google.protobuf.Timestamp, since the epoch
    payload,     ///< the bytes of api.v1.Payload
    message,     ///< a struct, or a list of them
  };

  std::int16_t id = 0;
  thrift_type type = thrift_type::stop;
  thrift_type inner = thrift_type::stop; ///< of a list's elements, of a map's values
  way how = way::same;
  bool if_set = false;                                           ///< an empty string is left out
  std::vector<const google::protobuf::FieldDescriptor*> parents; ///< messages on the way to the field
  const google::protobuf::FieldDescriptor* field = nullptr;
  const thrift_plan* nested = nullptr; ///< when `how` is message
};

struct thrift_plan {
  std::vector<thrift_step> steps;

  /// Null when this struct has no such field.
  [[nodiscard]] const thrift_step* find(std::int16_t id) const;
};

/// How `message`, one of thrift_structs(), is written. Made once, for the life of the process.
[[nodiscard]] const thrift_plan& thrift_plan_of(const google::protobuf::Descriptor& message);

} // namespace cadenza
