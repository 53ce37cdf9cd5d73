#include "cli/progress.hpp"

#include "cli/commands.hpp"

#include "cli/event_text.hpp"
#include "cli/history_reader.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <ostream>
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

/// How a run ended, for people and for programs.
struct ending {
  colour tint = colour::plain;
  std::string state;
  std::vector<std::pair<std::string, std::string>> lines;
};

std::string text_of(const google::protobuf::Message& message, const char* field_name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(field_name);
  return enum_name(*message.GetReflection()->GetEnum(message, field));
}

ending ending_of(const api::HistoryEvent& event) {
  using kind = api::HistoryEvent::AttributesCase;
  switch (event.attributes_case()) {
  case kind::kWorkflowExecutionCompletedEventAttributes:
    return {colour::green,
            "COMPLETED",
            {{"Output", payload_text(event.workflow_execution_completed_event_attributes().result().data())}}};
  case kind::kWorkflowExecutionFailedEventAttributes: {
    const auto& failure = event.workflow_execution_failed_event_attributes().failure();
    return {colour::red, "FAILED", {{"Reason", failure.reason()}, {"Detail", payload_text(failure.details())}}};
  }
  case kind::kWorkflowExecutionTimedOutEventAttributes:
    return {colour::red,
            "TIMEOUT",
            {{"Timeout Type", text_of(event.workflow_execution_timed_out_event_attributes(), "timeout_type")}}};
  case kind::kWorkflowExecutionCanceledEventAttributes:
    return {colour::red,
            "CANCELED",
            {{"Detail", payload_text(event.workflow_execution_canceled_event_attributes().details().data())}}};
  case kind::kWorkflowExecutionTerminatedEventAttributes:
    return {colour::red,
            "TERMINATED",
            {{"Reason", event.workflow_execution_terminated_event_attributes().reason()},
             {"Detail", payload_text(event.workflow_execution_terminated_event_attributes().details().data())}}};
  case kind::kWorkflowExecutionContinuedAsNewEventAttributes:
    return {colour::plain,
            "CONTINUED_AS_NEW",
            {{"New Run Id", event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id()}}};
  default: return {colour::plain, "OPEN", {}};
  }
}

void show_event(invocation& call, const api::HistoryEvent& event) {
  call.out() << "  " << event.event_id() << ", " << utc_text(to_ns(event.event_time())) << ", "
             << event_type(event, call.paint());
  if (call.on("show_detail"))
    call.out() << ", "
               << event_attributes(event, {static_cast<std::size_t>(call.number("max_field_length")), false},
                                   call.paint());
  call.out() << '\n' << std::flush;
}

} // namespace

status follow_run(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  const bool people = !call.json();
  if (people)
    call.out() << call.paint()(colour::magenta, "Progress:") << '\n' << std::flush;
  elapsed_line elapsed{call.err(), people && call.io().err_is_terminal && call.io().out_is_terminal};
  std::optional<api::HistoryEvent> last;
  history_query query{workflow_id, run_id, true};
  const auto answer = read_history(call, query, [&](const api::HistoryEvent& event) {
    if (people)
      elapsed.around([&] { show_event(call, event); });
    last = event;
    return !closes_run(event);
  });
  elapsed.stop();
  if (!answer)
    return failed("Unable to read history of workflow " + workflow_id + ".", answer.error());
  if (!last)
    return problem{"Workflow " + workflow_id + " has no history.", ""};
  const auto end = ending_of(*last);
  if (!people) {
    json document{{"workflowId", workflow_id}, {"runId", run_id}, {"status", end.state}};
    for (const auto& [label, text] : end.lines)
      document[label] = text;
    show_json(call, document);
    return {};
  }
  call.out() << '\n'
             << call.paint()(colour::magenta, "Result:") << "\n  Run Time: " << elapsed.seconds()
             << " seconds\n  Status: " << call.paint()(end.tint, end.state) << '\n';
  for (const auto& [label, text] : end.lines)
    call.out() << "  " << label << ": " << text << '\n';
  return {};
}

std::vector<flag> progress_flags() {
  return {{"show_detail,sd", "show the events' attributes", flag_kind::toggle},
          {"max_field_length,maxl", "cut attributes longer than this", flag_kind::number}};
}

} // namespace cadenza::cli
