#include "cli/progress.hpp"

#include "cli/commands.hpp"

#include "cli/event_text.hpp"
#include "cli/failure_text.hpp"
#include "cli/history_reader.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <thread>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

/// Keeps one line on the error stream that counts the seconds, while `wanted`. Its thread stops with it.
class elapsed_line {
public:
  elapsed_line(std::ostream& err, bool wanted) : err_(err), start_(std::chrono::steady_clock::now()) {
    if (wanted)
      thread_ = std::jthread{[this](std::stop_token stop) { count(stop); }};
  }

  /// Runs `show` with the line out of the way.
  template <class Show> void around(Show show) {
    const std::lock_guard guard{mutex_};
    erase();
    show();
  }

  void stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
    erase();
  }

  [[nodiscard]] long long seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_).count();
  }

private:
  void count(const std::stop_token& stop) {
    std::unique_lock guard{mutex_};
    std::condition_variable_any tick;
    while (!stop.stop_requested()) {
      tick.wait_for(guard, stop, std::chrono::seconds{1}, [] { return false; });
      if (stop.stop_requested())
        return;
      erase();
      err_ << "Time elapse: " << seconds() << "s" << std::flush;
      shown_ = true;
    }
  }

  void erase() {
    if (shown_)
      err_ << "\r\033[2K" << std::flush;
    shown_ = false;
  }

  std::ostream& err_;
  std::chrono::steady_clock::time_point start_;
  std::mutex mutex_;
  bool shown_ = false;
  std::jthread thread_;
};

/// What is told of a run while it goes on.
class progress {
public:
  explicit progress(invocation& call) : call_(call) {}

  void show(const api::HistoryEvent& event) {
    const auto why = failure_text(event);
    call_.out() << "  " << event.event_id() << ", " << utc_text(to_ns(event.event_time())) << ", "
                << event_type(event, call_.paint());
    if (call_.on("show_detail"))
      call_.out() << ", "
                  << event_attributes(event, {static_cast<std::size_t>(call_.number("max_field_length")), false},
                                      call_.paint());
    else if (!why.empty())
      call_.out() << ", " << call_.paint()(colour::red, why);
    call_.out() << '\n' << std::flush;
  }

  void see(const api::HistoryEvent& event) {
    if (event.has_workflow_execution_started_event_attributes())
      task_list_ = event.workflow_execution_started_event_attributes().task_list().name();
    if (event.has_decision_task_scheduled_event_attributes())
      waiting_ = true;
    else if (event.has_decision_task_started_event_attributes())
      waiting_ = false;
    if (event.has_activity_task_scheduled_event_attributes())
      activity_lists_[event.event_id()] = event.activity_task_scheduled_event_attributes().task_list().name();
    for (const auto ended : {event.activity_task_started_event_attributes().scheduled_event_id(),
                             event.activity_task_timed_out_event_attributes().scheduled_event_id(),
                             event.activity_task_canceled_event_attributes().scheduled_event_id()})
      activity_lists_.erase(ended);
    if (auto why = failure_text(event); !why.empty() && !closes_run(event))
      last_failure_ = event_type(event) + ": " + why;
    last_ = event;
  }

  /// Nothing happened for a while: says so once when nobody is there to take what waits.
  void idle() {
    if (waiting_)
      tell_if_unpolled(task_list_, api::TASK_LIST_TYPE_DECISION);
    for (const auto& [event_id, list] : activity_lists_)
      tell_if_unpolled(list, api::TASK_LIST_TYPE_ACTIVITY);
  }

  /// The server was there and does not answer any more. Waits a little, longer each time; false when it was too long.
  bool lost(const error& reason) {
    if (!last_ || pause_ > pause_max)
      return false;
    if (pause_ == pause_first)
      call_.err() << explain(reason) << "; trying again\n";
    std::this_thread::sleep_for(std::min(pause_, pause_shown_max));
    pause_ = pause_ * 5 / 4;
    return true;
  }

  /// What a run that timed out may have died of, "" when nothing tells.
  [[nodiscard]] std::string cause() const {
    if (waiting_ && !task_list_.empty())
      return "no worker took the decision that waited in task list " + task_list_;
    return last_failure_.empty() ? std::string{} : "the last failure was " + last_failure_;
  }

