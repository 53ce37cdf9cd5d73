#include "actors/system/diagnosis_workflow.hpp"

#include "actors/base/json_object.hpp"
#include "actors/system/system_decisions.hpp"
#include "messages/json_text.hpp"

#include <deque>
#include <memory>
#include <utility>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr const char* activity_type = "diagnose-run";
constexpr int page = 1000;
constexpr std::int64_t attempt_s = 60;
constexpr std::int64_t attempts_s = 600; ///< all together
constexpr const char* nothing_yet = R"({"Timeouts":null,"Failures":null,"Retries":null,"Stuck":null})";

/// Whether the activity was scheduled, and how it ended.
struct progress {
  const api::ActivityTaskCompletedEventAttributes* completed = nullptr;
  const api::Failure* failed = nullptr;
  bool timed_out = false;
  bool scheduled = false;
  std::string input;
};

progress progress_of(const events& history) {
  progress out;
  for (const auto& event : history) {
    if (event.has_workflow_execution_started_event_attributes())
      out.input = event.workflow_execution_started_event_attributes().input().data();
    else if (event.has_activity_task_scheduled_event_attributes())
      out.scheduled = true;
    else if (event.has_activity_task_completed_event_attributes())
      out.completed = &event.activity_task_completed_event_attributes();
    else if (event.has_activity_task_failed_event_attributes())
      out.failed = &event.activity_task_failed_event_attributes().failure();
    else if (event.has_activity_task_timed_out_event_attributes())
      out.timed_out = true;
  }
  return out;
}

std::string report_of(const progress& at) {
  const auto* done = at.completed;
  return "{\"DiagnosticsResult\":" + (done != nullptr ? done->result().data() : std::string(nothing_yet)) +
         ",\"DiagnosticsCompleted\":" + (done != nullptr ? "true" : "false") + "}";
}

api::Decision schedule(const std::string& input) {
  activity_plan plan;
  plan.id = "1";
  plan.type = activity_type;
  plan.task_list = diagnosis_task_list;
  plan.input = input;
  plan.attempt_s = attempt_s;
  plan.attempts_s = attempts_s;
  plan.for_good = {error_kind::entity_not_exists, error_kind::bad_request, error_kind::internal_data_inconsistency};
  return schedule_activity(plan);
}

std::vector<api::Decision> decide(const events& history) {
  const auto at = progress_of(history);
  std::vector<api::Decision> out;
  if (at.completed != nullptr)
    out.emplace_back().mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data(
        report_of(at));
  else if (at.failed != nullptr)
    out.push_back(fail_workflow(at.failed->reason(), at.failed->details()));
  else if (at.timed_out)
    out.push_back(fail_workflow("timeout", "the history was not read in time"));
  else if (!at.scheduled)
    out.push_back(schedule(at.input));
  return out;
}

/// The activity: reads the history page by page, asks about the task lists that matter, and reports.
class diagnosing : public std::enable_shared_from_this<diagnosing> {
public:
  diagnosing(activity_ptr work, const live_settings& live, const clock& time)
    : work_(std::move(work)), live_(live), time_(time) {}

  void begin() {
    auto input = decode_diagnosis_input(work_->input());
    if (!input)
      return work_->finish(input.error());
    input_ = *std::move(input);
    domain_ = work_->engine().domains()->find(input_.domain);
    if (!domain_)
      return work_->finish(no_domain(input_.domain));
    read({});
  }

private:
  void read(std::string token) {
    using response = api::GetWorkflowExecutionHistoryResponse;
    auto body = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    body->set_domain(input_.domain);
    body->mutable_workflow_execution()->set_workflow_id(input_.workflow_id);
    body->mutable_workflow_execution()->set_run_id(input_.run_id);
    body->set_page_size(page);
    body->set_next_page_token(std::move(token));
    body->set_skip_archival(true);
    work_->engine().get_history(domain_, std::move(body),
                                work_->answer_to<response>([self = shared_from_this()](outcome<response> got) {
                                  if (!got)
                                    return self->work_->finish(got.error());
                                  for (const auto& event : got->history().events()) {
                                    self->found_.take(event);
                                    self->told_.take(event);
                                  }
                                  if (!got->next_page_token().empty())
                                    return self->read(got->next_page_token());
                                  const auto lists = self->found_.lists();
                                  self->lists_.assign(lists.begin(), lists.end());
                                  self->ask();
                                }));
  }

  void ask() {
    while (!lists_.empty()) {
      const auto list = std::move(lists_.front());
      lists_.pop_front();
      const auto domain = list.domain.empty() ? domain_ : work_->engine().domains()->find(list.domain);
      if (!domain)
        continue;
      using response = api::DescribeTaskListResponse;
      auto body = std::make_shared<api::DescribeTaskListRequest>();
      body->set_domain(domain->name);
      body->mutable_task_list()->set_name(list.name);
      body->set_task_list_type(list.activities ? api::TASK_LIST_TYPE_ACTIVITY : api::TASK_LIST_TYPE_DECISION);
      body->set_include_task_list_status(true);
      // A list that cannot be asked now is left out: the rest of the report is worth having.
      return work_->engine().describe_task_list(
          domain, std::move(body), work_->answer_to<response>([self = shared_from_this(), list](outcome<response> got) {
            if (got)
              self->known_[list] = {got->pollers_size(), got->task_list_status().backlog_count_hint()};
            self->ask();
          }));
    }
    describe();
  }

