#include "workflow/transaction.hpp"

#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/apply.hpp"
#include "workflow/event_kinds.hpp"
#include "workflow/isolation.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>

namespace cadenza::workflow {
namespace {

/// Versions never fall along a branch, and a closed run is not written by a new version.
std::int64_t version_to_write(const run& r, const environment& env) {
  const auto now = env.domain->version();
  if (r.head().version_histories().branches().empty())
    return now;
  const auto last = last_version(r.current_branch());
  if (!last)
    return now;
  return r.closed() ? *last : std::max(*last, now);
}

} // namespace

transaction::transaction(run& subject, const environment& env, event_source& events)
  : run_(subject), env_(env), events_(events), version_(version_to_write(subject, env)), saved_head_(subject.head_) {}

transaction::~transaction() {
  if (!closed_)
    undo();
}

void transaction::undo() {
  run_.head_ = saved_head_;
  if (saved_fixed_)
    run_.fixed_ = std::move(*saved_fixed_);
  saved_fixed_.reset();
  run_.activities_.undo();
  run_.timers_.undo();
  run_.children_.undo();
  run_.cancel_requests_.undo();
  run_.signals_.undo();
  run_.signal_requests_.undo();
  run_.buffered_.undo();
  batches_.clear();
  unnumbered_.clear();
  fired_.reset();
  out_ = changes();
  missing_.reset();
  aside_.clear();
  txn_ids_.clear();
  too_large_ = 0;
}

void transaction::restart() {
  CADENZA_ASSERT(!closed_, "a closed transaction cannot start over");
  undo();
}

const api::HistoryEvent* transaction::event(std::int64_t event_id, std::int64_t batch_first_id) {
  for (const auto& batch : batches_) {
    if (batch->events().empty())
      continue;
    const auto at = event_id - batch->events(0).event_id();
    if (at >= 0 && at < batch->events_size())
      return &batch->events(static_cast<int>(at));
  }
  const auto* found = events_.find(event_id, batch_first_id);
  CADENZA_ASSERT(found == nullptr || found->event_id() == event_id, "an event is found under its own id");
  if (found == nullptr)
    missing_ = missing_event{event_id, batch_first_id};
  return found;
}

const api::HistoryEvent& transaction::add(api::HistoryEvent e) { return add_at(std::move(e), env_.now_ns); }

const api::HistoryEvent& transaction::add_at(api::HistoryEvent e, std::int64_t time_ns) {
  const auto type = e.attributes_case();
  CADENZA_ASSERT(type != api::HistoryEvent::ATTRIBUTES_NOT_SET, "an event has a type");
  CADENZA_ASSERT(!closed_, "events belong to an open transaction");
  CADENZA_ASSERT(!passive_, "who takes over what another cluster wrote writes nothing of its own");
  CADENZA_ASSERT(!run_.closed(), "a closed run gets no more events");
  e.set_version(version_);
  set_time(*e.mutable_event_time(), time_ns);
  if (bufferable(type)) {
    e.set_event_id(buffered_event_id);
    unnumbered_.push_back(std::move(e));
    const auto& stored = unnumbered_.back();
    apply(*this, stored, batch_first_id());
    return stored;
  }
  CADENZA_ASSERT(!run_.has_started_decision() || !made_by_decision(type),
                 "events made by decisions come after the decision is over");
  append(std::move(e), run_.head_.next_event_id());
  const auto& batch = *batches_.back();
  const auto& stored = batch.events(batch.events_size() - 1);
  apply(*this, stored, batch.events(0).event_id());
  return stored;
}

api::History& transaction::open_batch() {
  if (batches_.empty())
    batches_.push_back(std::make_shared<api::History>());
  return *batches_.back();
}

void transaction::append(api::HistoryEvent&& e, std::int64_t event_id) {
  e.set_event_id(event_id);
  auto& batch = open_batch();
  CADENZA_ASSERT(batch.events().empty() || batch.events().rbegin()->event_id() + 1 == event_id,
                 "the events of a batch follow each other without a gap");
  *batch.add_events() = std::move(e);
  run_.head_.set_next_event_id(event_id + 1);
}

std::int64_t transaction::batch_first_id() const {
  if (batches_.empty() || batches_.back()->events().empty())
    return run_.head_.next_event_id();
  return batches_.back()->events(0).event_id();
}

void transaction::start_new_batch() {
  if (!batches_.empty() && !batches_.back()->events().empty())
    batches_.push_back(std::make_shared<api::History>());
}

bool transaction::has_new_events() const {
  return !unnumbered_.empty() ||
         std::any_of(batches_.begin(), batches_.end(), [](const auto& batch) { return !batch->events().empty(); });
}

rec::TransferTask& transaction::add_transfer(rec::TransferType type) {
  CADENZA_ASSERT(!closed_, "a transaction that has closed has written its tasks");
  auto& task = out_.transfer.emplace_back();
  task.set_format(1);
  task.set_type(type);
  task.set_domain_id(run_.key_.domain_id.raw());
  task.set_workflow_id(run_.key_.workflow_id);
  task.set_run_id(run_.key_.run_id.raw());
  task.set_version(version_);
  task.set_created_ns(env_.now_ns);
  if (type == rec::TRANSFER_DECISION || type == rec::TRANSFER_ACTIVITY)
    note_isolation_group(task, run_);
  return task;
}

rec::TimerTask& transaction::add_timer(rec::TimerType type, std::int64_t fire_ns) {
  CADENZA_ASSERT(!closed_, "a transaction that has closed has written its timers");
  // Whole milliseconds, and never before the time that was asked for.
  const auto whole_ms = [](std::int64_t ns) {
    return (std::min(ns, INT64_MAX - ns_per_ms) + ns_per_ms - 1) / ns_per_ms * ns_per_ms;
  };
  const auto earliest = whole_ms(env_.now_ns + ns_per_ms);
  auto& task = out_.timers.emplace_back();
  task.set_format(1);
  task.set_type(type);
  task.set_domain_id(run_.key_.domain_id.raw());
  task.set_workflow_id(run_.key_.workflow_id);
  task.set_run_id(run_.key_.run_id.raw());
  task.set_version(version_);
  task.set_fire_ns(std::max(whole_ms(fire_ns), earliest));
  return task;
}

rec::RunFixed& transaction::edit_fixed() {
  CADENZA_ASSERT(!closed_, "the fixed row of a run is written with the transaction that changes it");
  if (!saved_fixed_)
    saved_fixed_ = run_.fixed_;
  return run_.fixed_;
}

void transaction::set_state(int state, int status) {
  const int from = run_.head_.state();
  const bool running = status == close_status::none;
  bool legal = false;
  switch (from) {
  case run_state::none: legal = (state == run_state::completed) != running; break;
  case run_state::created:
    legal = state == run_state::completed ? status == close_status::terminated || status == close_status::timed_out ||
                                                status == close_status::continued_as_new
                                          : running;
    break;
  case run_state::running:
    legal = state == run_state::completed ? !running : running && state != run_state::created;
    break;
  case run_state::completed: legal = state == run_state::completed && status == run_.head_.close_status(); break;
  case run_state::zombie: legal = state == run_state::completed ? !running : running; break;
  default: break;
  }
  CADENZA_ASSERT(legal, "a run changes its state only along the legal transitions");
  run_.head_.set_state(state);
  run_.head_.set_close_status(status);
}

void transaction::set_successor(std::unique_ptr<successor> next) {
  CADENZA_ASSERT(next && next->state, "a successor has a run");
  CADENZA_ASSERT(!out_.next, "a run has one successor");
  CADENZA_ASSERT(next->state->key().run_id != run_.key_.run_id &&
                     next->state->key().workflow_id == run_.key_.workflow_id,
                 "a run is followed by another run of its workflow id");
  out_.next = std::move(next);
}

void transaction::set_version_histories(rec::VersionHistories histories) {
  CADENZA_ASSERT(batches_.empty(), "all events of a transaction go to one branch of history");
  *run_.head_.mutable_version_histories() = std::move(histories);
  if (!run_.closed())
    version_ = std::max(version_, last_version(run_.current_branch()).value_or(version_));
}

} // namespace cadenza::workflow
