#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <string>

namespace cadenza::actors {

/// Appends a length-delimited field to a serialized message: stored events go into answers as the bytes they are.
inline void append_field(std::string& message, int field, const std::string& bytes) {
  google::protobuf::io::StringOutputStream stream(&message);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.WriteTag(static_cast<std::uint32_t>(field) << 3 | 2);
  out.WriteVarint32(static_cast<std::uint32_t>(bytes.size()));
  out.WriteString(bytes);
}

} // namespace cadenza::actors
