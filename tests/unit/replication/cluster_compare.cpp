#include "cluster_parts.hpp"

#include "messages/wire_time.hpp"
#include "workflow/replay_difference.hpp"

#include <algorithm>

/// What is compared between clusters, and what workers decide.
namespace cadenza::replication::test {

std::unique_ptr<workflow::run> cluster::comparable_run(const uuid& id) const {
  auto rows = runs_.at(id).rows;
  rec::Run head;
  require(head.ParseFromString(rows.header), "a header can be read");
  auto& histories = *head.mutable_version_histories();
  rec::VersionBranch own = histories.branches(histories.current());
  own.clear_branch();
  // Attempts behind the first have no events: only who makes them counts them.
  if (head.decision().attempt() > 1)
    head.mutable_decision()->set_attempt(1);
  histories.Clear();
  *histories.add_branches() = std::move(own);
  head.clear_checksum();
  rows.header = head.SerializeAsString();
  auto made = workflow::run::load(runs_.at(id).state->key(), rows);
  require(bool(made), made ? "" : made.error().message);
  return std::make_unique<workflow::run>(std::move(*made));
}

std::string branches_of(const workflow::run& r) {
  std::string out;
  const auto& histories = r.head().version_histories();
  for (int i = 0; i < histories.branches_size(); ++i) {
    out += i > 0 ? " |" : "";
    for (const auto& item : histories.branches(i).items())
      out += (out.empty() ? "" : " ") + std::to_string(item.event_id()) + "@" + std::to_string(item.version());
    out += i == histories.current() ? "*" : "";
  }
  return out;
}

namespace {

std::string items_of(const rec::VersionBranch& branch) {
  std::string text;
  for (const auto& item : branch.items())
    text += std::to_string(item.event_id()) + "@" + std::to_string(item.version()) + " ";
  return text;
}

/// All branches by their version histories, with their events: which number a branch has, and where it is stored, is
/// each cluster's own.
std::map<std::string, std::vector<std::string>> content_of_branches(cluster& of, const workflow::run& r) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& branch : r.head().version_histories().branches())
    for (const auto& batch : of.branch(branch.branch(), branch.items().rbegin()->event_id() + 1))
      out[items_of(branch)].push_back(batch->SerializeAsString());
  return out;
}

rec::VisibilityRecord comparable(rec::VisibilityRecord record) {
  record.clear_update_ns();
  record.clear_shard();
  if (record.close_status() == 0)
    record.clear_history_length(); // as it was when the record was made
  return record;
}

std::string unlike_activities(const workflow::run& a, const workflow::run& b) {
  for (const auto& [id, one] : a.activities()) {
    const auto& two = *b.activities().find(id);
    if (one.version() != two.version() || one.schedule_to_close_base_ns() != two.schedule_to_close_base_ns() ||
        one.last_failure_details() != two.last_failure_details() ||
        one.last_worker_identity() != two.last_worker_identity() || one.attempt() != two.attempt() ||
        one.scheduled_ns() != two.scheduled_ns() ||
        (one.started_id() == no_event_id) != (two.started_id() == no_event_id) ||
        one.last_heartbeat_ns() != two.last_heartbeat_ns() || one.details() != two.details() ||
        one.last_failure_reason() != two.last_failure_reason())
      return "activity " + std::to_string(id) + ":\n" + one.ShortDebugString() + "\n" + two.ShortDebugString();
  }
  return {};
}

std::string unlike_runs(cluster& a, cluster& b, const uuid& id) {
  if (items_of(a.run(id).current_branch()) != items_of(b.run(id).current_branch()) ||
      content_of_branches(a, a.run(id)) != content_of_branches(b, b.run(id)))
    return "branches: " + branches_of(a.run(id)) + " / " + branches_of(b.run(id));
  const auto left_run = a.comparable_run(id);
  const auto right_run = b.comparable_run(id);
  const auto& one = *left_run;
  const auto& two = *right_run;
  const auto left = a.events(id);
  const auto right = b.events(id);
  if (left.size() != right.size())
    return "histories of " + std::to_string(left.size()) + " and " + std::to_string(right.size()) + " events";
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].SerializeAsString() != right[i].SerializeAsString())
      return "event " + left[i].ShortDebugString() + "\n" + right[i].ShortDebugString();
  if (one.head().state() != two.head().state() || one.head().close_status() != two.head().close_status())
    return "states " + std::to_string(one.head().state()) + " and " + std::to_string(two.head().state());
  auto out = workflow::difference_from_replay(one, two, false);
  if (out.empty())
    out = workflow::difference_from_replay(two, one, false);
  if (out.empty() && one.buffered().empty() && two.buffered().empty() && !one.closed())
    out = unlike_activities(one, two);
  return out;
}

} // namespace

