#pragma once

#include "actors/base/call.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <cstdint>
#include <string>

namespace cadenza::actors {

/// Another cluster asks a shard for the tasks behind those that it has.
struct feed_request {
  std::string from; ///< the cluster that asks
  wire::v1::FeedRequest asked;
  call_ptr call;                   ///< wire.v1.FeedPage
  std::int64_t waits_until_ns = 0; ///< then it is answered, though there is nothing
};

} // namespace cadenza::actors
