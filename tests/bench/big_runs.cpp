#include "tests/bench/bench.hpp"

#include "workflow/replay.hpp"

#include <algorithm>

namespace cadenza::bench {
namespace {

namespace api = load::api;

constexpr int activities = 100; ///< of each round
constexpr const char* list = "bench-big";

/// Everything that happens in a round: each activity's three events and the decision's three.
constexpr int events_of_round = 3 * activities + 3;

api::WorkflowExecution execution_of(const std::string& workflow_id) {
  api::WorkflowExecution out;
  out.set_workflow_id(workflow_id);
  return out;
}

/// Polls until there is a decision task; its token.
std::string poll_decision(load::client& c) {
  api::PollForDecisionTaskRequest request;
  request.set_domain(domain);
  request.set_identity("bench");
  request.mutable_task_list()->set_name(list);
  for (int i = 0; i < 10; ++i) {
    api::PollForDecisionTaskResponse task;
    const auto r = c.wait("WorkerAPI/PollForDecisionTask", request, task, std::chrono::seconds(8));
    if (r.ok() && !task.task_token().empty())
      return task.task_token();
  }
  give_up("the run with a long history gets no decision task");
}

void schedule_round(load::client& c, const std::string& token, int round) {
  api::RespondDecisionTaskCompletedRequest request;
  request.set_task_token(token);
  request.set_identity("bench");
  for (int i = 0; i < activities; ++i) {
    auto& a = *request.add_decisions()->mutable_schedule_activity_task_decision_attributes();
    a.set_activity_id(std::to_string(round) + "." + std::to_string(i));
    a.mutable_activity_type()->set_name("step");
    a.mutable_task_list()->set_name(list);
    a.mutable_input()->set_data("in");
    a.mutable_schedule_to_close_timeout()->set_seconds(300);
    a.mutable_schedule_to_start_timeout()->set_seconds(300);
    a.mutable_start_to_close_timeout()->set_seconds(60);
  }
  api::RespondDecisionTaskCompletedResponse answer;
  const auto r = c.wait("WorkerAPI/RespondDecisionTaskCompleted", request, answer, std::chrono::seconds(30));
  if (!r.ok())
    give_up("a round of activities is refused: " + r.message);
}

/// Works on one activity of the round.
void work(load::client& c, std::function<void(bool)> over) {
  api::PollForActivityTaskRequest request;
  request.set_domain(domain);
  request.set_identity("bench");
  request.mutable_task_list()->set_name(list);
  c.call<api::PollForActivityTaskRequest, api::PollForActivityTaskResponse>(
      "WorkerAPI/PollForActivityTask", request, std::chrono::seconds(30),
      [&c, over = std::move(over)](const load::result& r, api::PollForActivityTaskResponse& task) {
        if (!r.ok() || task.task_token().empty())
          return over(false);
        api::RespondActivityTaskCompletedRequest answer;
        answer.set_task_token(task.task_token());
        answer.set_identity("bench");
        answer.mutable_result()->set_data("out");
        c.call<api::RespondActivityTaskCompletedRequest, api::RespondActivityTaskCompletedResponse>(
            "WorkerAPI/RespondActivityTaskCompleted", answer, std::chrono::seconds(30),
            [over](const load::result& done, api::RespondActivityTaskCompletedResponse&) { over(done.ok()); });
      });
}

/// All events of the run, page by page.
std::vector<workflow::batch> read_pages(load::client& c, const std::string& workflow_id) {
  std::vector<workflow::batch> out;
  api::GetWorkflowExecutionHistoryRequest request;
  request.set_domain(domain);
  *request.mutable_workflow_execution() = execution_of(workflow_id);
  request.set_page_size(1000);
  do {
    auto answer = std::make_shared<api::GetWorkflowExecutionHistoryResponse>();
    const auto r = c.wait("WorkflowAPI/GetWorkflowExecutionHistory", request, *answer, std::chrono::seconds(30));
    if (!r.ok())
      give_up("a long history cannot be read: " + r.message);
    request.set_next_page_token(answer->next_page_token());
    out.emplace_back(answer, &answer->history());
  } while (!request.next_page_token().empty());
  return out;
}

std::int64_t events_in(const std::vector<workflow::batch>& pages) {
  std::int64_t out = 0;
  for (const auto& page : pages)
    out += page->events_size();
  return out;
}

class counting_entropy final : public workflow::entropy {
public:
  [[nodiscard]] std::uint64_t next() override { return ++last_; }

private:
  std::uint64_t last_ = 0;
};

/// What the server does before a reset, but for the store: builds the run's state from its events.
void replay(const std::vector<workflow::batch>& history) {
  auto view = std::make_shared<workflow::domain_view>();
  view->id = uuid::v4(1, 1);
  view->name = domain;
  auto directory = std::make_shared<workflow::domain_directory>();
  directory->put(view);
  counting_entropy chance;
  const workflow::rules limits;
  workflow::environment env;
  env.now_ns = 1'700'000'000'000'000'000;
  env.chance = &chance;
  env.domain = view;
  env.domains = directory;
  env.limits = &limits;
  record::v1::HistoryBranch branch;
  branch.set_tree_id("0123456789abcdef");
  branch.set_branch_id("fedcba9876543210");
  const auto run = workflow::replay({view->id, "wf", uuid::v4(5, 6)}, history, branch, env);
  if (!run)
    give_up("a long history does not replay: " + run.error().message);
}

double time_ms(const std::function<void()>& what) {
  const auto begin = steady::now();
  what();
  return seconds_since(begin) * 1e3;
}

double median_of(int times, const std::function<double()>& ms) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i)
    all.push_back(ms());
  std::sort(all.begin(), all.end());
  return quantile(all, 0.5);
}

} // namespace

