#include "bridge/checks/checks.hpp"

#include "config/limit_warnings.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

outcome<void> check_domain_set(std::string_view domain) {
  if (domain.empty())
    return bad_request("Domain not set on request.");
  return {};
}

namespace {

/// The domain that a line names: as the request did, which may be nonsense of any length.
std::string_view domain_of(const checks& rules, std::string_view named) {
  return named.empty() ? std::string_view(rules.domain).substr(0, rules.max.domain_length_max) : named;
}

} // namespace

outcome<void> check_length(const checks& rules, std::string_view text, std::size_t bytes_max, const char* what) {
  if (text.size() > rules.max.id_length_warn && rules.warnings != nullptr)
    rules.warnings->note(limit_warning::id_length,
                         {field::what(what), field::bytes(text.size()), field::limit(rules.max.id_length_warn),
                          field::domain(domain_of(rules, {}))},
                         "{what} of {bytes} bytes is longer than limit.maxIDWarnLength of {limit}");
  if (text.size() > bytes_max)
    return bad_request(std::string(what) + " length exceeds limit.");
  return {};
}

outcome<void> check_execution(bool present, const api::WorkflowExecution& execution) {
  if (!present)
    return bad_request("Execution is not set on request.");
  if (execution.workflow_id().empty())
    return bad_request("WorkflowId is not set on request.");
  if (!execution.run_id().empty() && !uuid::parse(execution.run_id()))
    return bad_request("Invalid RunId.");
  return {};
}

outcome<void> check_task_list(const checks& rules, bool present, const api::TaskList& list) {
  if (!present || list.name().empty())
    return bad_request("TaskList is not set on request.");
  return check_length(rules, list.name(), rules.max.task_list_length_max, "TaskList");
}

void note_blob(const checks& rules, std::size_t bytes, std::string_view what, std::string_view workflow_id,
               std::string_view domain) {
  if (static_cast<std::int64_t>(bytes) > rules.max.blob_size_warn && rules.warnings != nullptr)
    rules.warnings->note(limit_warning::blob_size,
                         {field::what(what), field::bytes(bytes), field::limit(rules.max.blob_size_warn),
                          field::domain(domain_of(rules, domain)), field::workflow_id(workflow_id)},
                         "{what} of {bytes} bytes is larger than limit.blobSize.warn of {limit}");
}

outcome<void> check_blob(const checks& rules, std::size_t bytes, std::string_view what, std::string_view workflow_id) {
  note_blob(rules, bytes, what, workflow_id);
  if (static_cast<std::int64_t>(bytes) > rules.max.blob_size_max)
    return bad_request("Blob data size exceeds limit.");
  return {};
}

outcome<workflow::domain_ptr> named_domain(const checks& rules, std::string_view name) {
  if (name.empty())
    return bad_request("Domain name is empty");
  return find_domain(rules, name);
}

outcome<workflow::domain_ptr> find_domain(const checks& rules, std::string_view name) {
  auto found = rules.domains.find(name);
  if (!found)
    return no_domain(name);
  return found;
}

outcome<workflow::domain_ptr> find_domain(const checks& rules, const uuid& id) {
  auto found = rules.domains.find(id);
  if (!found)
    return no_domain(id.str());
  return found;
}

std::size_t size_of(const api::Memo& memo) {
  if (memo.fields().empty())
    return 0;
  constexpr std::size_t of_the_map = 48; // what the reference system adds for the map itself
  std::size_t bytes = of_the_map;
  for (const auto& [key, value] : memo.fields())
    bytes += key.size() + value.data().size();
  return bytes;
}

} // namespace cadenza::bridge
