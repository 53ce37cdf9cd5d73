#include "cli/history_reader.hpp"

#include "messages/thrift_history.hpp"

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

/// The server answers a long poll after 20 s at the latest.
constexpr std::chrono::seconds page_timeout{25};

/// Events of a page that came as stored batches, which servers send to clients that may have them.
outcome<void> append_raw(const api::GetWorkflowExecutionHistoryResponse& page, api::History& events) {
  for (const auto& blob : page.raw_history()) {
    const auto batch = read_batch(blob);
    if (!batch)
      return batch.error();
    events.MergeFrom(*batch);
  }
  return {};
}

} // namespace

outcome<api::History> read_batch(const api::DataBlob& blob) {
  if (blob.encoding_type() != api::ENCODING_TYPE_THRIFTRW)
    return internal_error("history batch in an encoding this client does not read");
  return from_thrift(blob.data());
}

outcome<api::History> whole_history(client& server, const std::string& domain, const api::WorkflowExecution& run,
                                    std::chrono::milliseconds timeout) {
  api::GetWorkflowExecutionHistoryRequest request;
  request.set_domain(domain);
  *request.mutable_workflow_execution() = run;
  request.set_skip_archival(true);
  request.set_history_event_filter_type(api::EVENT_FILTER_TYPE_ALL_EVENT);
  api::History out;
  while (true) {
    api::GetWorkflowExecutionHistoryResponse page;
    CADENZA_TRY(server.call("WorkflowAPI/GetWorkflowExecutionHistory", request, page, timeout));
    CADENZA_TRY(append_raw(page, *page.mutable_history()));
    out.MergeFrom(page.history());
    if (page.next_page_token().empty())
      return out;
    if (page.history().events().empty() && page.next_page_token() == request.next_page_token())
      return internal_error("the server repeats an empty page of history");
    request.set_next_page_token(page.next_page_token());
  }
}

bool closes_run(const api::HistoryEvent& event) {
  using kind = api::HistoryEvent::AttributesCase;
  switch (event.attributes_case()) {
  case kind::kWorkflowExecutionCompletedEventAttributes:
  case kind::kWorkflowExecutionFailedEventAttributes:
  case kind::kWorkflowExecutionTimedOutEventAttributes:
  case kind::kWorkflowExecutionCanceledEventAttributes:
  case kind::kWorkflowExecutionTerminatedEventAttributes:
  case kind::kWorkflowExecutionContinuedAsNewEventAttributes: return true;
  default: return false;
  }
}

outcome<void> read_history(invocation& call, const history_query& query,
                           const std::function<bool(const api::HistoryEvent&)>& each) {
  api::GetWorkflowExecutionHistoryRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(query.workflow_id);
  request.mutable_workflow_execution()->set_run_id(query.run_id);
  request.set_wait_for_new_event(query.wait);
  request.set_skip_archival(query.wait);
  request.set_history_event_filter_type(api::EVENT_FILTER_TYPE_ALL_EVENT);
  request.set_query_consistency_level(query.consistency);
  while (true) {
    api::GetWorkflowExecutionHistoryResponse page;
    const auto answer =
        call.rpc().call("WorkflowAPI/GetWorkflowExecutionHistory", request, page,
                        query.wait ? std::chrono::milliseconds{page_timeout} : call.timeout(page_timeout));
    if (!answer) {
      const bool silent =
          answer.error().kind == error_kind::unavailable || answer.error().kind == error_kind::deadline_exceeded;
      if (silent && query.lost && query.lost(answer.error()))
        continue; // the same page: its token is as good for a server that has started again
      return answer.error();
    }
    CADENZA_TRY(append_raw(page, *page.mutable_history()));
    for (const auto& event : page.history().events())
      if (!each(event))
        return {};
    if (page.next_page_token().empty())
      return {};
    if (query.wait && query.idle && page.history().events().empty())
      query.idle();
    // A token that does not move with a page that is empty would ask for the same for ever; a long poll may.
    if (!query.wait && page.history().events().empty() && page.next_page_token() == request.next_page_token())
      return internal_error("the server repeats an empty page of history");
    request.set_next_page_token(page.next_page_token());
  }
}

} // namespace cadenza::cli
