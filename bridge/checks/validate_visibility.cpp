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

template <class Request> void set_page_size(const checks& with, Request& request) {
  if (request.page_size() <= 0)
    request.set_page_size(with.max.visibility_page_size);
}

/// The window is what a search looks through; a plain list goes on from page to page.
template <class Request> outcome<void> check_window(const checks& with, const Request& request) {
  if (with.max.search_enabled && request.page_size() > with.max.visibility_window_max)
    return bad_request("Pagesize is larger than allow " + std::to_string(with.max.visibility_window_max));
  return {};
}

template <class Request> outcome<void> check_query(const checks& with, Request& request) {
  if (request.query().empty() || !with.hooks.visibility_query)
    return {};
  auto query = with.hooks.visibility_query(request.query());
  if (!query)
    return query.error();
  request.set_query(std::move(*query));
  return {};
}

/// ListOpen and ListClosed: their filters are a oneof, so that more than one cannot arrive.
template <class Request> outcome<workflow::domain_ptr> check_list(const checks& with, Request& request, bool filtered) {
  auto domain = named_domain(with, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_time_filter(request.has_start_time_filter(), request.start_time_filter()));
  set_page_size(with, request);
  if (filtered && with.max.list_by_filter_disallowed)
    return bad_request("No permission to do this operation.");
  return domain;
}

template <class Request> outcome<workflow::domain_ptr> check_query_list(const checks& with, Request& request) {
  auto domain = named_domain(with, request.domain());
  if (!domain)
    return domain;
  set_page_size(with, request);
  CADENZA_TRY(check_window(with, request));
  CADENZA_TRY(check_query(with, request));
  return domain;
}

} // namespace

outcome<workflow::domain_ptr> check(const checks& with, api::ListOpenWorkflowExecutionsRequest& request) {
  return check_list(with, request, request.filters_case() != api::ListOpenWorkflowExecutionsRequest::FILTERS_NOT_SET);
}

outcome<workflow::domain_ptr> check(const checks& with, api::ListClosedWorkflowExecutionsRequest& request) {
  return check_list(with, request, request.filters_case() != api::ListClosedWorkflowExecutionsRequest::FILTERS_NOT_SET);
}

outcome<workflow::domain_ptr> check(const checks& with, api::ListWorkflowExecutionsRequest& request) {
  return check_query_list(with, request);
}

outcome<workflow::domain_ptr> check(const checks& with, api::ScanWorkflowExecutionsRequest& request) {
  return check_query_list(with, request);
}

outcome<workflow::domain_ptr> check(const checks& with, api::CountWorkflowExecutionsRequest& request) {
  auto domain = named_domain(with, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_query(with, request));
  return domain;
}

outcome<void> check(const checks& with, const api::ListArchivedWorkflowExecutionsRequest& request) {
  if (const auto domain = named_domain(with, request.domain()); !domain)
    return domain.error();
  if (request.page_size() > with.max.archived_page_size_max)
    return bad_request("Pagesize is larger than allowed " + std::to_string(with.max.archived_page_size_max));
  return bad_request("Cluster is not configured for visibility archival");
}

} // namespace cadenza::bridge
