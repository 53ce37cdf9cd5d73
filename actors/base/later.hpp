#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/call.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <functional>

namespace cadenza::actors {

/// Holds back a call for a while, then hands it on and ends. Ends at once, and drops the call, when the caller goes
/// away or the actor that it is for dies.
class later final : public caf::event_based_actor {
public:
  /// `go` runs on this actor. `patron`: dies with it.
  later(caf::actor_config& cfg, const actor_context& env, std::int64_t delay_ns, call_ptr held,
        std::function<void(call_ptr)> go, const caf::actor& patron);

  const char* name() const override { return "later"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  const actor_context& env_;
  const std::int64_t delay_ns_;
  call_ptr held_;
  std::function<void(call_ptr)> go_;
  caf::actor patron_;
};

} // namespace cadenza::actors
