#pragma once

#include "messages/thrift_methods.hpp"

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

/// The client's side of calls in Thrift.
namespace cadenza::tests {

[[nodiscard]] const thrift_method& thrift_method_named(std::string_view name);

/// The arguments of a call. `request`: of its RPC.
[[nodiscard]] std::string thrift_arguments(const thrift_method& which, const google::protobuf::Message& request);

struct thrift_reply {
  std::int16_t field = -1; ///< 0: the result; other: an exception; -1: neither
  std::string text;        ///< what the exception's first text says
  std::string wrong;       ///< why it cannot be read
};

/// Reads an answer; a result goes `into` the response of the RPC.
[[nodiscard]] thrift_reply read_thrift_reply(const thrift_method& which, std::string_view body,
                                             google::protobuf::Message& into);

} // namespace cadenza::tests
