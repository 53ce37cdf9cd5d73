#include "cli/commands.hpp"
#include "cli/history_reader.hpp"
#include "cli/input_file.hpp"
#include "cli/output.hpp"
#include "cli/reset_point.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <thread>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int32_t scan_page_size = 1000;
constexpr std::int64_t lanes_max = 1000; ///< each is a thread

struct target {
  std::string workflow_id;
  std::string run_id; ///< "" for the current run
};

/// Lines of "workflow id SEPARATOR run id". The run id may be missing, columns after it do not count, nor do empty
/// lines and blanks at the ends of lines and columns.
outcome<std::vector<target>> read_targets(const std::string& path, const std::string& separator) {
  const auto lines = read_lines(path);
  if (!lines)
    return lines.error();
  std::vector<target> found;
  for (const auto& line : *lines) {
    const auto cut = line.find(separator);
    auto& one = found.emplace_back(target{trimmed(line.substr(0, cut)), {}});
    if (one.workflow_id.empty())
      return bad_request(path + ": no workflow id in line '" + line + "'");
    if (cut == std::string::npos)
      continue;
    const auto start = cut + separator.size();
    one.run_id = trimmed(line.substr(start, line.find(separator, start) - start));
  }
  return found;
}

outcome<std::vector<target>> query_targets(invocation& call, const std::string& query) {
  api::ScanWorkflowExecutionsRequest request;
  request.set_domain(call.domain());
  request.set_page_size(scan_page_size);
  request.set_query(query);
  std::vector<target> found;
  do {
    api::ScanWorkflowExecutionsResponse page;
    CADENZA_TRY(call.call("VisibilityAPI/ScanWorkflowExecutions", request, page));
    for (const auto& run : page.executions())
      found.push_back({run.workflow_execution().workflow_id(), run.workflow_execution().run_id()});
    request.set_next_page_token(page.next_page_token());
  } while (!request.next_page_token().empty());
  return found;
}

/// Workflow ids that --exclude_file and --exclude_query name.
outcome<std::set<std::string>> excluded(invocation& call) {
  std::set<std::string> ids;
  for (const auto* flag : {"exclude_file", "exclude_query"}) {
    if (call.text(flag).empty())
      continue;
    const auto named = std::string_view(flag) == "exclude_file"
                           ? read_targets(call.text(flag), call.text("input_separator"))
                           : query_targets(call, call.text(flag));
    if (!named)
      return named.error();
    for (const auto& one : *named)
      ids.insert(one.workflow_id);
  }
  return ids;
}

/// Whether the last decision that failed, and after which none was completed, failed because the worker's code does
/// not fit the history. What came after it (signals, a time-out, the run's end) changes nothing.
outcome<bool> is_non_deterministic(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  std::optional<api::HistoryEvent> failed;
  CADENZA_TRY(read_history(call, {workflow_id, run_id}, [&failed](const api::HistoryEvent& event) {
    if (event.has_decision_task_failed_event_attributes())
      failed = event;
    else if (event.has_decision_task_completed_event_attributes())
      failed.reset();
    return true;
  }));
  if (!failed)
    return false;
  const auto& why = failed->decision_task_failed_event_attributes();
  return why.cause() == api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE ||
         why.failure().details().find("nondeterministic") != std::string::npos;
}

/// Resets one workflow. Gives what was done, or why it was left alone.
outcome<std::string> reset_one(invocation& call, const target& one) {
  const auto current = describe_run(call, one.workflow_id, "");
  if (!current)
    return current.error();
  const auto& info = current->workflow_execution_info();
  const auto& current_run = info.workflow_execution().run_id();
  const auto base = one.run_id.empty() ? current_run : one.run_id;
  const bool open = info.close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID;
  if (call.on("skip_current_open") && open)
    return std::string("skipped: its current run is open");
  if (call.on("skip_current_completed") && info.close_status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED)
    return std::string("skipped: its current run is completed");
  if (call.on("skip_base_is_not_current") && base != current_run)
    return "skipped: run " + base + " is not the current one";
  if (call.on("only_non_deterministic")) {
    const auto broken = is_non_deterministic(call, one.workflow_id, base);
    if (!broken)
      return broken.error();
    if (!*broken)
      return std::string("skipped: no decision failed for non-determinism since the last completed one");
  }
  const auto point = find_reset_point(call, one.workflow_id, base);
  if (!point)
    return point.error();
  const auto before = "run " + point->run_id + " before event " + std::to_string(point->event_id);
  if (call.on("dry_run"))
    return "would be reset: " + before;
  const auto answer = reset_run(call, one.workflow_id, *point);
  if (!answer)
    return answer.error();
  return "reset: " + before + " to run " + answer->run_id();
}

