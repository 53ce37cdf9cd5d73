#include "verify/verify_parts.hpp"

#include "messages/invariant.hpp"
#include "messages/shard_hash.hpp"
#include "messages/wire_time.hpp"
#include "workflow/describe.hpp"
#include "workflow/search_attributes.hpp"

/// Whether the lists of runs say what the rows of the runs say.
namespace cadenza::actors::verifying {
namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t settled_ns = 60 * ns_per_s; ///< the lists of a working server lag behind, but not that long

storage::query_request query_of(const uuid& domain, std::string text) {
  storage::query_request out;
  out.domain_id = domain;
  auto query = storage::visibility::read_query(std::move(text), workflow::default_attribute_types());
  CADENZA_ASSERT(query, "the check asks only what is a query");
  out.query = *std::move(query);
  return out;
}

/// The entry of one run; null when it is not listed.
outcome<std::shared_ptr<api::WorkflowExecutionInfo>> entry_of(const context& scan, const run_key& key) {
  auto page = scan.from.lists->list_by_query(query_of(key.domain_id, "RunID = '" + key.run_id.str() + "'"));
  if (!page)
    return page.error();
  if (page->executions.empty())
    return std::shared_ptr<api::WorkflowExecutionInfo>();
  return std::make_shared<api::WorkflowExecutionInfo>(std::move(*page->executions.begin()));
}

bool exists(const context& scan, int shard, const run_key& key) {
  const auto read = wait_for<storage::read_result<run_rows>>(
      [&](auto done) { scan.store().shards().read_run(shard, key, std::move(done)); });
  return read.outcome == storage::status::corrupted || read.value.has_value();
}

} // namespace

bool listable(const workflow::run& run) { return run.open() || run.closed(); }

namespace {

std::string named(const std::string& list, int kind) { return list + " (kind " + std::to_string(kind) + ")"; }

/// What is listed of a run beside the start and the end of it, and is not so.
std::string unlike_details(const context& scan, const workflow::run& run, const api::WorkflowExecutionInfo& listed) {
  const auto domain = scan.domains->find(run.key().domain_id);
  const auto clusters = domain ? domain->row.domain().clusters_size() : 0;
  const auto record = workflow::visibility_record(
      run.head(), run.fixed(), {scan.domain_name(run.key().domain_id), clusters, run.head().last_updated_ns(), 0});
  const auto& list = listed.task_list_info();
  if (list.name() != record.task_list() || list.kind() != record.task_list_kind())
    return "its task list is " + named(record.task_list(), record.task_list_kind()) + " and listed as " +
           named(list.name(), list.kind());
  // Open runs are listed without a length, which changes all the time.
  if (run.closed() && listed.history_length() != record.history_length())
    return "its history has " + std::to_string(record.history_length()) + " events and is listed with " +
           std::to_string(listed.history_length());
  if (listed.is_cron() != record.is_cron())
    return std::string(record.is_cron() ? "it is a cron run and not listed as one"
                                        : "it is no cron run and listed as one");
  if (listed.cron_schedule() != record.cron_schedule())
    return "its cron schedule is \"" + record.cron_schedule() + "\" and listed as \"" + listed.cron_schedule() + "\"";
  // A run that was begun with a delay stays listed as waiting until something else of it is listed anew.
  const bool waited = run.open() && run.fixed().first_decision_backoff_s() > 0 &&
                      listed.execution_status() == api::WORKFLOW_EXECUTION_STATUS_PENDING;
  if (listed.execution_status() != record.execution_status() && !waited)
    return "its status is " + std::to_string(record.execution_status()) + " and listed as " +
           std::to_string(static_cast<int>(listed.execution_status()));
  return {};
}

} // namespace

outcome<std::string> unlike_lists(const context& scan, const workflow::run& run, std::int64_t now_ns) {
  if (!listable(run) || (scan.from.live && run.head().last_updated_ns() > now_ns - settled_ns))
    return std::string();
  auto entry = entry_of(scan, run.key());
  if (!entry)
    return entry.error();
  if (!*entry)
    return std::string(in_no_list);
  const auto& listed = **entry;
  const auto& head = run.head();
  if (listed.workflow_execution().workflow_id() != run.key().workflow_id)
    return "it is listed under workflow id " + listed.workflow_execution().workflow_id();
  if (run.open() == listed.has_close_time())
    return std::string(run.open() ? "it is open and listed as closed" : "it is closed and listed as open");
  if (run.closed() && static_cast<int>(listed.close_status()) != head.close_status())
    return "it ended with status " + std::to_string(head.close_status()) + " and is listed with " +
           std::to_string(static_cast<int>(listed.close_status()));
  if (listed.type().name() != run.fixed().type().name())
    return "it is of type " + run.fixed().type().name() + " and listed as " + listed.type().name();
  if (workflow::ns_of(listed.start_time()) != run.fixed().start_ns())
    return std::string("it is listed with another start time");
  if (run.closed() && workflow::ns_of(listed.close_time()) != head.close_time_ns())
    return std::string("it is listed with another close time");
  return unlike_details(scan, run, listed);
}

outcome<void> check_extra_listed(context& scan, const std::unordered_map<uuid, std::int64_t>& stored,
                                 const std::set<uuid>& leaving) {
  for (const auto& [id, domain] : scan.domains->by_id) {
    const auto count = scan.from.lists->count_by_query(query_of(id, {}));
    if (!count)
      return count.error();
    const auto known = stored.find(id);
    if (*count == (known == stored.end() ? 0 : known->second))
      continue;
    auto request = query_of(id, {});
    do {
      scan.check_stopping();
      const auto page = scan.from.lists->scan_by_query(request);
      if (!page)
        return page.error();
      for (const auto& listed : page->executions) {
        const auto& execution = listed.workflow_execution();
        const run_key key{id, execution.workflow_id(), uuid::parse(execution.run_id()).value_or(uuid{})};
        const int shard = shard_of(key.workflow_id, scan.from.shard_count);
        if (leaving.contains(key.run_id) || exists(scan, shard, key))
          continue;
        if (scan.from.live) {
          const auto still = entry_of(scan, key);
          if (!still || !*still)
            continue;
        }
        scan.found(finding::kind::visibility, shard, key, "it is listed and not there");
      }
      request.page_token = page->next_page_token;
    } while (!request.page_token.empty());
  }
  return {};
}

} // namespace cadenza::actors::verifying
