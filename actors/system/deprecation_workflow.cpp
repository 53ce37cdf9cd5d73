#include "actors/system/deprecation_workflow.hpp"

#include "actors/base/json_object.hpp"
#include "actors/system/system_decisions.hpp"
#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"

#include <memory>
#include <utility>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr const char* disable_archival = "disableArchival";
constexpr const char* deprecate = "deprecateDomain";
constexpr const char* terminate_runs = "terminateOpenWorkflows";
constexpr int runs_of_round = 1000; ///< one page of the list of open runs
constexpr int under_way_max = 50;
constexpr std::int64_t attempt_s = 300;
constexpr std::int64_t attempts_s = 86'400; ///< all together

/// What was scheduled last, and how it ended.
struct progress {
  std::string input;
  std::string activity; ///< its type; "" when nothing was scheduled
  int scheduled = 0;
  const api::ActivityTaskCompletedEventAttributes* completed = nullptr;
  const api::Failure* failed = nullptr;
  bool timed_out = false;
};

progress progress_of(const events& history) {
  progress out;
  for (const auto& event : history) {
    if (event.has_workflow_execution_started_event_attributes()) {
      out.input = event.workflow_execution_started_event_attributes().input().data();
    } else if (event.has_activity_task_scheduled_event_attributes()) {
      out.activity = event.activity_task_scheduled_event_attributes().activity_type().name();
      out.completed = nullptr;
      ++out.scheduled;
    } else if (event.has_activity_task_completed_event_attributes()) {
      out.completed = &event.activity_task_completed_event_attributes();
    } else if (event.has_activity_task_failed_event_attributes()) {
      out.failed = &event.activity_task_failed_event_attributes().failure();
    } else if (event.has_activity_task_timed_out_event_attributes()) {
      out.timed_out = true;
    }
  }
  return out;
}

api::Decision schedule(const progress& at, const char* type) {
  activity_plan plan;
  plan.id = std::to_string(at.scheduled);
  plan.type = type;
  plan.task_list = deprecation_task_list;
  plan.input = at.input;
  plan.attempt_s = attempt_s;
  plan.attempts_s = attempts_s;
  plan.backoff = 1.7;
  plan.pause_max_s = attempt_s;
  plan.for_good = {error_kind::entity_not_exists, error_kind::bad_request, error_kind::access_denied};
  return schedule_activity(plan);
}

api::Decision next_of(const progress& at) {
  if (at.failed != nullptr)
    return fail_workflow(at.failed->reason(), at.failed->details());
  if (at.timed_out)
    return fail_workflow("timeout", at.activity + " timed out");
  if (at.activity.empty())
    return schedule(at, disable_archival);
  if (at.activity == disable_archival)
    return schedule(at, deprecate);
  if (at.activity == deprecate)
    return schedule(at, terminate_runs);
  CADENZA_ASSERT(at.completed != nullptr, "a rule goes on when the activity before it has ended");
  const auto round = decode_termination_round(at.completed->result().data());
  if (!round)
    return fail_workflow(std::string(name_of(round.error().kind)), round.error().message);
  if (round->found > 0)
    return schedule(at, terminate_runs);
  api::Decision out;
  out.mutable_complete_workflow_execution_decision_attributes();
  return out;
}

std::vector<api::Decision> decide(const events& history) {
  const auto at = progress_of(history);
  const bool waits = !at.activity.empty() && at.completed == nullptr && at.failed == nullptr && !at.timed_out;
  if (waits)
    return {};
  return {next_of(at)};
}

/// The domain of an activity's input; nothing when the activity has been finished with the reason why not.
workflow::domain_ptr entitled(const activity_ptr& work, const live_settings& live) {
  const auto input = decode_deprecation_input(work->input());
  if (!input) {
    work->finish(input.error());
    return nullptr;
  }
  if (!live.admin_allowed(input->security_token)) {
    work->finish(error(error_kind::access_denied, "No permission to do this operation."));
    return nullptr;
  }
  auto domain = work->engine().domains()->find(input->domain);
  if (!domain)
    work->finish(no_domain(input->domain));
  return domain;
}

void carry_out_disable(const activity_ptr& work, const workflow::domain_ptr& domain) {
  const auto& now = domain->row.domain();
  const auto on = [](api::ArchivalStatus status) { return status == api::ARCHIVAL_STATUS_ENABLED; };
  if (!on(now.history_archival_status()) && !on(now.visibility_archival_status()))
    return work->finish(std::string());
  auto body = std::make_shared<api::UpdateDomainRequest>();
  body->set_name(domain->name);
  body->set_history_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  body->set_visibility_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  body->mutable_update_mask()->add_paths("history_archival_status");
  body->mutable_update_mask()->add_paths("visibility_archival_status");
  work->engine().update_domain(
      body, work->answer_to<api::UpdateDomainResponse>([work](const outcome<api::UpdateDomainResponse>& done) {
        work->finish(done ? outcome<std::string>(std::string()) : outcome<std::string>(done.error()));
      }));
}

