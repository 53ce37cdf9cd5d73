#include "bridge/rpc/mended_text.hpp"

#include "messages/wire_text.hpp"

#include <grpcpp/support/proto_buffer_reader.h>

namespace cadenza::bridge {

std::optional<std::string> with_readable_text(grpc::ByteBuffer& request, const google::protobuf::Descriptor& type) {
  std::string bytes;
  bytes.reserve(request.Length());
  grpc::ProtoBufferReader in(&request);
  const void* piece = nullptr;
  int size = 0;
  while (in.Next(&piece, &size))
    bytes.append(static_cast<const char*>(piece), static_cast<std::size_t>(size));
  return cadenza::with_readable_text(bytes, type);
}

} // namespace cadenza::bridge
