#include "bridge/checks/validate_visibility.hpp"

#include <utility>

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

outcome<void> check_time_filter(bool present, const api::StartTimeFilter& filter) {
  if (!present)
    return bad_request("StartTimeFilter is required");
  if (!filter.has_earliest_time())
    return bad_request("EarliestTime in StartTimeFilter is required");
  if (!filter.has_latest_time())
    return bad_request("LatestTime in StartTimeFilter is required");
  const auto& from = filter.earliest_time();
  const auto& to = filter.latest_time();
  if (std::pair(from.seconds(), from.nanos()) > std::pair(to.seconds(), to.nanos()))
    return bad_request("EarliestTime in StartTimeFilter should not be larger than LatestTime");
  return {};
}

template <class Request> void set_page_size(const checks& rules, Request& request) {
  if (request.page_size() <= 0)
    request.set_page_size(rules.max.visibility_page_size);
}

/// The window is what a search looks through; a plain list goes on from page to page.
template <class Request> outcome<void> check_window(const checks& rules, const Request& request) {
  if (rules.max.search_enabled && request.page_size() > rules.max.visibility_window_max)
    return bad_request("Pagesize is larger than allow " + std::to_string(rules.max.visibility_window_max));
  return {};
}

template <class Request> outcome<void> check_query(const checks& rules, Request& request) {
  if (request.query().empty() || !rules.hooks.visibility_query)
    return {};
  auto query = rules.hooks.visibility_query(request.query());
  if (!query)
    return query.error();
  request.set_query(std::move(*query));
  return {};
}

/// ListOpen and ListClosed: their filters are a oneof, so that more than one cannot arrive.
template <class Request>
outcome<workflow::domain_ptr> check_list(const checks& rules, Request& request, bool filtered) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_time_filter(request.has_start_time_filter(), request.start_time_filter()));
  set_page_size(rules, request);
  if (filtered && rules.max.list_by_filter_disallowed)
    return bad_request("No permission to do this operation.");
  return domain;
}

template <class Request> outcome<workflow::domain_ptr> check_query_list(const checks& rules, Request& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  set_page_size(rules, request);
  CADENZA_TRY(check_window(rules, request));
  CADENZA_TRY(check_query(rules, request));
  return domain;
}

} // namespace

outcome<workflow::domain_ptr> check(const checks& rules, api::ListOpenWorkflowExecutionsRequest& request) {
  return check_list(rules, request, request.filters_case() != api::ListOpenWorkflowExecutionsRequest::FILTERS_NOT_SET);
}

outcome<workflow::domain_ptr> check(const checks& rules, api::ListClosedWorkflowExecutionsRequest& request) {
  return check_list(rules, request,
                    request.filters_case() != api::ListClosedWorkflowExecutionsRequest::FILTERS_NOT_SET);
}

outcome<workflow::domain_ptr> check(const checks& rules, api::ListWorkflowExecutionsRequest& request) {
  return check_query_list(rules, request);
}

outcome<workflow::domain_ptr> check(const checks& rules, api::ScanWorkflowExecutionsRequest& request) {
  return check_query_list(rules, request);
}

outcome<workflow::domain_ptr> check(const checks& rules, api::CountWorkflowExecutionsRequest& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_query(rules, request));
  return domain;
}

outcome<void> check(const checks& rules, const api::ListArchivedWorkflowExecutionsRequest& request) {
  if (const auto domain = named_domain(rules, request.domain()); !domain)
    return domain.error();
  if (request.page_size() > rules.max.archived_page_size_max)
    return bad_request("Pagesize is larger than allowed " + std::to_string(rules.max.archived_page_size_max));
  return bad_request("Cluster is not configured for visibility archival");
}

} // namespace cadenza::bridge