const std::string& context::big_run() {
  if (!big_run_.empty())
    return big_run_;
  auto& client = shared().client();
  const auto id = "big-" + load::new_uuid();
  api::StartWorkflowExecutionResponse answer;
  if (!client.wait("WorkflowAPI/StartWorkflowExecution", load::make_start(domain, list, id, "0"), answer).ok())
    give_up("the run with a long history does not start");
  const int rounds = (opts.big_events + events_of_round - 1) / events_of_round;
  const auto begin = steady::now();
  for (int round = 0; round < rounds; ++round) {
    schedule_round(client, poll_decision(client), round);
    const auto r = run_count(16, activities, [&](std::function<void(bool)> over) { work(client, std::move(over)); });
    if (r.failed > 0)
      give_up("an activity of the run with a long history failed");
  }
  out.note("the run of " + std::to_string(rounds) + " rounds of " + std::to_string(activities) +
           " activities was made in " + std::to_string(seconds_since(begin)) + " s");
  return big_run_ = id;
}

void measure_big_history(context& c) {
  const auto& id = c.big_run();
  auto& client = c.shared().client();
  std::vector<workflow::batch> pages;
  const auto read = median_of(5, [&] { return time_ms([&] { pages = read_pages(client, id); }); });
  const auto name = "history of " + std::to_string(events_in(pages)) + " events";
  c.out.add({name + " read in pages of 1,000, median of 5",
             read,
             "ms",
             c.limits.chain_ms(static_cast<double>(pages.size()), 0),
             std::to_string(pages.size()) + " calls",
             {}});
  const auto cpu = median_of(5, [&] { return time_ms([&] { replay(pages); }); });
  c.out.add({name + " replayed, median of 5", cpu, "ms", {}, {}, {}});
  // The first read of a server that has just started finds nothing in its caches.
  auto& server = c.shared();
  if (server.process().stop() != 0)
    c.out.note("the server did not end cleanly at SIGTERM");
  if (!server.process().start())
    give_up("the server does not start again: " + server.process().output());
  server.reconnect();
  const auto cold = time_ms([&] { pages = read_pages(server.client(), id); });
  c.out.add({name + " read right after a restart", cold, "ms", {}, {}, {}});
}

void measure_reset(context& c) {
  const auto& id = c.big_run();
  auto& client = c.shared().client();
  // The decisions of the original run: resets make new runs, which share its history up to their point.
  std::vector<std::int64_t> decisions;
  std::int64_t events = 0;
  for (const auto& page : read_pages(client, id))
    for (const auto& e : page->events()) {
      events = e.event_id();
      if (e.has_decision_task_completed_event_attributes())
        decisions.push_back(e.event_id());
    }
  const auto reset_to = [&](std::int64_t finish_id) {
    api::ResetWorkflowExecutionRequest request;
    request.set_domain(domain);
    *request.mutable_workflow_execution() = execution_of(id);
    request.set_reason("bench");
    request.set_decision_finish_event_id(finish_id);
    request.set_request_id(load::new_uuid());
    api::ResetWorkflowExecutionResponse answer;
    const auto r = client.wait("WorkflowAPI/ResetWorkflowExecution", request, answer, std::chrono::seconds(60));
    if (!r.ok())
      give_up("the reset of a long run is refused: " + r.message);
  };
  // Latest first, so that every point still lies in the run before.
  const auto name = "reset of a run of " + std::to_string(events) + " events to ";
  for (const double share : {1.0, 0.5, 0.0}) {
    const auto at = static_cast<std::size_t>(share * static_cast<double>(decisions.size() - 1));
    const auto ms = time_ms([&] { reset_to(decisions[at]); });
    c.out.add({name + "event " + std::to_string(decisions[at]), ms, "ms", {}, {}, {}});
  }
}

} // namespace cadenza::bench