void carry_out_deprecate(const activity_ptr& work, const workflow::domain_ptr& domain) {
  if (!domain->registered())
    return work->finish(std::string());
  auto body = std::make_shared<api::DeprecateDomainRequest>();
  body->set_name(domain->name);
  work->engine().deprecate_domain(
      body, work->answer_to<api::DeprecateDomainResponse>([work](const outcome<api::DeprecateDomainResponse>& done) {
        work->finish(done ? outcome<std::string>(std::string()) : outcome<std::string>(done.error()));
      }));
}

/// Terminates one page of open runs, some at a time.
class terminating : public std::enable_shared_from_this<terminating> {
public:
  terminating(activity_ptr work, workflow::domain_ptr domain) : work_(std::move(work)), domain_(std::move(domain)) {}

  void begin() {
    using response = api::ListOpenWorkflowExecutionsResponse;
    auto body = std::make_shared<api::ListOpenWorkflowExecutionsRequest>();
    body->set_domain(domain_->name);
    body->set_page_size(runs_of_round);
    workflow::set_time(*body->mutable_start_time_filter()->mutable_earliest_time(), 0);
    workflow::set_time(*body->mutable_start_time_filter()->mutable_latest_time(), INT64_MAX);
    work_->engine().list_open(domain_, std::move(body),
                              work_->answer_to<response>([self = shared_from_this()](outcome<response> got) {
                                if (!got)
                                  return self->work_->finish(got.error());
                                self->open_ = *std::move(got);
                                self->round_.found = self->open_.executions_size();
                                if (self->round_.found == 0)
                                  return self->work_->finish(encode(self->round_));
                                for (int i = 0; i < under_way_max; ++i)
                                  self->next();
                              }));
  }

private:
  void next() {
    if (next_ >= open_.executions_size())
      return;
    using response = api::TerminateWorkflowExecutionResponse;
    auto body = std::make_shared<api::TerminateWorkflowExecutionRequest>();
    body->set_domain(domain_->name);
    *body->mutable_workflow_execution() = open_.executions(next_++).workflow_execution();
    body->set_reason("domain is deprecated");
    body->set_identity("domain-deprecation");
    work_->engine().terminate(
        domain_, std::move(body),
        work_->answer_to<response>([self = shared_from_this()](const outcome<response>& got) { self->over(got); }));
  }

  void over(const outcome<api::TerminateWorkflowExecutionResponse>& got) {
    const bool gone = got || got.error().kind == error_kind::entity_not_exists ||
                      got.error().kind == error_kind::workflow_already_completed;
    if (gone)
      ++round_.ended;
    else
      problem_ = got.error();
    if (++answered_ < open_.executions_size())
      return next();
    // Something must have moved, or the next round comes after a while only.
    if (round_.ended == 0)
      return work_->finish(*problem_);
    work_->finish(encode(round_));
  }

  const activity_ptr work_;
  const workflow::domain_ptr domain_;
  api::ListOpenWorkflowExecutionsResponse open_;
  int next_ = 0;
  int answered_ = 0;
  termination_round round_;
  std::optional<error> problem_;
};

} // namespace

outcome<deprecation_input> decode_deprecation_input(std::string_view text) {
  deprecation_input out;
  json_object_reader in(text);
  while (const auto key = in.next_key()) {
    if (*key == "domain_name")
      in.read(out.domain);
    else if (*key == "security_token")
      in.read(out.security_token);
    else
      in.skip();
  }
  if (!in.complete() || out.domain.empty())
    return bad_request("not the input of a deprecation: domain_name is needed");
  return out;
}

std::string encode(const termination_round& round) {
  return "{\"found\":" + std::to_string(round.found) + ",\"ended\":" + std::to_string(round.ended) + "}";
}

outcome<termination_round> decode_termination_round(std::string_view text) {
  termination_round out;
  json_object_reader in(text);
  while (const auto key = in.next_key()) {
    if (*key == "found")
      in.read(out.found);
    else if (*key == "ended")
      in.read(out.ended);
    else
      in.skip();
  }
  if (!in.complete())
    return internal_error("what the termination of open runs came to cannot be read");
  return out;
}

system_workflow deprecation_workflow() {
  system_workflow out;
  out.decide = decide;
  return out;
}

system_list deprecation_list(const live_settings& live) {
  system_list out;
  out.domain = deprecation_domain;
  out.task_list = deprecation_task_list;
  out.workflows[std::string(deprecation_workflow_type)] = deprecation_workflow();
  out.activities[disable_archival] = [&live](const activity_ptr& work) {
    if (const auto domain = entitled(work, live))
      carry_out_disable(work, domain);
  };
  out.activities[deprecate] = [&live](const activity_ptr& work) {
    if (const auto domain = entitled(work, live))
      carry_out_deprecate(work, domain);
  };
  out.activities[terminate_runs] = [&live](const activity_ptr& work) {
    if (const auto domain = entitled(work, live))
      std::make_shared<terminating>(work, domain)->begin();
  };
  return out;
}

} // namespace cadenza::actors
