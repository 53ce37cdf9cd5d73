#include "actors/cluster/domain_feed.hpp"
#include "actors/engine/engine_state.hpp"

/// What other clusters of the group ask this one.
namespace cadenza::actors {

void local_engine::serve_cluster(const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call) {
  if (kind == cluster_kind::domains)
    return serve_domains(state_->env, from, bytes, std::move(call));
  call->reject(unavailable("cluster " + from + " is not served yet"));
}

} // namespace cadenza::actors
