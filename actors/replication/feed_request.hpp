#pragma once

#include "actors/base/call.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <string>

namespace cadenza::actors {

/// Another cluster asks a shard for the tasks behind those that it has.
struct feed_request {
  std::string from; ///< the cluster that asks
  wire::v1::FeedRequest asked;
  call_ptr call; ///< wire.v1.FeedPage
};

} // namespace cadenza::actors
