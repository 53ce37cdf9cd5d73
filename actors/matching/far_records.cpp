#include "actors/matching/far_records.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

wire::v1::ListAddress to_wire(const storage::task_list_key& list, api::TaskListKind kind) {
  wire::v1::ListAddress out;
  out.set_domain_id(list.domain_id.raw());
  out.set_name(list.name);
  out.set_type(list.type);
  out.set_kind(kind);
  return out;
}

storage::task_list_key list_of(const wire::v1::ListAddress& list) {
  return {uuid::from_raw(list.domain_id()), list.name(), list.type()};
}

wire::v1::RunAddress to_wire(const workflow_key& workflow, const uuid& run_id) {
  wire::v1::RunAddress out;
  out.set_domain_id(workflow.domain_id.raw());
  out.set_workflow_id(workflow.workflow_id);
  out.set_run_id(run_id.raw());
  return out;
}

wire::v1::MatchingTask to_wire(const list_task& task) {
  wire::v1::MatchingTask out;
  *out.mutable_list() = to_wire(task.list, task.kind);
  *out.mutable_run() = to_wire(task.workflow, task.run_id);
  out.set_schedule_id(task.schedule_id);
  out.set_attempt(task.attempt);
  out.set_version(task.version);
  out.set_created_ns(task.created_ns);
  out.set_expiry_ns(task.expiry_ns);
  out.set_fallback_list(task.fallback_list);
  out.set_fallback_kind(task.fallback_kind);
  out.set_isolation_group(task.isolation_group);
  out.set_placed(task.placed);
  return out;
}

list_task_ptr task_of(const wire::v1::MatchingTask& task) {
  auto out = std::make_shared<list_task>();
  out->list = list_of(task.list());
  out->kind = task.list().kind();
  out->workflow = {uuid::from_raw(task.run().domain_id()), task.run().workflow_id()};
  out->run_id = uuid::from_raw(task.run().run_id());
  out->schedule_id = task.schedule_id();
  out->attempt = task.attempt();
  out->version = task.version();
  out->created_ns = task.created_ns();
  out->expiry_ns = task.expiry_ns();
  out->fallback_list = task.fallback_list();
  out->fallback_kind = task.fallback_kind();
  out->isolation_group = task.isolation_group();
  out->placed = task.placed();
  return out;
}

wire::v1::MatchingPoll to_wire(const list_poll& poll) {
  wire::v1::MatchingPoll out;
  *out.mutable_list() = to_wire(poll.list, poll.kind);
  out.set_identity(poll.identity);
  out.set_request_id(poll.request_id);
  out.set_isolation_group(poll.isolation_group);
  if (poll.rate)
    out.set_rate(*poll.rate);
  out.set_deadline_ns(poll.deadline_ns);
  out.set_since_ns(poll.since_ns);
  out.set_auto_config(poll.auto_config);
  out.set_waited_ms(poll.waited_ms);
  out.set_placed(poll.placed);
  return out;
}

list_poll_ptr poll_of(const wire::v1::MatchingPoll& poll) {
  auto out = std::make_shared<list_poll>();
  out->list = list_of(poll.list());
  out->kind = poll.list().kind();
  out->identity = poll.identity();
  out->request_id = poll.request_id();
  out->isolation_group = poll.isolation_group();
  if (poll.has_rate())
    out->rate = poll.rate();
  out->deadline_ns = poll.deadline_ns();
  out->since_ns = poll.since_ns();
  out->auto_config = poll.auto_config();
  out->waited_ms = poll.waited_ms();
  out->placed = poll.placed();
  return out;
}

wire::v1::MatchingQuery to_wire(const list_query& query) {
  wire::v1::MatchingQuery out;
  *out.mutable_list() = to_wire(query.list, query.kind);
  *out.mutable_run() = to_wire(query.workflow, query.run_id);
  *out.mutable_query() = query.query;
  out.set_task_id(query.task_id);
  out.set_deadline_ns(query.deadline_ns);
  out.set_sticky(query.sticky);
  out.set_placed(query.placed);
  return out;
}

list_query_ptr query_of(const wire::v1::MatchingQuery& query) {
  auto out = std::make_shared<list_query>();
  out->list = list_of(query.list());
  out->kind = query.list().kind();
  out->workflow = {uuid::from_raw(query.run().domain_id()), query.run().workflow_id()};
  out->run_id = uuid::from_raw(query.run().run_id());
  out->query = query.query();
  out->task_id = query.task_id();
  out->deadline_ns = query.deadline_ns();
  out->sticky = query.sticky();
  out->placed = query.placed();
  return out;
}

} // namespace cadenza::actors
