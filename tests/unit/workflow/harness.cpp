#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "tests/unit/workflow/stored_rows.hpp"
#include "workflow/signal.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string_view>

namespace cadenza::workflow::test {
namespace {

std::string type_name(const api::HistoryEvent& e) {
  const auto* field = api::HistoryEvent::descriptor()->FindFieldByNumber(e.attributes_case());
  std::string name = field == nullptr ? "?" : field->message_type()->name();
  constexpr std::string_view suffix = "EventAttributes";
  if (name.size() > suffix.size())
    name.resize(name.size() - suffix.size());
  return name;
}

} // namespace

const api::HistoryEvent* stored_history::find(std::int64_t event_id, std::int64_t) {
  auto i = nodes_.upper_bound(event_id);
  if (i == nodes_.begin())
    return nullptr;
  const auto& events = (--i)->second->events();
  const auto at = event_id - i->first;
  return at < events.size() ? &events[static_cast<int>(at)] : nullptr;
}

void stored_history::append(const history_append& node) {
  auto parsed = std::make_shared<api::History>();
  BOOST_REQUIRE(parsed->ParseFromString(node.batch));
  BOOST_REQUIRE_EQUAL(parsed->events(0).event_id(), node.first_event_id);
  nodes_[node.first_event_id] = std::move(parsed);
}

void stored_history::share(std::shared_ptr<const api::History> batch) {
  const auto first = batch->events(0).event_id();
  nodes_[first] = std::move(batch);
}

std::vector<std::shared_ptr<const api::History>> stored_history::batches() const {
  std::vector<std::shared_ptr<const api::History>> out;
  for (const auto& [id, batch] : nodes_)
    out.push_back(batch);
  return out;
}

bench::bench() {
  domain_id = chance.new_uuid();
  domain_row.set_failover_version(local_version);
  auto& domain = *domain_row.mutable_domain();
  domain.set_id(domain_id.str());
  domain.set_name("suite");
  domain.set_status(api::DOMAIN_STATUS_REGISTERED);
  domain.mutable_workflow_execution_retention_period()->set_seconds(86'400);
}

environment bench::env() {
  auto view = std::make_shared<domain_view>();
  view->id = domain_id;
  view->name = domain_row.domain().name();
  view->row = domain_row;
  auto directory = std::make_shared<domain_directory>();
  directory->put(view);
  environment out;
  out.now_ns = now_ns;
  out.chance = &chance;
  out.domain = view;
  out.domains = directory;
  out.limits = &limits;
  return out;
}

api::StartWorkflowExecutionRequest bench::request() const {
  api::StartWorkflowExecutionRequest out;
  out.set_domain("suite");
  out.set_workflow_id("wf");
  out.mutable_workflow_type()->set_name("type");
  out.mutable_task_list()->set_name("list");
  out.mutable_input()->set_data("in");
  set_seconds(*out.mutable_execution_start_to_close_timeout(), 100);
  set_seconds(*out.mutable_task_start_to_close_timeout(), 20);
  out.set_identity(identity);
  out.set_request_id("start-request");
  return out;
}

void bench::begin(const api::StartWorkflowExecutionRequest& request, std::int32_t backoff_s,
                  const carried_over& carried, const std::optional<parent_link>& parent,
                  const std::optional<first_signal>& signal) {
  subject_ = chance.new_uuid();
  auto& stored = *(runs_[subject_] = std::make_unique<stored_run>());
  stored.state = std::make_unique<run>(run_key{domain_id, request.workflow_id(), subject_});
  const auto result = command([&](transaction& tx) { return start(tx, request, backoff_s, carried, parent, signal); });
  BOOST_REQUIRE_MESSAGE(bool(result), "start: " << (result ? "" : result.error().message));
}

void bench::commit(transaction& tx) {
  auto made = tx.close(ids);
  BOOST_REQUIRE_MESSAGE(bool(made), "close: " << (made ? "" : made.error().message));
  last = std::move(*made);
  if (last.next) {
    const auto id = last.next->state->key().run_id;
    if (!runs_.contains(id))
      runs_[id] = std::make_unique<stored_run>();
    store(last.next->made, std::move(last.next->state));
  }
  store(last, nullptr);
}

void bench::store(changes& made, std::unique_ptr<run> successor_state) {
  auto& stored = *runs_.at(made.mutation.key.run_id);
  if (successor_state)
    stored.state = std::move(successor_state);
  if (made.mutation.expected_version) {
    rec::Run before;
    BOOST_REQUIRE(before.ParseFromString(stored.rows.header));
    BOOST_REQUIRE_EQUAL(before.row_version(), *made.mutation.expected_version);
  } else {
    BOOST_REQUIRE(stored.rows.header.empty());
    BOOST_REQUIRE(made.mutation.fixed.has_value());
  }
  if (check_reload)
    apply_mutation(stored.rows, made.mutation);
  else
    stored.rows.header = made.mutation.header; // nobody reads the others
  for (const auto& node : made.history)
    stored.history.append(node);
  if (made.current)
    stored.current = made.current;
  if (check_reload)
    reload(stored, made.mutation.key);
  committed(made);
}

void bench::reload(stored_run& stored, const run_key& key) {
  auto again = run::load(key, stored.rows);
  BOOST_REQUIRE_MESSAGE(bool(again), "load: " << (again ? "" : again.error().message));
  BOOST_REQUIRE_EQUAL(again->head().ShortDebugString(), stored.state->head().ShortDebugString());
  BOOST_REQUIRE_EQUAL(again->fixed().ShortDebugString(), stored.state->fixed().ShortDebugString());
  stored.state = std::make_unique<run>(std::move(*again));
}

decision_started bench::poll_decision(const std::string& request_id) {
  BOOST_REQUIRE_MESSAGE(state().has_pending_decision(), "no decision is pending after " << shape());
  const auto schedule_id = state().head().decision().schedule_id();
  auto result = command([&](transaction& tx) { return start_decision(tx, schedule_id, request_id, identity); });
  BOOST_REQUIRE_MESSAGE(bool(result), "start_decision: " << (result ? "" : result.error().message));
  return *result;
}

outcome<completion_result> bench::try_respond(const decision_started& decision,
                                              const api::RespondDecisionTaskCompletedRequest& answer) {
  completion_input input;
  input.schedule_id = decision.schedule_id;
  input.attempt = decision.attempt;
  input.request = &answer;
  return command([&](transaction& tx) { return complete_decision(tx, input); });
}

completion_result bench::respond(const decision_started& decision, std::vector<api::Decision> decisions) {
  api::RespondDecisionTaskCompletedRequest answer;
  answer.set_identity(identity);
  answer.set_binary_checksum(binary);
  for (auto& d : decisions)
    *answer.add_decisions() = std::move(d);
  auto result = try_respond(decision, answer);
  BOOST_REQUIRE_MESSAGE(bool(result), "complete_decision: " << (result ? "" : result.error().message));
  return *result;
}

void bench::send_signal(const std::string& name, const std::string& request_id) {
  signal_input input;
  input.name = name;
  input.identity = identity;
  input.request_id = request_id;
  const auto result = command([&](transaction& tx) { return signal(tx, input); });
  BOOST_REQUIRE_MESSAGE(bool(result), "signal: " << (result ? "" : result.error().message));
}

std::vector<api::HistoryEvent> bench::events() {
  std::vector<api::HistoryEvent> out;
  for (const auto& batch : subject().history.batches())
    out.insert(out.end(), batch->events().begin(), batch->events().end());
  for (std::size_t i = 0; i < out.size(); ++i) {
    BOOST_REQUIRE_EQUAL(out[i].event_id(), static_cast<std::int64_t>(i) + 1);
    BOOST_REQUIRE(i == 0 || out[i].task_id() > out[i - 1].task_id());
  }
  return out;
}

api::HistoryEvent bench::event(std::int64_t id) {
  auto all = events();
  BOOST_REQUIRE_MESSAGE(id >= 1 && id <= static_cast<std::int64_t>(all.size()), "no event " << id);
  return all[static_cast<std::size_t>(id - 1)];
}

std::string bench::shape() { return shape_of(events()); }

std::vector<rec::TransferTask> bench::transfer(rec::TransferType type) const {
  std::vector<rec::TransferTask> out;
  std::copy_if(last.transfer.begin(), last.transfer.end(), std::back_inserter(out),
               [&](const auto& task) { return task.type() == type; });
  return out;
}

std::vector<rec::TimerTask> bench::timers(rec::TimerType type) const {
  std::vector<rec::TimerTask> out;
  std::copy_if(last.timers.begin(), last.timers.end(), std::back_inserter(out),
               [&](const auto& task) { return task.type() == type; });
  return out;
}

std::string shape_of(const std::vector<api::HistoryEvent>& events) {
  static const std::map<std::string, std::string, std::less<>> names = {
      {"WorkflowExecutionStarted", "Started"},
      {"WorkflowExecutionCompleted", "Completed"},
      {"WorkflowExecutionFailed", "Failed"},
      {"WorkflowExecutionTimedOut", "TimedOut"},
      {"WorkflowExecutionCanceled", "Canceled"},
      {"WorkflowExecutionTerminated", "Terminated"},
      {"WorkflowExecutionContinuedAsNew", "ContinuedAsNew"},
      {"WorkflowExecutionSignaled", "Signaled"},
      {"WorkflowExecutionCancelRequested", "CancelRequested"},
      {"DecisionTaskScheduled", "DScheduled"},
      {"DecisionTaskStarted", "DStarted"},
      {"DecisionTaskCompleted", "DCompleted"},
      {"DecisionTaskFailed", "DFailed"},
      {"DecisionTaskTimedOut", "DTimedOut"},
      {"ActivityTaskScheduled", "AScheduled"},
      {"ActivityTaskStarted", "AStarted"},
      {"ActivityTaskCompleted", "ACompleted"},
      {"ActivityTaskFailed", "AFailed"},
      {"ActivityTaskTimedOut", "ATimedOut"},
      {"ActivityTaskCanceled", "ACanceled"},
      {"ActivityTaskCancelRequested", "ACancelRequested"},
  };
  std::string out;
  for (const auto& e : events) {
    const auto name = type_name(e);
    const auto i = names.find(name);
    out += (out.empty() ? "" : " ") + (i == names.end() ? name : i->second);
  }
  return out;
}

api::Decision complete_workflow(const std::string& result) {
  api::Decision d;
  d.mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data(result);
  return d;
}

api::Decision fail_workflow(const std::string& reason, const std::string& details) {
  api::Decision d;
  auto& failure = *d.mutable_fail_workflow_execution_decision_attributes()->mutable_failure();
  failure.set_reason(reason);
  failure.set_details(details);
  return d;
}

api::Decision cancel_workflow() {
  api::Decision d;
  d.mutable_cancel_workflow_execution_decision_attributes();
  return d;
}

api::Decision schedule_activity(const std::string& id) {
  api::Decision d;
  auto& a = *d.mutable_schedule_activity_task_decision_attributes();
  a.set_activity_id(id);
  a.mutable_activity_type()->set_name("act");
  a.mutable_task_list()->set_name("list");
  a.mutable_input()->set_data("act-in");
  set_seconds(*a.mutable_schedule_to_start_timeout(), 60);
  set_seconds(*a.mutable_start_to_close_timeout(), 60);
  set_seconds(*a.mutable_schedule_to_close_timeout(), 90);
  return d;
}

api::Decision start_timer(const std::string& id, std::int64_t seconds) {
  api::Decision d;
  auto& a = *d.mutable_start_timer_decision_attributes();
  a.set_timer_id(id);
  set_seconds(*a.mutable_start_to_fire_timeout(), seconds);
  return d;
}

api::Decision cancel_timer(const std::string& id) {
  api::Decision d;
  d.mutable_cancel_timer_decision_attributes()->set_timer_id(id);
  return d;
}

api::Decision record_marker(const std::string& name) {
  api::Decision d;
  d.mutable_record_marker_decision_attributes()->set_marker_name(name);
  return d;
}

} // namespace cadenza::workflow::test
