#pragma once

#include "actors/history/history_cache.hpp"
#include "messages/outcome.hpp"

#include "uber/cadence/api/v1/common.pb.h"

namespace cadenza::actors {

/// The stored batches of a slice in Thrift, one blob each, behind what `blobs` has. internal_data_inconsistency when a
/// batch cannot be parsed.
[[nodiscard]] outcome<void>
append_thrift_batches(const history_slice& slice,
                      google::protobuf::RepeatedPtrField<uber::cadence::api::v1::DataBlob>& blobs);

/// One batch more: serialized events of an api.v1.History.
[[nodiscard]] outcome<void>
append_thrift_batch(const std::string& history,
                    google::protobuf::RepeatedPtrField<uber::cadence::api::v1::DataBlob>& blobs);

} // namespace cadenza::actors