std::string difference(cluster& a, cluster& b) {
  const auto names = a.name() + " and " + b.name() + ": ";
  if (a.run_ids() != b.run_ids())
    return names + "not the same runs";
  for (const auto& id : a.run_ids())
    if (auto out = unlike_runs(a, b, id); !out.empty())
      return names + "run " + id.str() + ": " + out;
  if (a.current_rows().size() != b.current_rows().size())
    return names + "not the same workflow ids";
  for (const auto& [id, row] : a.current_rows()) {
    const auto& other = b.current_row(id);
    if (row.run_id() != other.run_id() || row.state() != other.state() || row.close_status() != other.close_status() ||
        row.last_write_version() != other.last_write_version() || row.start_version() != other.start_version())
      return names + "current run of " + id + ": " + row.ShortDebugString() + "\n" + other.ShortDebugString();
  }
  for (const auto& [id, record] : a.lists()) {
    const auto other = b.lists().find(id);
    if (other == b.lists().end())
      return names + "run " + id.str() + " is not in the lists";
    if (comparable(record).SerializeAsString() != comparable(other->second).SerializeAsString())
      return names + "lists: " + record.ShortDebugString() + "\n" + other->second.ShortDebugString();
  }
  return a.lists().size() == b.lists().size() ? std::string() : names + "lists of different lengths";
}

// --- decisions

api::Decision complete() {
  api::Decision d;
  d.mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data("done");
  return d;
}

api::Decision activity(const std::string& id, bool retried) {
  api::Decision d;
  auto& a = *d.mutable_schedule_activity_task_decision_attributes();
  a.set_activity_id(id);
  a.mutable_activity_type()->set_name("act");
  a.mutable_task_list()->set_name("list");
  workflow::set_seconds(*a.mutable_schedule_to_start_timeout(), 60);
  workflow::set_seconds(*a.mutable_start_to_close_timeout(), 60);
  workflow::set_seconds(*a.mutable_schedule_to_close_timeout(), 90);
  if (retried) {
    auto& p = *a.mutable_retry_policy();
    workflow::set_seconds(*p.mutable_initial_interval(), 2);
    p.set_backoff_coefficient(1.5);
    p.set_maximum_attempts(4);
  }
  return d;
}

api::Decision timer(const std::string& id, std::int64_t seconds) {
  api::Decision d;
  auto& a = *d.mutable_start_timer_decision_attributes();
  a.set_timer_id(id);
  workflow::set_seconds(*a.mutable_start_to_fire_timeout(), seconds);
  return d;
}

api::Decision cancel_timer(const std::string& id) {
  api::Decision d;
  d.mutable_cancel_timer_decision_attributes()->set_timer_id(id);
  return d;
}

api::Decision cancel_activity(const std::string& id) {
  api::Decision d;
  d.mutable_request_cancel_activity_task_decision_attributes()->set_activity_id(id);
  return d;
}

api::Decision marker() {
  api::Decision d;
  d.mutable_record_marker_decision_attributes()->set_marker_name("m");
  return d;
}

api::Decision upsert(const std::string& value) {
  api::Decision d;
  auto& fields = *d.mutable_upsert_workflow_search_attributes_decision_attributes()
                      ->mutable_search_attributes()
                      ->mutable_indexed_fields();
  fields["CustomKeywordField"].set_data("\"" + value + "\"");
  return d;
}

api::Decision again() {
  api::Decision d;
  d.mutable_continue_as_new_workflow_execution_decision_attributes()->set_initiator(
      api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
  return d;
}

} // namespace cadenza::replication::test
