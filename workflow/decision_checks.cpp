#include "workflow/decision_checks.hpp"

#include "messages/constants.hpp"
#include "messages/quoted.hpp"
#include "messages/utf8.hpp"
#include "messages/wire_time.hpp"
#include "workflow/cron.hpp"
#include "workflow/decisions.hpp"
#include "workflow/search_attributes.hpp"

#include <algorithm>

namespace cadenza::workflow {

namespace {

error cross_domain_error(const domain_view& from, const domain_view& to) {
  return bad_request("cannot make cross domain call between " + from.name + " and " + to.name);
}

} // namespace

outcome<domain_ptr> target_domain(const environment& env, const std::string& name, const char* unable) {
  if (name.empty() || name == env.domain->name)
    return env.domain;
  auto found = env.domains->find(name);
  if (found == nullptr)
    return internal_error(unable + utf8::excerpt(name) + '.');
  return found;
}

outcome<void> check_cross_domain(const environment& env, const domain_view& target) {
  if (target.id == env.domain->id)
    return {};
  const auto& own = env.domain->row.domain().clusters();
  const auto& other = target.row.domain().clusters();
  const bool same_set = own.size() == other.size() && std::all_of(own.begin(), own.end(), [&](const auto& cluster) {
                          return std::any_of(other.begin(), other.end(),
                                             [&](const auto& c) { return c.cluster_name() == cluster.cluster_name(); });
                        });
  if (!same_set || (own.size() > 1 && !env.limits->cross_cluster_operations))
    return cross_domain_error(*env.domain, target);
  return {};
}

void note_length(const environment& env, std::string_view id, const char* what) {
  if (id.size() <= static_cast<std::size_t>(env.limits->lengths.warn) || env.seen == nullptr)
    return;
  auto& seen = *env.seen;
  ++seen.ids;
  if (id.size() > seen.id_bytes) {
    seen.id_bytes = id.size();
    seen.id_name = what;
  }
}

outcome<void> check_length(const environment& env, std::string_view id, const char* what, int bytes_max) {
  note_length(env, id, what);
  if (id.size() > static_cast<std::size_t>(bytes_max))
    return bad_request(std::string(what) + " exceeds length limit.");
  return {};
}

outcome<void> check_run_id(const std::string& run_id) {
  if (!run_id.empty() && !uuid::parse(run_id))
    return bad_request("Invalid RunId set on decision.");
  return {};
}

outcome<void> check_cron(const std::string& text, std::int64_t now_ns) {
  if (text.empty())
    return {};
  const auto schedule = parse_cron(text);
  if (!schedule)
    return schedule.error();
  if (!schedule->next(now_ns))
    return bad_request("Invalid CronSchedule, no next firing time found, maybe impossible date: " + quoted(text));
  return {};
}

outcome<void> check_search_attributes(const api::SearchAttributes& attributes, const rules& limits) {
  const attribute_limits most{limits.search_attributes_max_keys, limits.search_attributes_max_value,
                              limits.search_attributes_max_total, limits.search_attributes_check_keys};
  const auto* valid = limits.search_attribute_types.get();
  return validate_search_attributes(attributes, valid != nullptr ? *valid : default_attribute_types(), most);
}

outcome<api::TaskList> decision_task_list(const run& r, const api::TaskList& wanted, const rules& limits) {
  const auto& fixed = r.fixed();
  auto list = wanted;
  if (list.name().empty()) {
    if (fixed.task_list().empty())
      return bad_request("missing task list name");
    list.set_name(fixed.task_list());
    list.set_kind(fixed.task_list_kind());
    return list;
  }
  const bool normal = list.kind() == api::TASK_LIST_KIND_NORMAL || list.kind() == api::TASK_LIST_KIND_INVALID;
  if (normal && fixed.task_list_kind() == api::TASK_LIST_KIND_EPHEMERAL)
    list.set_kind(api::TASK_LIST_KIND_EPHEMERAL);
  if (list.name().size() > static_cast<std::size_t>(limits.lengths.task_list))
    return bad_request("task list name exceeds length limit of " + std::to_string(limits.lengths.task_list));
  if (list.name().starts_with(reserved_task_list_prefix))
    return bad_request("task list name cannot start with reserved prefix " + std::string(reserved_task_list_prefix));
  return list;
}

} // namespace cadenza::workflow
