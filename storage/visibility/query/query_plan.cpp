#include "storage/visibility/query/query_plan.hpp"

#include <span>

namespace cadenza::storage::visibility {
namespace {

using tree_kind = condition_tree::kind;

std::span<const condition_tree> top_conditions(const condition_tree& where) {
  if (where.what == tree_kind::all_of)
    return where.children;
  return {&where, where.what == tree_kind::single ? std::size_t{1} : std::size_t{0}};
}

bool is_exact(test_kind test) { return test == test_kind::equal || test == test_kind::one_of; }

/// How much a condition narrows the search down, if the search starts from it; 0: not at all.
int selectivity(const condition& test) {
  if (test.negated || test.test == test_kind::missing)
    return 0;
  if (test.field.field == run_field::run_id && !test.field.as_text)
    return 4;
  if (test.field.field == run_field::workflow_id)
    return is_exact(test.test) ? 3 : 0;
  if (test.field.attribute.empty())
    return 0;
  return is_exact(test.test) && test.field.kind != value_kind::phrase ? 2 : 1;
}

} // namespace

const condition* starting_point(const condition_tree& where) {
  const condition* best = nullptr;
  for (const auto& child : top_conditions(where))
    if (child.what == tree_kind::single && selectivity(child.test) > (best == nullptr ? 0 : selectivity(*best)))
      best = &child.test;
  return best;
}

closedness closedness_of(const condition_tree& where) {
  for (const auto& child : top_conditions(where)) {
    if (child.what != tree_kind::single)
      continue;
    const auto& test = child.test;
    const bool about_close = test.field.field == run_field::close_time || test.field.field == run_field::close_status;
    if (about_close && test.test == test_kind::missing)
      return test.negated ? closedness::closed : closedness::open;
    if (about_close && !test.negated)
      return closedness::closed;
  }
  return closedness::any;
}

std::string column_of(run_field field) {
  switch (field) {
  case run_field::attribute:
  case run_field::domain_id: return {};
  case run_field::workflow_id: return "r.workflow_id";
  case run_field::run_id: return "r.run_id";
  case run_field::type: return "r.type";
  case run_field::start_time: return "r.start_ns";
  case run_field::execution_time: return "r.execution_ns";
  case run_field::close_time: return "r.close_ns";
  case run_field::close_status: return "r.close_status";
  case run_field::history_length: return "r.history_length";
  case run_field::task_list: return "r.task_list";
  case run_field::is_cron: return "r.is_cron";
  case run_field::num_clusters: return "r.num_clusters";
  case run_field::update_time: return "r.update_ns";
  case run_field::cron_schedule: return "r.cron_schedule";
  case run_field::execution_status: return "r.execution_status";
  case run_field::scheduled_time: return "r.scheduled_ns";
  case run_field::cluster_scope: return "r.cluster_scope";
  case run_field::cluster_name: return "r.cluster_name";
  }
  return {};
}

bool is_number(const query_value& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

} // namespace cadenza::storage::visibility
