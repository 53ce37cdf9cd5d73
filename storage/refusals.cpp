#include "storage/refusals.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"

namespace cadenza::storage {

bool holds(const current_condition& expected, const current_row* row) {
  using kind = current_condition::kind;
  CADENZA_ASSERT(expected.expect == kind::absent || expected.run_id != uuid{},
                 "a condition on the current run says which run");
  switch (expected.expect) {
  case kind::absent: return row == nullptr;
  case kind::is_run: return row != nullptr && row->run_id == expected.run_id;
  case kind::is_run_closed:
    return row != nullptr && row->run_id == expected.run_id && row->state == run_state::completed &&
           row->last_write_version == expected.last_write_version;
  case kind::is_not_run: return row == nullptr || row->run_id != expected.run_id;
  }
  return false;
}

namespace {

commit_result refuse(condition which, std::int64_t found, std::string message) {
  commit_result result;
  result.outcome = status::condition_failed;
  result.failed = which;
  result.current_value = found;
  result.message = std::move(message);
  return result;
}

std::string mismatch(std::string what, std::int64_t expected, std::int64_t found) {
  CADENZA_ASSERT(expected != found || found == 0, "a condition that is said to have failed did not hold: " + what);
  return std::move(what) + " is " + std::to_string(found) + ", expected " + std::to_string(expected);
}

} // namespace

commit_result refuse_shard(int shard, std::int64_t expected, std::int64_t found) {
  return refuse(condition::shard_range, found, mismatch("range id of shard " + std::to_string(shard), expected, found));
}

commit_result refuse_current(const current_condition& expected, const current_row* found) {
  auto result = refuse(condition::current_run, 0,
                       "current run of workflow '" + expected.key.workflow_id + "' is " +
                           (found == nullptr ? "absent" : "not as expected"));
  if (found != nullptr)
    result.current = *found;
  return result;
}

commit_result refuse_run(const run_mutation& run, std::int64_t found) {
  const auto what = "row version of run " + run.key.run_id.str();
  if (!run.expected_version)
    return refuse(condition::run_version, found, what + " is " + std::to_string(found) + ", expected no such run");
  return refuse(condition::run_version, found, mismatch(what, *run.expected_version, found));
}

commit_result refuse_tree(const tree_write& tree, std::int64_t found) {
  return refuse(condition::tree_version, found,
                mismatch("version of history tree " + tree.tree_id.str(), tree.expected_version.value_or(0), found));
}

commit_result refuse_request(const request_write& request, const uuid& remembered) {
  auto result = refuse(condition::request_known, 0,
                       "request " + request.request_id + " to workflow '" + request.workflow.workflow_id +
                           "' has been carried out before");
  result.remembered = remembered;
  return result;
}

commit_result refuse_task_list(const task_list_key& key, std::int64_t expected, std::int64_t found) {
  return refuse(condition::task_list_range, found,
                mismatch("range id of task list '" + key.name + "'", expected, found));
}

commit_result refuse_domain_version(std::int64_t expected, std::int64_t found) {
  return refuse(condition::domain_version, found,
                mismatch("notification version of the domain table", expected, found));
}

commit_result refuse_domain(std::string message) { return refuse(condition::domain_exists, 0, std::move(message)); }

commit_result refuse_document(const document_write& write, std::int64_t found) {
  return refuse(condition::row_version, found,
                mismatch("version of document " + std::to_string(write.document), write.expected_version, found));
}

commit_result refuse_lease(const lease_write& write, std::int64_t found) {
  return refuse(condition::row_version, found,
                mismatch("version of the lease of node '" + write.node + "'", write.expected_version, found));
}

commit_result refuse_unavailable(std::string message) {
  commit_result result;
  result.outcome = status::unavailable;
  result.message = std::move(message);
  return result;
}

} // namespace cadenza::storage
