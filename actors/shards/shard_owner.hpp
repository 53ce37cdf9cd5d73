#pragma once

#include "actors/base/restart_backoff.hpp"
#include "actors/base/supervised.hpp"
#include "actors/runs/shard_mail.hpp"

#include <unordered_map>
#include <vector>

namespace cadenza::actors {

/// What the shard owner does for one shard.
struct start_shard {
  int index = 0;
};

/// Holds the history shards of this node and watches over them: a shard that dies is made again, after a growing pause,
/// and takes a higher range id. Through the shards it watches over the runs.
///
/// Death: the shards die with it; the node makes it anew, and it takes all of them again.
class shard_owner final : public supervised_actor {
public:
  shard_owner(caf::actor_config& cfg, const services& env);

  const char* name() const override { return "shard_owner"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  void start(int index);

  const services& env_;
  std::vector<caf::actor> shards_;
  std::vector<restart_backoff> backoff_;
  std::unordered_map<caf::actor_addr, int> by_address_;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::start_shard)
