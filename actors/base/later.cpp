#include "actors/base/later.hpp"

#include "actors/base/supervised.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <chrono>

namespace cadenza::actors {

namespace {
using due_atom = caf::atom_constant<caf::atom("due")>;
} // namespace

later::later(caf::actor_config& cfg, const actor_context& env, std::int64_t delay_ns, call_ptr held,
             std::function<void(call_ptr)> go, const caf::actor& patron)
  : caf::event_based_actor(cfg), env_(env), delay_ns_(delay_ns), held_(std::move(held)), go_(std::move(go)),
    patron_(patron) {
  CADENZA_ASSERT(held_ && go_, "what is done later is something, for a call that waits");
}

void later::on_exit() {
  held_.reset();
  go_ = nullptr;
  patron_ = nullptr;
}

caf::behavior later::make_behavior() {
  log_exceptions(*this, env_, "later");
  link_to(patron_);
  // Whoever takes the call next puts a hook of its own in the place of this one.
  held_->on_cancel([self = caf::actor_cast<caf::actor>(this)] { caf::anon_send_exit(self, caf::exit_reason::kill); });
  delayed_send(this, std::chrono::nanoseconds(delay_ns_), due_atom::value);
  return {
      [this](due_atom) {
        go_(std::move(held_));
        unlink_from(patron_);
        quit();
      },
  };
}

} // namespace cadenza::actors
