#include "target.hpp"

#include "bridge/checks/validate_admin.hpp"
#include "bridge/checks/validate_domain.hpp"
#include "bridge/checks/validate_visibility.hpp"
#include "bridge/checks/validate_worker.hpp"
#include "bridge/checks/validate_workflow.hpp"

#include <map>

using namespace cadenza;
namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

namespace {

/// The validation of all requests, with one domain.
struct world {
  world() {
    auto domain = std::make_shared<workflow::domain_view>();
    domain->id = uuid::v4(1, 1);
    domain->name = "orders";
    domain->row.mutable_domain()->set_status(api::DOMAIN_STATUS_REGISTERED);
    domains.put(domain);
    hooks = bridge::default_validators();
    max.search_enabled = true;
  }
  bridge::limits max;
  bridge::validators hooks;
  workflow::domain_directory domains;
  bridge::checks context{max, hooks, domains, 1'700'000'000'000'000'000};
};

using checked = void (*)(const world&, std::string_view);

template <class Outcome> void look_at(const Outcome& result) {
  if (!result)
    REQUIRE(!result.error().message.empty());
}

template <class Request> void plain(const world& w, std::string_view bytes) {
  Request request;
  if (fuzz::read_message(bytes, request))
    look_at(bridge::check(w.context, request));
}

template <class Request> void poll(const world& w, std::string_view bytes) {
  Request request;
  if (fuzz::read_message(bytes, request))
    look_at(bridge::check(w.context, request, w.context.now_ns + 10'000'000'000));
}

template <class Request> void decision(const world& w, std::string_view bytes) {
  Request request;
  if (fuzz::read_message(bytes, request))
    look_at(bridge::check(w.context, bridge::read_task_token(request.task_token()), request));
}

template <class Request> void query(const world& w, std::string_view bytes) {
  Request request;
  if (fuzz::read_message(bytes, request))
    look_at(bridge::check(w.context, bridge::read_query_token(request.task_token()), request));
}

template <class Request> void activity(const world& w, std::string_view bytes) {
  Request request;
  if (fuzz::read_message(bytes, request))
    look_at(bridge::check_activity_call(w.context, bridge::read_task_token(request.task_token()), request.identity(),
                                        true));
}

template <class Request> void activity_by_id(const world& w, std::string_view bytes) {
  Request request;
  if (fuzz::read_message(bytes, request))
    look_at(bridge::check_activity_call(w.context, request.domain(), request.workflow_execution(),
                                        request.activity_id(), request.identity(), true));
}

#define EACH(how, space, name)                                                                                         \
  { #name, how < space::name##Request> }

const std::map<std::string_view, checked> table = {
    EACH(plain, api, StartWorkflowExecution),
    EACH(plain, api, SignalWithStartWorkflowExecution),
    EACH(plain, api, StartWorkflowExecutionAsync),
    EACH(plain, api, SignalWithStartWorkflowExecutionAsync),
    EACH(plain, api, SignalWorkflowExecution),
    EACH(plain, api, RequestCancelWorkflowExecution),
    EACH(plain, api, TerminateWorkflowExecution),
    EACH(plain, api, ResetWorkflowExecution),
    EACH(plain, api, RestartWorkflowExecution),
    {"DescribeWorkflowExecution", plain<api::DescribeWorkflowExecutionRequest>},
    EACH(plain, api, QueryWorkflow),
    EACH(plain, api, GetWorkflowExecutionHistory),
    EACH(plain, api, DescribeTaskList),
    EACH(plain, api, ListTaskListPartitions),
    EACH(plain, api, GetTaskListsByDomain),
    EACH(poll, api, PollForDecisionTask),
    EACH(poll, api, PollForActivityTask),
    EACH(plain, api, ResetStickyTaskList),
    EACH(decision, api, RespondDecisionTaskCompleted),
    EACH(decision, api, RespondDecisionTaskFailed),
    EACH(query, api, RespondQueryTaskCompleted),
    EACH(activity, api, RecordActivityTaskHeartbeat),
    EACH(activity, api, RespondActivityTaskCompleted),
    EACH(activity, api, RespondActivityTaskFailed),
    EACH(activity, api, RespondActivityTaskCanceled),
    EACH(activity_by_id, api, RecordActivityTaskHeartbeatByID),
    EACH(activity_by_id, api, RespondActivityTaskCompletedByID),
    EACH(activity_by_id, api, RespondActivityTaskFailedByID),
    EACH(activity_by_id, api, RespondActivityTaskCanceledByID),
    EACH(plain, api, RegisterDomain),
    EACH(plain, api, DescribeDomain),
    EACH(plain, api, UpdateDomain),
    EACH(plain, api, DeprecateDomain),
    EACH(plain, api, DeleteDomain),
    EACH(plain, api, ListOpenWorkflowExecutions),
    EACH(plain, api, ListClosedWorkflowExecutions),
    EACH(plain, api, ListWorkflowExecutions),
    EACH(plain, api, ScanWorkflowExecutions),
    EACH(plain, api, CountWorkflowExecutions),
    EACH(plain, api, ListArchivedWorkflowExecutions),
    {"admin.DescribeWorkflowExecution", plain<admin::DescribeWorkflowExecutionRequest>},
    {"admin.RefreshWorkflowTasks", plain<admin::RefreshWorkflowTasksRequest>},
    EACH(plain, api, RefreshWorkflowTasks),
    EACH(plain, admin, UpdateTaskListPartitionConfig),
    EACH(plain, admin, DescribeHistoryHost),
};

#undef EACH

} // namespace

// A line with the method's name, then the request as it comes over the wire.
FUZZ_TARGET(requests) {
  static const world w;
  const auto found = table.find(fuzz::take_line(input));
  if (found != table.end())
    found->second(w, input);
}
