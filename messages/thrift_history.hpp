#pragma once

#include "messages/outcome.hpp"

#include "uber/cadence/api/v1/history.pb.h"

#include <string>
#include <string_view>

namespace cadenza {

/// Events as a batch in the encoding THRIFTRW, which is what Cadence's clients and clusters know: a version byte, then
/// the struct History in Thrift's binary protocol. What the Thrift contract has no place for is left out (the parent's
/// domain id).
[[nodiscard]] std::string to_thrift(const uber::cadence::api::v1::History& events);

/// The same backwards, for bytes from outside. Fields that are not known are passed over. bad_request when the bytes
/// are not such a batch.
[[nodiscard]] outcome<uber::cadence::api::v1::History> from_thrift(std::string_view batch);

} // namespace cadenza
