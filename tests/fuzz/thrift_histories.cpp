#include "target.hpp"

#include "messages/thrift_history.hpp"

using namespace cadenza;

// What was understood is written so that it is understood again, to the same.
FUZZ_TARGET(thrift_histories) {
  const auto events = from_thrift(input);
  if (!events)
    return;
  const auto again = from_thrift(to_thrift(*events));
  REQUIRE(again);
  REQUIRE(events->SerializeAsString().size() == again->SerializeAsString().size());
}
