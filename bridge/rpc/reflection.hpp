#pragma once

#include <string>
#include <vector>

namespace grpc::reflection::v1alpha {
class ServerReflectionRequest;
class ServerReflectionResponse;
} // namespace grpc::reflection::v1alpha

namespace cadenza::bridge {

/// Answers one question of the reflection protocol from the descriptors that are linked in. `services` are those that
/// the server tells of.
[[nodiscard]] grpc::reflection::v1alpha::ServerReflectionResponse
reflect(const grpc::reflection::v1alpha::ServerReflectionRequest& question,
        const std::vector<std::string>& rpc_context);

} // namespace cadenza::bridge
