#include "actors/history/thrift_batches.hpp"

#include "actors/history/history_reader.hpp"
#include "messages/thrift_history.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

void append(const api::History& events, google::protobuf::RepeatedPtrField<api::DataBlob>& blobs) {
  auto& blob = *blobs.Add();
  blob.set_encoding_type(api::ENCODING_TYPE_THRIFTRW);
  blob.set_data(to_thrift(events));
}

} // namespace

outcome<void> append_thrift_batches(const history_slice& slice,
                                    google::protobuf::RepeatedPtrField<api::DataBlob>& blobs) {
  const auto batches = parse_batches(slice);
  if (!batches)
    return batches.error();
  for (const auto& batch : *batches)
    append(*batch, blobs);
  return {};
}

outcome<void> append_thrift_batch(const std::string& history,
                                  google::protobuf::RepeatedPtrField<api::DataBlob>& blobs) {
  api::History events;
  if (!events.ParseFromString(history))
    return error{error_kind::internal_data_inconsistency, "corrupted history event batch"};
  append(events, blobs);
  return {};
}

} // namespace cadenza::actors
