#include "actors/engine/engine_state.hpp"

/// What other clusters of the group ask this one.
namespace cadenza::actors {

void local_engine::serve_cluster(const std::string& from, std::uint32_t, std::string, call_ptr call) {
  call->reject(unavailable("cluster " + from + " is not served yet"));
}

} // namespace cadenza::actors
