#include "cli/commands.hpp"
#include "cli/event_text.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"
#include "cli/workflow_rows.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <ostream>
#include <set>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::chrono::seconds list_timeout{120};
constexpr std::int32_t exclude_page_size = 1000;

/// One page of runs and the token of the next, "" after the last.
struct page {
  std::vector<api::WorkflowExecutionInfo> runs;
  std::string next;
};
using page_source = std::function<outcome<page>(const std::string& token)>;

template <class Response, class Request>
outcome<page> ask(invocation& call, std::string_view method, Request request, const std::string& token) {
  request.set_next_page_token(token);
  Response response;
  CADENZA_TRY(call.rpc().call(method, request, response, call.timeout(list_timeout)));
  return page{{response.executions().begin(), response.executions().end()}, response.next_page_token()};
}

template <class Request> Request basic(invocation& call) {
  Request request;
  request.set_domain(call.domain());
  request.set_page_size(static_cast<std::int32_t>(std::max<std::int64_t>(1, call.number("pagesize"))));
  return request;
}

page_source by_query(invocation& call) {
  auto request = basic<api::ListWorkflowExecutionsRequest>(call);
  request.set_query(call.text("query"));
  return [&call, request](const std::string& token) {
    return ask<api::ListWorkflowExecutionsResponse>(call, "VisibilityAPI/ListWorkflowExecutions", request, token);
  };
}

page_source by_scan(invocation& call) {
  auto request = basic<api::ScanWorkflowExecutionsRequest>(call);
  request.set_query(call.text("query"));
  return [&call, request](const std::string& token) {
    return ask<api::ScanWorkflowExecutionsResponse>(call, "VisibilityAPI/ScanWorkflowExecutions", request, token);
  };
}

std::optional<api::WorkflowExecutionCloseStatus> status_of(const std::string& text) {
  std::string name = "WORKFLOW_EXECUTION_CLOSE_STATUS_";
  for (const char letter : text)
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  api::WorkflowExecutionCloseStatus status{};
  if (!api::WorkflowExecutionCloseStatus_Parse(name, &status) || status == 0)
    return std::nullopt;
  return status;
}

/// The filters that open and closed lists share.
template <class Request> std::optional<problem> filter(const invocation& call, Request& request) {
  const auto now = now_ns();
  std::int64_t earliest = 0;
  std::int64_t latest = now;
  for (auto [name, target] : {std::pair{"earliest_time", &earliest}, std::pair{"latest_time", &latest}}) {
    if (!call.given(name) || call.text(name).empty())
      continue;
    const auto time = parse_time(call.text(name), now);
    if (!time)
      return problem{"Error in listing workflows: cannot parse time '" + call.text(name) + "'",
                     "use UTC format '2006-01-02T15:04:05Z', a time range as 15m or 3day, or nanoseconds"};
    *target = *time;
  }
  *request.mutable_start_time_filter()->mutable_earliest_time() = to_timestamp(earliest);
  *request.mutable_start_time_filter()->mutable_latest_time() = to_timestamp(latest);
  const auto& id = call.text("workflow_id");
  const auto& type = call.text("workflow_type");
  if (!id.empty() && !type.empty())
    return problem{"there is something wrong with your command options",
                   "you can filter on workflow_id or workflow_type, but not on both"};
  if (!id.empty())
    request.mutable_execution_filter()->set_workflow_id(id);
  if (!type.empty())
    request.mutable_type_filter()->set_name(type);
  return std::nullopt;
}

