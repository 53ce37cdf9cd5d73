#pragma once

#include "messages/outcome.hpp"
#include "messages/thrift_methods.hpp"

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadenza {

/// What some clients put around the arguments of a call, and expect around its result.
struct thrift_envelope {
  enum class form : std::uint8_t {
    none,
    strict,    ///< begins with a version
    old_style, ///< begins with the method's name
  };
  form how = form::none;
  std::string name;
  std::int32_t sequence = 0;
};

/// Reads the arguments of a call of `which` into the request of its RPC. `mended`: some text was not UTF-8, and what is
/// readable of it was taken. bad_request when the bytes are no such call.
[[nodiscard]] outcome<void> read_thrift_call(const thrift_method& which, std::string_view body,
                                             google::protobuf::Message& into, thrift_envelope& around, bool& mended);

/// What a call that went well is answered with. `response`: of its RPC.
[[nodiscard]] std::string write_thrift_result(const thrift_method& which, const thrift_envelope& around,
                                              const google::protobuf::Message& response);

/// What a call that failed is answered with; nothing: the method does not declare such a failure.
[[nodiscard]] std::optional<std::string> write_thrift_exception(const thrift_method& which,
                                                                const thrift_envelope& around, const error& reason);

/// The name of the struct that says it: "EntityNotExistsError"; "" when there is none.
[[nodiscard]] std::string_view thrift_exception_name(error_kind kind);

} // namespace cadenza
