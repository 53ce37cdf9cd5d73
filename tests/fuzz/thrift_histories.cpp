#include "target.hpp"

#include "messages/thrift_history.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

using namespace cadenza;

namespace {

/// Maps in order.
std::string bytes_of(const uber::cadence::api::v1::History& events) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  events.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

} // namespace

// What was understood is written so that it is understood again, to the same.
FUZZ_TARGET(thrift_histories) {
  const auto events = from_thrift(input);
  if (!events)
    return;
  const auto again = from_thrift(to_thrift(*events));
  REQUIRE(again);
  REQUIRE(bytes_of(*events) == bytes_of(*again));
}
