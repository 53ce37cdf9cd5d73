#pragma once

/// gRPC's status codes, for code that does without gRPC's headers.
namespace cadenza::bridge::grpc_code {

inline constexpr int ok = 0;
inline constexpr int unknown = 2;
inline constexpr int invalid_argument = 3;
inline constexpr int deadline_exceeded = 4;
inline constexpr int not_found = 5;
inline constexpr int resource_exhausted = 8;
inline constexpr int unimplemented = 12;
inline constexpr int internal = 13;
inline constexpr int unavailable = 14;

} // namespace cadenza::bridge::grpc_code
