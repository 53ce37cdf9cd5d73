#pragma once

#include "actors/base/other_nodes.hpp"

#include <cstdint>

namespace cadenza::simulation {

class world;

/// The wire between two nodes, which are one here: what is far, and all from run to run, comes back to the same engine,
/// as bytes and through the weather. The seed chooses what is far: nothing, half of the lists and runs, or all of them.
class far_wire final : public actors::other_nodes {
public:
  far_wire(world& of, std::uint64_t seed);

  [[nodiscard]] bool any() const override { return far_ != far::nothing; }
  [[nodiscard]] bool write() const override { return false; } // the same process
  [[nodiscard]] bool list_is_far(const storage::task_list_key& list) const override;
  [[nodiscard]] bool run_is_far(const workflow_key& workflow) const override;
  void carry(actors::matching_message_ptr message) override;
  [[nodiscard]] bool carried(const actors::run_message_ptr& message) override;

private:
  enum class far { nothing, half, everything };

  world& world_;
  const far far_;
};

} // namespace cadenza::simulation