  /// From here on for what keeps the run from going on now. What cannot be asked is left out of it.
  void describe() {
    using response = api::DescribeWorkflowExecutionResponse;
    auto body = std::make_shared<api::DescribeWorkflowExecutionRequest>();
    body->set_domain(input_.domain);
    body->mutable_workflow_execution()->set_workflow_id(input_.workflow_id);
    body->mutable_workflow_execution()->set_run_id(input_.run_id);
    work_->engine().describe(domain_, std::move(body),
                             work_->answer_to<response>([self = shared_from_this()](outcome<response> got) {
                               if (!got)
                                 return self->finish(false);
                               auto& evidence = self->evidence_;
                               evidence.domain = self->input_.domain;
                               evidence.run = *std::move(got);
                               evidence.domain_deprecated = !self->domain_->registered();
                               evidence.now_ns = self->time_.now_ns();
                               const auto all = findings::questions(self->told_, evidence.run, evidence.now_ns);
                               self->questions_.assign(all.begin(), all.end());
                               self->ask_about_waiting();
                             }));
  }

  void ask_about_waiting() {
    if (questions_.empty())
      return evidence_.lists.empty() ? finish(true) : ask_about_domain();
    using response = api::DescribeTaskListResponse;
    const auto list = std::move(questions_.front());
    questions_.pop_front();
    auto body = std::make_shared<api::DescribeTaskListRequest>();
    body->set_domain(domain_->name);
    body->mutable_task_list()->set_name(list.name);
    body->set_task_list_type(list.activities ? api::TASK_LIST_TYPE_ACTIVITY : api::TASK_LIST_TYPE_DECISION);
    body->set_include_task_list_status(true);
    work_->engine().describe_task_list(
        domain_, std::move(body), work_->answer_to<response>([self = shared_from_this(), list](outcome<response> got) {
          if (got)
            self->evidence_.lists[list] = *std::move(got);
          self->ask_about_waiting();
        }));
  }

  void ask_about_domain() {
    using response = api::GetTaskListsByDomainResponse;
    auto body = std::make_shared<api::GetTaskListsByDomainRequest>();
    body->set_domain(domain_->name);
    work_->engine().task_lists_of_domain(domain_, std::move(body),
                                         work_->answer_to<response>([self = shared_from_this()](outcome<response> got) {
                                           if (got)
                                             self->evidence_.in_use = *std::move(got);
                                           self->finish(true);
                                         }));
  }

  void finish(bool described) {
    auto report = found_.report(known_);
    if (described)
      report.stuck = findings::conclude(told_, evidence_).findings;
    const auto rules = live_.rules(*domain_);
    report.blob_warn_bytes = rules->blob_size_warn;
    report.blob_error_bytes = rules->blob_size_error;
    work_->finish(to_json(report));
  }

  const activity_ptr work_;
  const live_settings& live_;
  const clock& time_;
  diagnosis_input input_;
  workflow::domain_ptr domain_;
  diagnosis found_;
  std::deque<list_in_question> lists_;
  std::map<list_in_question, list_facts> known_;
  findings::story told_;
  findings::evidence evidence_;
  std::deque<findings::list_question> questions_;
};

} // namespace

std::string encode(const diagnosis_input& input) {
  std::string out = "{\"Domain\":";
  append_json_string(out, input.domain);
  out += ",\"Identity\":";
  append_json_string(out, input.identity);
  out += ",\"WorkflowID\":";
  append_json_string(out, input.workflow_id);
  out += ",\"RunID\":";
  append_json_string(out, input.run_id);
  return out + '}';
}

outcome<diagnosis_input> decode_diagnosis_input(std::string_view text) {
  diagnosis_input out;
  json_object_reader in(text);
  while (const auto key = in.next_key()) {
    if (*key == "Domain")
      in.read(out.domain);
    else if (*key == "Identity")
      in.read(out.identity);
    else if (*key == "WorkflowID")
      in.read(out.workflow_id);
    else if (*key == "RunID")
      in.read(out.run_id);
    else
      in.skip();
  }
  if (!in.complete() || out.domain.empty() || out.workflow_id.empty() || !uuid::parse(out.run_id))
    return bad_request("not the input of a diagnosis: Domain, WorkflowID and RunID are needed");
  return out;
}

system_workflow diagnosis_workflow() {
  system_workflow out;
  out.decide = decide;
  out.queries[std::string(diagnosis_query)] = [](const events& history, const std::string&) -> outcome<std::string> {
    return report_of(progress_of(history));
  };
  return out;
}

system_list diagnosis_list(const live_settings& live, const clock& time) {
  system_list out;
  out.domain = diagnosis_domain;
  out.task_list = diagnosis_task_list;
  out.workflows[std::string(diagnosis_workflow_type)] = diagnosis_workflow();
  out.activities[activity_type] = [&live, &time](activity_ptr work) {
    std::make_shared<diagnosing>(std::move(work), live, time)->begin();
  };
  return out;
}

} // namespace cadenza::actors
