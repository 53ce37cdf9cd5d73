#include "tests/bench/bench.hpp"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <utility>

namespace cadenza::bench {
namespace {

using load::api::GetWorkflowExecutionHistoryRequest;
using load::api::GetWorkflowExecutionHistoryResponse;

constexpr int few = 4;

loop_result whole_workflows(context& c, const std::string& task_list, const std::string& input) {
  auto& server = c.shared();
  auto& client = server.client();
  load::client polls(server.process().address(), 2);
  load::load_worker worker(polls, domain, task_list, 2 * few, 2 * few);
  const loop_step step = [&](std::function<void(bool)> over) {
    const auto id = load::new_uuid();
    start(client, task_list, id, input, [&client, id, over = std::move(over)](bool ok) {
      if (ok)
        wait_for_close(client, id, {}, over);
      else
        over(false);
    });
  };
  (void)run_loop(few, 0.5, step);
  auto r = run_loop(few, c.opts.seconds, step);
  worker.abandon();
  return r;
}

/// Calls and commits one after the other in a workflow with `activities`: start; each decision answered; each activity
/// answered. What they schedule is begun in the same commits. Half of a call carries a request in, half an answer out.
double chain_of(const ceilings& limits, int activities) {
  return limits.chain_ms(2 * activities + 2, 2 * activities + 2);
}

/// Times between two moments of one workflow, told apart by its id.
class stopwatches {
public:
  void begin(const std::string& id) {
    const std::lock_guard guard(mutex_);
    begun_[id] = steady::now();
  }
  void end(const std::string& id) {
    const std::lock_guard guard(mutex_);
    const auto found = begun_.find(id);
    if (found == begun_.end())
      return;
    ms_.push_back(seconds_since(found->second) * 1e3);
    begun_.erase(found);
  }
  void forget() {
    const std::lock_guard guard(mutex_);
    ms_.clear();
  }
  [[nodiscard]] std::vector<double> sorted() {
    const std::lock_guard guard(mutex_);
    auto out = ms_;
    std::sort(out.begin(), out.end());
    return out;
  }

private:
  std::mutex mutex_;
  std::unordered_map<std::string, steady::time_point> begun_;
  std::vector<double> ms_;
};

/// Runs workflows with pollers that always wait, and tells how long the hand-off took each time.
std::vector<double> hand_offs(context& c, int at_once, bool activities) {
  auto& server = c.shared();
  auto& client = server.client();
  load::client polls(server.process().address(), 2);
  const std::string task_list = "bench-hand-off-" + load::new_uuid();
  stopwatches watches;
  waiting closing;
  load::worker_observer observer;
  if (activities) {
    observer.scheduling = [&](const std::string& id) { watches.begin(id); };
    observer.activity = [&](const load::api::PollForActivityTaskResponse& task) {
      watches.end(task.workflow_execution().workflow_id());
    };
  } else {
    observer.decision = [&](const load::api::PollForDecisionTaskResponse& task) {
      watches.end(task.workflow_execution().workflow_id());
    };
  }
  observer.closed = [&](const std::string& id, bool ok) { closing.finish(id, ok); };
  load::load_worker worker(polls, domain, task_list, 4 * at_once, 4 * at_once, observer);
  const loop_step step = [&](std::function<void(bool)> over) {
    const auto id = load::new_uuid();
    closing.put(id, std::move(over));
    if (!activities)
      watches.begin(id);
    start(client, task_list, id, activities ? "1" : "0", [&closing, id](bool ok) {
      if (!ok)
        closing.finish(id, false);
    });
  };
  (void)run_loop(at_once, 0.5, step);
  watches.forget();
  const auto r = run_loop(at_once, c.opts.seconds, step);
  worker.abandon();
  tell_failures(c, activities ? "activity hand-off" : "decision hand-off", r);
  return watches.sorted();
}

} // namespace

void wait_for_close(load::client& c, const std::string& id, const std::string& token, std::function<void(bool)> over) {
  GetWorkflowExecutionHistoryRequest request;
  request.set_domain(domain);
  request.mutable_workflow_execution()->set_workflow_id(id);
  request.set_wait_for_new_event(true);
  request.set_history_event_filter_type(load::api::EVENT_FILTER_TYPE_CLOSE_EVENT);
  request.set_next_page_token(token);
  c.call<GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse>(
      "WorkflowAPI/GetWorkflowExecutionHistory", request, std::chrono::seconds(30),
      [&c, id, over = std::move(over)](const load::result& r, GetWorkflowExecutionHistoryResponse& answer) {
        if (!r.ok())
          return over(false);
        if (answer.history().events_size() > 0)
          return over(true);
        wait_for_close(c, id, answer.next_page_token(), over);
      });
}

void measure_chain(context& c) {
  const auto r = whole_workflows(c, "bench-chain", "10");
  tell_failures(c, "ten activities", r);
  c.out.add({"ten activities in sequence, 4 at once, p50", quantile(r.ms, 0.5), "ms", chain_of(c.limits, 10),
             "22 calls + 22 syncs", "<= 45"});
  c.out.add({"ten activities in sequence, 4 at once", r.rate(), "/s", {}, {}, {}});
}

void measure_start_to_close(context& c) {
  const auto r = whole_workflows(c, "bench-close", "1");
  tell_failures(c, "start to close", r);
  c.out.add({"start to close, one activity, 4 at once, p50", quantile(r.ms, 0.5), "ms", chain_of(c.limits, 1),
             "4 calls + 4 syncs", "<= 6"});
  c.out.add({"start to close, one activity, 4 at once, p99", quantile(r.ms, 0.99), "ms", {}, {}, {}});
}

void measure_decision_hand_off(context& c) {
  for (const int at_once : {1, few}) {
    const auto ms = hand_offs(c, at_once, false);
    const auto name = "start to decision in the poller's hands, " + std::to_string(at_once) + " at once, ";
    c.out.add({name + "p50", quantile(ms, 0.5), "ms", c.limits.chain_ms(1, 1), "1 call + 1 sync", "<= 1.5"});
    c.out.add({name + "p99", quantile(ms, 0.99), "ms", {}, {}, {}});
  }
}

void measure_activity_hand_off(context& c) {
  for (const int at_once : {1, few}) {
    const auto ms = hand_offs(c, at_once, true);
    const auto name = "activity asked for to poller's hands, " + std::to_string(at_once) + " at once, ";
    c.out.add({name + "p50", quantile(ms, 0.5), "ms", c.limits.chain_ms(1, 1), "1 call + 1 sync", {}});
    c.out.add({name + "p99", quantile(ms, 0.99), "ms", {}, {}, {}});
  }
}

void measure_history(context& c) {
  constexpr int events = 2000;
  auto& client = c.shared().client();
  const auto id = "long-" + load::new_uuid();
  const auto began = run_count(
      1, 1, [&](std::function<void(bool)> over) { start(client, "nobody-polls-history", id, "0", std::move(over)); });
  // Its own two events and as many signals as are missing.
  const auto filled = run_count(16, events - 2, [&](std::function<void(bool)> over) {
    load::api::SignalWorkflowExecutionRequest request;
    request.set_domain(domain);
    request.mutable_workflow_execution()->set_workflow_id(id);
    request.set_signal_name("bench");
    request.mutable_signal_input()->set_data("signal");
    client.call<load::api::SignalWorkflowExecutionRequest, load::api::SignalWorkflowExecutionResponse>(
        "WorkflowAPI/SignalWorkflowExecution", request, std::chrono::seconds(30),
        [over = std::move(over)](const load::result& r, load::api::SignalWorkflowExecutionResponse&) { over(r.ok()); });
  });
  tell_failures(c, "history to read", began);
  tell_failures(c, "history to read", filled);
  std::vector<double> ms;
  std::vector<std::string> bytes;
  bool first = true;
  int pages = 0;
  int read = 0;
  const auto begin = steady::now();
  while (seconds_since(begin) < std::min(c.opts.seconds, 3.0)) {
    GetWorkflowExecutionHistoryRequest request;
    request.set_domain(domain);
    request.mutable_workflow_execution()->set_workflow_id(id);
    request.set_page_size(events);
    const auto one = steady::now();
    read = pages = 0;
    do {
      google::protobuf::Arena arena;
      auto& answer = *google::protobuf::Arena::CreateMessage<GetWorkflowExecutionHistoryResponse>(&arena);
      const auto r = client.wait("WorkflowAPI/GetWorkflowExecutionHistory", request, answer);
      if (!r.ok())
        give_up("history cannot be read: " + r.message);
      read += answer.history().events_size();
      ++pages;
      request.set_next_page_token(answer.next_page_token());
      if (first)
        bytes.push_back(answer.SerializeAsString());
    } while (!request.next_page_token().empty());
    if (!std::exchange(first, false))
      ms.push_back(seconds_since(one) * 1e3);
  }
  std::sort(ms.begin(), ms.end());
  // What of it is the client's decoding: the same bytes, once for each read.
  std::vector<double> decoding_ms;
  for (std::size_t i = 0; i < ms.size(); ++i) {
    const auto one = steady::now();
    for (const auto& page : bytes) {
      google::protobuf::Arena arena;
      if (!google::protobuf::Arena::CreateMessage<GetWorkflowExecutionHistoryResponse>(&arena)->ParseFromString(page))
        give_up("history does not parse");
    }
    decoding_ms.push_back(seconds_since(one) * 1e3);
  }
  std::sort(decoding_ms.begin(), decoding_ms.end());
  c.out.add({"history of " + std::to_string(read) + " events read, 1 at once, p50", quantile(ms, 0.5), "ms",
             c.limits.chain_ms(1, 0), "1 call", "<= 2"});
  c.out.add(
      {"history of " + std::to_string(read) + " events read, 1 at once, p99", quantile(ms, 0.99), "ms", {}, {}, {}});
  c.out.add({"  of that the client's decoding, p50", quantile(decoding_ms, 0.5), "ms", {}, {}, {}});
  c.out.note("the history came in " + std::to_string(pages) + " page(s)");
}

} // namespace cadenza::bench
