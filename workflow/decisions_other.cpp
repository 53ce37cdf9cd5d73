#include "workflow/decision_checks.hpp"
#include "workflow/decisions.hpp"

namespace cadenza::workflow {

outcome<void> decision_handler::on(const api::RecordMarkerDecisionAttributes& d) {
  constexpr auto bad_marker = api::DECISION_TASK_FAILED_CAUSE_BAD_RECORD_MARKER_ATTRIBUTES;
  if (d.marker_name().empty())
    return reject(bad_marker, "MarkerName is not set on decision.");
  const auto& env = tx_.env();
  CADENZA_TRY(checked(check_length(env, d.marker_name(), "MarkerName", env.limits->lengths.marker_name), bad_marker));
  if (stopped_ || too_large(d.details().data().size(), "RecordMarkerDecisionAttributes.Details"))
    return {};
  api::HistoryEvent e;
  auto& a = *e.mutable_marker_recorded_event_attributes();
  a.set_marker_name(d.marker_name());
  if (d.has_details())
    *a.mutable_details() = d.details();
  a.set_decision_task_completed_event_id(completed_id_);
  if (d.has_header())
    *a.mutable_header() = d.header();
  tx_.add(std::move(e));
  return {};
}

outcome<void> decision_handler::check(const api::UpsertWorkflowSearchAttributesDecisionAttributes& d) const {
  if (!d.has_search_attributes())
    return bad_request("SearchAttributes is not set on decision.");
  if (d.search_attributes().indexed_fields().empty())
    return bad_request("IndexedFields is empty on decision.");
  return check_search_attributes(d.search_attributes(), *tx_.env().limits);
}

outcome<void> decision_handler::on(const api::UpsertWorkflowSearchAttributesDecisionAttributes& d) {
  CADENZA_TRY(checked(check(d), api::DECISION_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES));
  std::size_t bytes = 0;
  for (const auto& [key, value] : d.search_attributes().indexed_fields())
    bytes += key.size() + value.data().size();
  if (stopped_ || too_large(bytes, "UpsertWorkflowSearchAttributesDecisionAttributes"))
    return {};
  api::HistoryEvent e;
  auto& a = *e.mutable_upsert_workflow_search_attributes_event_attributes();
  a.set_decision_task_completed_event_id(completed_id_);
  *a.mutable_search_attributes() = d.search_attributes();
  tx_.add(std::move(e));
  add_upsert_task(tx_);
  return {};
}

} // namespace cadenza::workflow