std::variant<page_source, problem> source_of(invocation& call) {
  if (call.given("query"))
    return by_query(call);
  if (call.on("open")) {
    if (call.given("status"))
      return problem{"there is something wrong with your command options",
                     "you can only filter on status for closed workflow, not open workflow"};
    auto request = basic<api::ListOpenWorkflowExecutionsRequest>(call);
    if (auto failure = filter(call, request))
      return *failure;
    return [&call, request](const std::string& token) {
      return ask<api::ListOpenWorkflowExecutionsResponse>(call, "VisibilityAPI/ListOpenWorkflowExecutions", request,
                                                          token);
    };
  }
  auto request = basic<api::ListClosedWorkflowExecutionsRequest>(call);
  if (auto failure = filter(call, request))
    return *failure;
  if (call.given("status")) {
    const auto status = status_of(call.text("status"));
    if (!status)
      return problem{"option status is not one of allowed values",
                     "[completed, failed, canceled, terminated, continued_as_new, timed_out]"};
    if (request.filters_case() != api::ListClosedWorkflowExecutionsRequest::FILTERS_NOT_SET)
      return problem{"there is something wrong with your command options",
                     "you can filter on status or on workflow_id or on workflow_type, but on one of them only"};
    request.mutable_status_filter()->set_status(*status);
  }
  return [&call, request](const std::string& token) {
    return ask<api::ListClosedWorkflowExecutionsResponse>(call, "VisibilityAPI/ListClosedWorkflowExecutions", request,
                                                          token);
  };
}

/// Workflow ids that --exclude_query finds.
outcome<std::set<std::string>> excluded_ids(invocation& call) {
  std::set<std::string> ids;
  if (call.text("exclude_query").empty())
    return ids;
  api::ScanWorkflowExecutionsRequest request;
  request.set_domain(call.domain());
  request.set_page_size(exclude_page_size);
  request.set_query(call.text("exclude_query"));
  std::string token;
  do {
    auto found = ask<api::ScanWorkflowExecutionsResponse>(call, "VisibilityAPI/ScanWorkflowExecutions", request, token);
    if (!found)
      return found.error();
    for (const auto& run : found->runs)
      ids.insert(run.workflow_execution().workflow_id());
    token = found->next;
  } while (!token.empty());
  call.err() << "found " << ids.size() << " workflowIDs to exclude\n";
  return ids;
}

/// The full table is made for scripts, and far wider than a terminal.
bool wants_short(const invocation& call) {
  const auto& format = call.text("format");
  const bool more = call.on("wide") || call.on("print_memo") || call.on("print_search_attr") || call.on("print_cron");
  return call.io().out_is_terminal && !call.json() && (format.empty() || format == "table") && !more;
}

/// Nothing found: says so where people would otherwise wonder, and where the open ones are.
void tell_nothing(invocation& call) {
  if (call.json() || !call.text("format").empty() || call.on("print_json"))
    return;
  if (!call.text("query").empty()) {
    call.err() << "No workflow matches the query.\n";
    return;
  }
  if (call.on("open")) {
    call.err() << "No open workflows; without --open, closed ones are listed.\n";
    return;
  }
  api::CountWorkflowExecutionsRequest request;
  request.set_domain(call.domain());
  request.set_query("CloseTime = missing");
  api::CountWorkflowExecutionsResponse response;
  call.err() << "No closed workflows" << (call.given("status") || call.given("workflow_id") ? " like that" : "");
  if (call.call("VisibilityAPI/CountWorkflowExecutions", request, response) && response.count() > 0)
    call.err() << "; --open lists " << counted(response.count(), "open one");
  call.err() << ".\n";
}

status display(invocation& call, const std::vector<api::WorkflowExecutionInfo>& runs) {
  if (!call.on("print_json") && !call.on("print_full"))
    return show(call, wants_short(call) ? short_workflow_rows(call, runs) : workflow_rows(call, runs));
  call.out() << "[\n";
  for (std::size_t i = 0; i < runs.size(); ++i)
    call.out() << (call.on("print_json") ? compact(to_json(runs[i], json_style::stored))
                                         : message_text(runs[i], {}, call.paint()))
               << (i + 1 < runs.size() ? ",\n" : "\n");
  call.out() << "]\n";
  return {};
}

/// Whether somebody sees the question for the next page. A script gets all pages.
bool asks(const invocation& call) { return call.io().in_is_terminal && call.io().out_is_terminal; }

enum class extent { first_page, page_by_page, everything };

