#include "actors/engine/local_engine.hpp"
#include "actors/runs/shard_mail.hpp"
#include "actors/visibility/visibility_mail.hpp"

#include "actors/base/json_object.hpp"
#include "actors/base/later.hpp"
#include "actors/engine/admission.hpp"
#include "actors/engine/engine_state.hpp"
#include "actors/engine/node.hpp"
#include "actors/matching/list_description.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/utf8.hpp"
#include "workflow/isolation.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

/// The engine: task lists and lists of runs.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

void local_engine::describe_task_list(workflow::domain_ptr domain, body<api::DescribeTaskListRequest> request,
                                      call_ptr call) {
  auto asked = std::make_shared<describe_list>();
  asked->list = {domain->id, request->task_list().name(),
                 request->task_list_type() == api::TASK_LIST_TYPE_ACTIVITY ? 1 : 0};
  asked->kind = request->task_list().kind();
  asked->status = request->include_task_list_status();
  asked->call = std::move(call);
  describe_whole_list(state_->env, std::move(asked));
}

void local_engine::list_task_list_partitions(workflow::domain_ptr domain,
                                             body<api::ListTaskListPartitionsRequest> request, call_ptr call) {
  auto asked = std::make_shared<list_partitions>();
  asked->domain_id = domain->id;
  asked->name = request->task_list().name();
  asked->call = std::move(call);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(asked)));
}

void local_engine::task_lists_of_domain(workflow::domain_ptr domain, body<api::GetTaskListsByDomainRequest>,
                                        call_ptr call) {
  auto asked = std::make_shared<lists_of_domain>();
  asked->domain_id = domain->id;
  asked->call = std::move(call);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(asked)));
}

void local_engine::update_task_list_partitions(
    workflow::domain_ptr domain, body<uber::cadence::admin::v1::UpdateTaskListPartitionConfigRequest> request,
    call_ptr call) {
  auto asked = std::make_shared<configure_list>();
  asked->list = {domain->id, request->task_list().name(),
                 request->task_list_type() == api::TASK_LIST_TYPE_ACTIVITY ? 1 : 0};
  asked->config.Swap(request->mutable_partition_config());
  asked->call = std::move(call);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(asked)));
}

// ---------------------------------------------------------------- visibility

namespace {

template <class Request>
void ask_visibility(const router& routes, workflow::domain_ptr domain, std::shared_ptr<Request> request,
                    call_ptr call) {
  visibility_list list;
  list.domain = std::move(domain);
  list.request = std::move(request);
  list.call = std::move(call);
  caf::anon_send(routes.visibility(), std::make_shared<visibility_mail>(std::move(list)));
}

} // namespace

void local_engine::list_open(workflow::domain_ptr domain, body<api::ListOpenWorkflowExecutionsRequest> request,
                             call_ptr call) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(call));
}
void local_engine::list_closed(workflow::domain_ptr domain, body<api::ListClosedWorkflowExecutionsRequest> request,
                               call_ptr call) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(call));
}
void local_engine::list_by_query(workflow::domain_ptr domain, body<api::ListWorkflowExecutionsRequest> request,
                                 call_ptr call) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(call));
}
void local_engine::scan_by_query(workflow::domain_ptr domain, body<api::ScanWorkflowExecutionsRequest> request,
                                 call_ptr call) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(call));
}
void local_engine::count_by_query(workflow::domain_ptr domain, body<api::CountWorkflowExecutionsRequest> request,
                                  call_ptr call) {
  ask_visibility(state_->routes, std::move(domain), std::move(request), std::move(call));
}

} // namespace cadenza::actors
