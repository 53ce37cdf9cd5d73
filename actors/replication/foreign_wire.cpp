#include "actors/replication/foreign_wire.hpp"

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;

template <class Told> outcome<run_key> key_of(const Told& told) {
  const auto domain = uuid::parse_raw(told.domain_id());
  const auto run = uuid::parse_raw(told.run_id());
  if (!domain || !run || told.workflow_id().empty())
    return bad_request("Another cluster has told of a run without saying which.");
  return run_key{*domain, told.workflow_id(), *run};
}

template <class Wire> void set_key(Wire& out, const run_key& key) {
  out.set_domain_id(key.domain_id.raw());
  out.set_workflow_id(key.workflow_id);
  out.set_run_id(key.run_id.raw());
}

void set_items(record::v1::VersionBranch& out, const record::v1::VersionBranch& items) {
  *out.mutable_items() = items.items();
}

outcome<std::shared_ptr<api::History>> parse(const std::string& bytes) {
  auto events = std::make_shared<api::History>();
  if (!events->ParseFromString(bytes) || events->events().empty())
    return bad_request("A batch of another cluster has no events that can be read.");
  return events;
}

} // namespace

wire::v1::ForeignBatch to_wire(const replication::foreign_batch& batch) {
  wire::v1::ForeignBatch out;
  set_key(out, batch.key);
  set_items(*out.mutable_items(), batch.items);
  out.set_events(batch.events->SerializeAsString());
  if (batch.new_run_events)
    out.set_new_run_events(batch.new_run_events->SerializeAsString());
  return out;
}

outcome<replication::foreign_batch> from_wire(const wire::v1::ForeignBatch& told) {
  replication::foreign_batch out;
  auto key = key_of(told);
  if (!key)
    return key.error();
  out.key = *std::move(key);
  set_items(out.items, told.items());
  auto events = parse(told.events());
  if (!events)
    return events.error();
  out.events = *std::move(events);
  if (!told.new_run_events().empty()) {
    auto next = parse(told.new_run_events());
    if (!next)
      return next.error();
    out.new_run_events = *std::move(next);
  }
  return out;
}

wire::v1::ForeignActivity to_wire(const replication::foreign_activity& activity) {
  const auto& state = activity.state;
  wire::v1::ForeignActivity out;
  set_key(out, activity.key);
  set_items(*out.mutable_items(), activity.items);
  out.set_schedule_id(state.schedule_id);
  out.set_version(state.version);
  out.set_scheduled_ns(state.scheduled_ns);
  out.set_schedule_to_close_base_ns(state.schedule_to_close_base_ns);
  out.set_started_id(state.started_id);
  out.set_started_ns(state.started_ns);
  out.set_last_heartbeat_ns(state.last_heartbeat_ns);
  out.set_has_details(state.details.has_value());
  if (state.details)
    out.set_details(*state.details);
  out.set_attempt(state.attempt);
  out.set_last_failure_reason(state.last_failure_reason);
  out.set_last_failure_details(state.last_failure_details);
  out.set_last_worker_identity(state.last_worker_identity);
  return out;
}

outcome<replication::foreign_activity> from_wire(const wire::v1::ForeignActivity& told) {
  replication::foreign_activity out;
  auto key = key_of(told);
  if (!key)
    return key.error();
  out.key = *std::move(key);
  set_items(out.items, told.items());
  auto& state = out.state;
  state.schedule_id = told.schedule_id();
  state.version = told.version();
  state.scheduled_ns = told.scheduled_ns();
  state.schedule_to_close_base_ns = told.schedule_to_close_base_ns();
  state.started_id = told.started_id();
  state.started_ns = told.started_ns();
  state.last_heartbeat_ns = told.last_heartbeat_ns();
  if (told.has_details())
    state.details = told.details();
  state.attempt = told.attempt();
  state.last_failure_reason = told.last_failure_reason();
  state.last_failure_details = told.last_failure_details();
  state.last_worker_identity = told.last_worker_identity();
  return out;
}

wire::v1::KnownRun to_wire(const replication::known_run& run) {
  wire::v1::KnownRun out;
  out.set_run_id(run.run.raw());
  *out.mutable_last() = run.last;
  return out;
}

outcome<replication::known_run> from_wire(const wire::v1::KnownRun& told) {
  const auto id = uuid::parse_raw(told.run_id());
  if (!id)
    return bad_request("Another cluster has told of a run without saying which.");
  return replication::known_run{*id, told.last()};
}

wire::v1::EventsRequest to_wire(const run_key& run, const replication::event_range& range) {
  wire::v1::EventsRequest out;
  set_key(out, run);
  if (range.after)
    *out.mutable_after() = *range.after;
  if (range.before)
    *out.mutable_before() = *range.before;
  return out;
}

replication::event_range range_of(const wire::v1::EventsRequest& asked) {
  replication::event_range out;
  if (asked.has_after())
    out.after = asked.after();
  if (asked.has_before())
    out.before = asked.before();
  return out;
}

outcome<workflow_key> workflow_of(const wire::v1::FeedItem& item) {
  const auto key = [](const auto& told) -> outcome<workflow_key> {
    const auto domain = uuid::parse_raw(told.domain_id());
    if (!domain || told.workflow_id().empty())
      return bad_request("Another cluster has told of a run without saying which.");
    return workflow_key{*domain, told.workflow_id()};
  };
  switch (item.what_case()) {
  case wire::v1::FeedItem::kBatch: return key(item.batch());
  case wire::v1::FeedItem::kActivity: return key(item.activity());
  case wire::v1::FeedItem::WHAT_NOT_SET: break;
  }
  return bad_request("Another cluster has told of something that is not known here.");
}

wire::v1::SignalsRequest to_wire(const workflow_key& workflow, const told_signals& told) {
  wire::v1::SignalsRequest out;
  out.set_domain_id(workflow.domain_id.raw());
  out.set_workflow_id(workflow.workflow_id);
  *out.mutable_origin() = to_wire(told.origin);
  if (told.winner)
    *out.mutable_winner() = to_wire(*told.winner);
  uber::cadence::api::v1::History events;
  for (const auto& signal : told.events)
    *events.add_events() = signal;
  out.set_events(events.SerializeAsString());
  return out;
}

outcome<told_signals> from_wire(const wire::v1::SignalsRequest& asked) {
  if (!uuid::parse_raw(asked.domain_id()) || asked.workflow_id().empty())
    return bad_request("Signals of another cluster are of no domain.");
  auto origin = from_wire(asked.origin());
  if (!origin)
    return origin.error();
  told_signals out{*std::move(origin), std::nullopt, {}};
  if (asked.has_winner()) {
    auto winner = from_wire(asked.winner());
    if (!winner)
      return winner.error();
    out.winner = *std::move(winner);
  }
  uber::cadence::api::v1::History events;
  if (!events.ParseFromString(asked.events()))
    return bad_request("Signals of another cluster cannot be read.");
  out.events.assign(events.events().begin(), events.events().end());
  return out;
}

} // namespace cadenza::actors