status list_pages(invocation& call, const page_source& source, extent wanted) {
  const auto excluded = excluded_ids(call);
  if (!excluded)
    return failed_query("Failed to list workflow.", excluded.error(), call.text("exclude_query"));
  std::vector<api::WorkflowExecutionInfo> collected;
  std::string token;
  bool first = true;
  while (true) {
    auto found = source(token);
    if (!found)
      return failed_query("Failed to list workflow.", found.error(), call.text("query"));
    std::erase_if(found->runs,
                  [&](const auto& run) { return excluded->count(run.workflow_execution().workflow_id()) > 0; });
    token = found->next;
    if (wanted == extent::everything) {
      std::move(found->runs.begin(), found->runs.end(), std::back_inserter(collected));
      if (token.empty() && collected.empty())
        tell_nothing(call);
      if (token.empty())
        return display(call, collected);
      continue;
    }
    if (first && found->runs.empty() && token.empty())
      tell_nothing(call);
    first = false;
    if (auto failure = display(call, found->runs))
      return failure;
    if (wanted == extent::first_page || token.empty() || (asks(call) && !next_page(call)))
      return {};
  }
}

status list(invocation& call, extent wanted) {
  auto source = source_of(call);
  if (auto* failure = std::get_if<problem>(&source))
    return *failure;
  return list_pages(call, std::get<page_source>(source), wanted);
}

status count(invocation& call) {
  api::CountWorkflowExecutionsRequest request;
  request.set_domain(call.domain());
  request.set_query(call.text("query"));
  api::CountWorkflowExecutionsResponse response;
  if (auto answer =
          call.rpc().call("VisibilityAPI/CountWorkflowExecutions", request, response, call.timeout(list_timeout));
      !answer)
    return failed_query("Failed to count workflow.", answer.error(), call.text("query"));
  if (call.json())
    show_json(call, {{"count", response.count()}});
  else
    call.out() << response.count() << '\n';
  return {};
}

std::vector<flag> print_flags() {
  return {{"print_raw_time,prt", "print times in nanoseconds", flag_kind::toggle},
          {"print_datetime,pdt", "print dates with the times", flag_kind::toggle},
          {"print_memo,pme", "print memos", flag_kind::toggle},
          {"print_search_attr,psa", "print search attributes", flag_kind::toggle},
          {"print_cron,pcr", "print cron schedules", flag_kind::toggle},
          {"print_full,pf", "print complete records instead of a table", flag_kind::toggle},
          {"print_json,pjson", "print complete records as JSON", flag_kind::toggle},
          {"wide", "all columns, on a terminal too", flag_kind::toggle},
          format_flag()};
}

std::vector<flag> filter_flags(const std::string& page_size) {
  const std::string times = "; RFC3339, nanoseconds, or a range as 15m, 3day (s m h d w M y, second ... year) ago";
  return {{"open,op", "open workflows instead of closed ones", flag_kind::toggle},
          {"earliest_time,et", "not started before" + times},
          {"latest_time,lt", "not started after" + times},
          workflow_id_flag(false),
          {"workflow_type,wt", "only this type"},
          {"status,s", "close status: completed, failed, canceled, terminated, continued_as_new, timed_out"},
          {"query,q", "visibility query; the other filters are then ignored"},
          {"exclude_query", "leave out workflow ids that this query finds"},
          {"pagesize,ps", "rows in a page", flag_kind::number, page_size}};
}

} // namespace

std::vector<command> workflow_list_commands() {
  command paged{
      "list",
      {"l"},
      "List workflows, one page unless --more",
      print_flags() + filter_flags("10") + std::vector<flag>{{"more,m", "ask for further pages", flag_kind::toggle}},
      [](invocation& call) { return list(call, call.on("more") ? extent::page_by_page : extent::first_page); }};
  command all{"listall", {"la"}, "List all workflows", print_flags() + filter_flags("200"), [](invocation& call) {
                return list(call, extent::everything);
              }};
  command scan{"scan",
               {"sc", "scanall"},
               "List all workflows, unordered, which is faster",
               print_flags() + std::vector<flag>{{"query,q", "visibility query"},
                                                 {"exclude_query", "leave out workflow ids that this query finds"},
                                                 {"pagesize,ps", "rows in a page", flag_kind::number, "2000"}},
               [](invocation& call) { return list_pages(call, by_scan(call), extent::everything); }};
  command number{"count", {"cnt"}, "Count workflows", {{"query,q", "visibility query"}}, count};
  for (auto* one : {&paged, &all, &scan, &number})
    one->needs_domain = true;
  return {paged, all, scan, number};
}

} // namespace cadenza::cli
