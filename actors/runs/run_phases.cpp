#include "actors/runs/workflow_run.hpp"

#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <string>

namespace cadenza::actors {

namespace {

constexpr std::int64_t actor_bytes = 2048;

} // namespace

const char* workflow_run::name_of(phase of) {
  switch (of) {
  case phase::fresh: return "fresh";
  case phase::making: return "making";
  case phase::absent: return "absent";
  case phase::loading: return "loading";
  case phase::outdated: return "outdated";
  case phase::ready: return "ready";
  case phase::fetching: return "fetching";
  case phase::committing: return "committing";
  case phase::left: return "left";
  }
  return "none";
}

bool workflow_run::may_follow(phase before, phase after) {
  using enum phase;
  switch (before) {
  case fresh: return after == making || after == left;                         // written; the command would not make it
  case making: return after == ready || after == left;                         // made; refused
  case absent: return after == loading || after == left;                       // needed; not needed any more
  case loading: return after == ready || after == absent || after == outdated; // read; not readable; written meanwhile
  case outdated: return after == loading;
  case ready: return after == fetching || after == committing || after == absent || after == left;
  case fetching: return after == ready || after == absent;   // read; written by an earlier actor
  case committing: return after == ready || after == absent; // stored; not stored
  case left: return false;
  }
  return false;
}

void workflow_run::become(phase next) {
  CADENZA_ASSERT(may_follow(phase_, next), std::string("a run that is ") + name_of(phase_) + " does not become " +
                                               name_of(next) + "; run " + key_.run_id.str());
  phase_ = next;
  const bool in_memory = next == phase::fresh || next == phase::ready || next == phase::fetching || writing();
  CADENZA_ASSERT(next == phase::left || in_memory == (state_ != nullptr),
                 std::string("a run that is ") + name_of(next) + (in_memory ? " has a state" : " has no state"));
  CADENZA_ASSERT(writing() == (committing_ != nullptr), "a command is under way while its write is, and only then");
  CADENZA_ASSERT((next == phase::fetching) == wanted_.has_value(), "an event is wanted while it is being read");
}

// ---------------------------------------------------------------- leaving memory

void workflow_run::handle(leave_memory&) {
  const bool still = phase_ == phase::ready || phase_ == phase::absent;
  if (!still || !queue_.empty() || !waiters_.empty() || !queries_.empty()) {
    report_use();
    return;
  }
  become(phase::left);
  caf::anon_send(shard_, make_shard_mail(run_left{key_}));
}

void workflow_run::handle(quit_now&) {
  for (auto& command : queue_)
    send_back(std::move(command), false);
  queue_.clear();
  quit();
}

void workflow_run::report_use() {
  const auto bytes = actor_bytes + static_cast<std::int64_t>(cache_.bytes()) +
                     (state_ ? static_cast<std::int64_t>(state_->memory_bytes()) : 0);
  const auto others =
      env_.counters->run_bytes.fetch_add(bytes - reported_bytes_, std::memory_order_relaxed) - reported_bytes_;
  CADENZA_ASSERT(others >= 0, "what runs take of memory is counted once, and counted off once");
  reported_bytes_ = bytes;
  caf::anon_send(shard_, make_shard_mail(run_used{key_, bytes, state_ && !state_->open() && !is_new()}));
}

} // namespace cadenza::actors
