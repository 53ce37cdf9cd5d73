#include "storage/memory/state.hpp"

#include "messages/invariant.hpp"

#include <deque>

namespace cadenza::storage {

memory_store::state::state(memory_options given) : options(std::move(given)) {
  if (!options.post)
    options.post = [](std::function<void()> f, std::int64_t) { f(); };
}

void memory_store::state::commit(std::string_view operation, int shard, std::vector<std::size_t> lanes, call_ptr call) {
  CADENZA_ASSERT(call->cb && call->apply, "a commit does something, and somebody hears of its end");
  postings out;
  {
    const std::lock_guard guard(mutex);
    call->turn->in = lanes;
    call->answer->in = std::move(lanes);
    answers_.enter(call->answer);
    const bool fresh = waiting_.emplace(call->answer.get(), call).second;
    CADENZA_ASSERT(fresh, "a commit is handed in once");
    if (closed) {
      call->result = refuse_unavailable("the store is closed");
      out.emplace_back([self = shared_from_this(), call] { self->deliver(call); }, 0);
    } else {
      call->fate = ask(true, operation, shard);
      turns_.enter(call->turn);
      waiting_.emplace(call->turn.get(), call);
      const auto come_due = [self = shared_from_this(), call] {
        postings then;
        {
          const std::lock_guard inner(self->mutex);
          self->take_turns(call, then);
        }
        self->post(then);
      };
      if (call->fate.apply_delay_ns > 0)
        out.emplace_back(come_due, call->fate.apply_delay_ns);
      else
        take_turns(call, out);
    }
  }
  post(out);
}

/// Carries out a call whose time has come, and whatever has waited for nothing but it. Needs the lock.
void memory_store::state::take_turns(const call_ptr& first, postings& out) {
  const auto released = turns_.make_ready(first->turn);
  std::deque<memory::lanes::entry_ptr> going(released.begin(), released.end());
  while (!going.empty()) {
    const auto turn = std::move(going.front());
    going.pop_front();
    const auto found = waiting_.find(turn.get());
    CADENZA_ASSERT(found != waiting_.end(), "a commit that is to be carried out is known until it is");
    const auto call = found->second;
    waiting_.erase(found);
    carry_out(*call);
    out.emplace_back([self = shared_from_this(), call] { self->deliver(call); }, call->fate.delay_ns);
    for (auto& next : turns_.leave(turn))
      going.push_back(std::move(next));
  }
}

void memory_store::state::carry_out(commit_call& call) {
  switch (call.fate.what) {
  case fault::kind::none: call.result = call.apply(tables); break;
  case fault::kind::unavailable: call.result = refuse_unavailable("injected fault"); break;
  case fault::kind::unknown_applied: {
    const bool done = call.apply(tables).outcome == status::committed;
    if (done)
      call.fate.history_stays = false;
    call.result = {};
    call.result.outcome = status::unknown_outcome;
    call.result.message = "injected fault";
    break;
  }
  case fault::kind::unknown_not_applied:
    call.result.outcome = status::unknown_outcome;
    call.result.message = "injected fault";
    break;
  }
  if (call.result.outcome == status::committed || !call.fate.history_stays || !call.leave)
    return;
  CADENZA_ASSERT(options.able_to.refused_history_stays,
                 "a store leaves nodes of refused transactions only if it says so");
  call.leave(tables);
}

void memory_store::state::deliver(const call_ptr& call) {
  std::unique_lock guard(mutex);
  const auto released = answers_.make_ready(call->answer);
  std::deque<memory::lanes::entry_ptr> going(released.begin(), released.end());
  while (!going.empty()) {
    const auto answer = std::move(going.front());
    going.pop_front();
    const auto found = waiting_.find(answer.get());
    CADENZA_ASSERT(found != waiting_.end(), "a commit is answered once");
    const auto next = found->second;
    CADENZA_ASSERT(!waiting_.contains(next->turn.get()), "a commit is carried out before it is answered");
    waiting_.erase(found);
    // It leads its lanes until it has returned: what it commits now does not overtake it.
    guard.unlock();
    next->cb(std::move(next->result));
    guard.lock();
    for (auto& other : answers_.leave(answer))
      going.push_back(std::move(other));
  }
}

void memory_store::state::post(postings& everything) {
  for (auto& [what, delay_ns] : everything)
    options.post(std::move(what), delay_ns);
}

} // namespace cadenza::storage