outcome<std::vector<target>> all_targets(invocation& call) {
  auto found = call.text("input_file").empty() ? query_targets(call, call.text("query"))
                                               : read_targets(call.text("input_file"), call.text("input_separator"));
  if (!found)
    return found;
  const auto left_out = excluded(call);
  if (!left_out)
    return left_out.error();
  std::erase_if(*found, [&](const target& one) { return left_out->contains(one.workflow_id); });
  return found;
}

status reset_batch(invocation& call) {
  if (call.text("input_file").empty() == call.text("query").empty())
    return call.text("query").empty() ? missing("--input_file FILE or --query QUERY")
                                      : problem{"--input_file and --query exclude each other.", ""};
  if (call.text("reset_type").empty())
    return missing("--reset_type TYPE");
  if (auto wrong = check_reset_flags(call))
    return wrong;
  if (call.text("input_separator").empty())
    return problem{"Option input_separator format is invalid.", "it must not be empty"};
  const auto lanes = call.number("input_parallelism");
  if (lanes < 1 || lanes > lanes_max)
    return problem{"Option input_parallelism format is invalid.",
                   "a number from 1 to " + std::to_string(lanes_max) + " is expected"};
  const auto targets = all_targets(call);
  if (!targets)
    return failed("Cannot tell which workflows to reset.", targets.error());
  if (targets->empty())
    call.err() << (call.text("query").empty() ? "The file names no workflow to reset.\n"
                                              : "No workflow matches the query: nothing to reset.\n");

  std::mutex told;
  std::atomic<std::size_t> next{0};
  std::size_t failures = 0;
  const auto work = [&] {
    for (auto at = next++; at < targets->size(); at = next++) {
      const auto& one = (*targets)[at];
      const auto done = reset_one(call, one);
      const std::lock_guard guard(told);
      if (done) {
        call.out() << one.workflow_id << ' ' << *done << '\n';
      } else {
        ++failures;
        call.err() << one.workflow_id << " failed: " << explain(done.error()) << '\n';
      }
    }
  };
  (void)call.rpc(); // the connection is shared from here on
  std::vector<std::thread> others;
  for (std::int64_t i = 1; i < lanes; ++i)
    others.emplace_back(work);
  work();
  for (auto& other : others)
    other.join();
  if (failures > 0)
    return problem{
        "Reset of " + std::to_string(failures) + " of " + std::to_string(targets->size()) + " workflows failed.", ""};
  return {};
}

} // namespace

command workflow_reset_batch_command() {
  command batch{
      "reset-batch",
      {},
      "Reset many workflows, each to the same kind of point",
      std::vector<flag>{
          {"input_file,if",
           "file of lines: workflow id, separator, run id (without run id: the current run); further columns do not "
           "count"},
          {"input_separator", "between the columns of both files; a tab when left out", flag_kind::text, "\t"},
          {"query,q,lq", "reset what this visibility query finds, in place of a file"},
          {"exclude_file", "file of workflow ids to leave out, one a line; further columns do not count"},
          {"exclude_query", "leave out workflow ids that this query finds"},
          {"input_parallelism,input_parallism", "how many at once", flag_kind::number, "1"},
          {"skip_current_open", "leave workflows alone whose current run is open", flag_kind::toggle},
          {"skip_current_completed", "leave workflows alone whose current run is completed", flag_kind::toggle},
          {"skip_base_is_not_current", "leave runs alone that are not the current one", flag_kind::toggle},
          {"only_non_deterministic",
           "only runs whose last failed decision was non-deterministic, with none completed after it; closed runs too",
           flag_kind::toggle},
          {"dry_run", "show what would be done, and do nothing", flag_kind::toggle}} +
          reset_flags(),
      reset_batch};
  batch.needs_domain = true;
  return batch;
}

} // namespace cadenza::cli