  [[nodiscard]] const std::optional<api::HistoryEvent>& last() const { return last_; }

private:
  void tell_if_unpolled(const std::string& list, api::TaskListType type) {
    if (list.empty() || told_.contains({list, type}))
      return;
    api::DescribeTaskListRequest request;
    request.set_domain(call_.domain());
    request.mutable_task_list()->set_name(list);
    request.set_task_list_type(type);
    api::DescribeTaskListResponse response;
    if (!call_.call("WorkflowAPI/DescribeTaskList", request, response) || !response.pollers().empty())
      return;
    told_.insert({list, type});
    call_.err() << "Nobody polls the " << (type == api::TASK_LIST_TYPE_ACTIVITY ? "activity" : "decision")
                << " task list " << list << ": the workflow waits for a worker.\n";
  }

  static constexpr std::chrono::milliseconds pause_first{200};
  static constexpr std::chrono::milliseconds pause_shown_max{5'000};
  static constexpr std::chrono::milliseconds pause_max{10'000'000}; ///< about four minutes of pauses

  invocation& call_;
  std::optional<api::HistoryEvent> last_;
  std::string task_list_;
  std::string last_failure_;
  bool waiting_ = false;                               ///< a decision waits to be taken
  std::map<std::int64_t, std::string> activity_lists_; ///< of activities that no worker is known to have, by event
  std::set<std::pair<std::string, api::TaskListType>> told_;
  std::chrono::milliseconds pause_ = pause_first;
};

/// The result of a run that closed, and the exit code that goes with it.
status show_result(invocation& call, const ending& end, const progress& seen, long long seconds,
                   const std::string& workflow_id, const std::string& run_id) {
  const auto cause = end.state == "TIMEOUT" ? seen.cause() : std::string{};
  if (call.json()) {
    json document{{"workflowId", workflow_id}, {"runId", run_id}, {"status", end.state}};
    document.update(end.fields);
    if (!cause.empty())
      document["cause"] = cause;
    show_json(call, document);
  } else {
    call.out() << '\n'
               << call.paint()(colour::magenta, "Result:") << "\n  Run Time: " << counted(seconds, "second")
               << "\n  Status: " << call.paint()(end.tint, end.state) << '\n';
    for (const auto& [label, text] : end.lines)
      call.out() << "  " << label << ": " << text << '\n';
    if (!cause.empty())
      call.out() << "  Cause: " << cause << '\n';
  }
  return end.good ? status{} : status{problem{"", "", exit_not_completed}};
}

} // namespace

status follow_run(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  const bool people = !call.json();
  if (people)
    call.out() << call.paint()(colour::magenta, "Progress:") << '\n' << std::flush;
  const interrupt_note note{"\nThe workflow continues; watch it with: " + call.program() + " --domain " +
                            call.domain() + " workflow observe " + workflow_id + (run_id.empty() ? "" : " " + run_id) +
                            "\n"};
  elapsed_line elapsed{call.err(), people && call.io().err_is_terminal && call.io().out_is_terminal};
  progress seen{call};
  history_query query{workflow_id, run_id, true};
  query.idle = [&] { elapsed.around([&] { seen.idle(); }); };
  query.lost = [&](const error& reason) {
    bool again = false;
    elapsed.around([&] { again = seen.lost(reason); });
    return again;
  };
  const auto answer = read_history(call, query, [&](const api::HistoryEvent& event) {
    if (people)
      elapsed.around([&] { seen.show(event); });
    seen.see(event);
    return !closes_run(event);
  });
  elapsed.stop();
  if (!answer)
    return failed("Unable to read history of workflow " + workflow_id + ".", answer.error());
  if (!seen.last())
    return problem{"Workflow " + workflow_id + " has no history.", ""};
  return show_result(call, ending_of(*seen.last()), seen, elapsed.seconds(), workflow_id, run_id);
}

std::vector<flag> progress_flags() {
  return {{"show_detail,sd", "show the events' attributes", flag_kind::toggle},
          {"max_field_length,maxl", "cut attributes longer than this", flag_kind::number}};
}

} // namespace cadenza::cli
